"""Jumps to a place in a thread: its first, last or next unread post, or a day."""

from __future__ import annotations

from datetime import date, datetime, time

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from forum.errors import Invalid
from forum.models import Post, Thread
from forum.models.posts import post_url
from forum.models.read_state import read_state_of
from forum.queries.read_state import first_unread_unopened, next_unread_post
from forum.queries.threads import with_read_state
from forum.url_params import id_param
from forum.views.auth import MemberRequest, is_member, member_required
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


@read_only
@member_required
def next_unread(request: MemberRequest, thread_id: int) -> HttpResponse:
    """Redirect to the first unread post in tree order, or the first after a given one.

    If the given post is no longer in the thread, start from the beginning. At the end, stay at the
    post that was being read.
    """
    threads = with_read_state(Thread.objects.visible_to(request.user), request.user)
    thread = get_object_or_404(threads, pk=thread_id)
    if thread.merged_into_id:
        return redirect("thread-next", thread.merged_into_id)
    here = _post_asked_for(request, thread, "from")
    read_state = read_state_of(thread, request.user)
    if read_state is None:
        post = first_unread_unopened(thread, request.user)
    else:
        post = next_unread_post(thread, request.user, read_state, after=here)
    if post and post.is_opening:
        return redirect(thread)
    if post:
        post.thread = thread
        return redirect(post_url(post))
    _say_no_more(request, thread)
    reading_on = _post_asked_for(request, thread, "reading")
    here = reading_on or here or Post.objects.opening_of(thread.pk).get()
    here.thread = thread
    return redirect(post_url(here))


def _post_asked_for(request: HttpRequest, thread: Thread, name: str) -> Post | None:
    post_id = id_param(request.GET, name, "p")
    return Post.objects.filter(pk=post_id, thread=thread).first() if post_id else None


def _say_no_more(request: HttpRequest, thread: Thread) -> None:
    """Respond that nothing unread follows; offer a link to unread posts further up."""
    read_state = read_state_of(thread, request.user)
    if read_state and is_member(request) and next_unread_post(thread, request.user, read_state):
        words = format_html(
            '{} <a href="/t/{}/next/">{}</a>',
            *(_("No more unread posts."), thread.pk, _("Go back to the first?")),
        )
        messages.info(request, words)
    else:
        messages.info(request, _("No more unread posts."))


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
