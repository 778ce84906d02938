"""Jumps to a place in a thread: its first, last or next unread post, or a day."""

from __future__ import annotations

from datetime import date, datetime, time

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.errors import Invalid
from forum.models import Post, Thread
from forum.models.posts import post_url
from forum.views.costly import costly
from forum.views.read_only import read_only


@costly
@read_only
def go(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Redirect to the place that `to` names: `first`, `last`, `new`, or `date` with a `date`."""
    thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=thread_id)
    if thread.merged_into_id:
        address = reverse("thread-jump", args=[thread.merged_into_id])
        return redirect(f"{address}?{request.GET.urlencode()}")
    to = request.GET.get("to", "")
    if to == "new":
        return redirect("thread-next", thread.pk)
    try:
        post = _post_at(thread, to, request.GET.get("date", ""))
    except Invalid as error:
        context = {"thread": thread, "error": error, "typed": request.GET.get("date", "")}
        return render(request, "threads/jump.html", context, status=error.status)
    post.thread = thread
    return redirect(post_url(post))


def _post_at(thread: Thread, to: str, day: str) -> Post:
    """Return the first or last post, or the first of a day; raises `Invalid` without one."""
    if to == "first":
        return Post.objects.opening_of(thread.pk).get()
    last = Post.objects.latest_in(thread).published().first()
    if to == "last":
        return last or Post.objects.opening_of(thread.pk).get()
    if to != "date":
        raise Http404
    post = Post.objects.written_since(thread, _beginning_of(day)).published().first()
    if post is None:
        raise Invalid(_("There are no posts on or after that day."))
    return post


def _beginning_of(day: str) -> datetime:
    """Return midnight in the reader's time zone."""
    try:
        return timezone.make_aware(datetime.combine(date.fromisoformat(day), time.min))
    except (ValueError, OverflowError) as error:
        raise Invalid(_("Enter a date like 2026-11-20.")) from error
