"""What came while a thread is being read: asked for by open pages, or by a link."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from forum.lib.addresses import id_asked_for
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import number_in
from forum.models import Post, Thread
from forum.models.arrivals import changes_since, counter_of
from forum.models.reading import marks_of
from forum.presenters.arrivals import Arrivals
from forum.presenters.places import place_of
from forum.refusals import Gone
from forum.views.reading import reading

NOTHING = 204


@require_safe
def since(request: HttpRequest, thread_id: int) -> HttpResponse:
    """What changed after the number `after`; nothing, if it is no more than was `known`.

    That nothing did is what open pages are told nearly always: one look at the thread's counter.
    """
    after = _number(request.GET, "after")
    known = _number(request.GET, "known") if "known" in request.GET else after
    if wants_fragment(request) and "show" not in request.GET:
        counter = counter_of(thread_id)
        if counter is not None and counter <= known:
            return HttpResponse(status=NOTHING)
    return _told(request, thread_id, after)


@reading
def _told(request: HttpRequest, thread_id: int, after: int) -> HttpResponse:
    """The count of it, with `show` all of it, or one post; without htmx the way to the first."""
    threads = Thread.objects.visible_to(request.user).for_page().with_seen_by(request.user)
    thread = get_object_or_404(threads, pk=thread_id)
    if thread.merged_into:
        raise Gone(_("This thread is part of another one now."))
    changes = changes_since(thread, after)
    if "show" in request.GET and request.GET["show"] != "all":
        post_id = id_asked_for(request.GET, "show", "p")
        changes = [change for change in changes if change.id == post_id]
    marks = marks_of(thread, request.user)
    arrivals = Arrivals(thread, request.user, marks, changes)
    if not wants_fragment(request):
        return _lead(request, arrivals)
    template = "threads/_shown.html" if "show" in request.GET else "threads/_arrivals.html"
    context = {"thread": thread, "arrivals": arrivals, "after": after}
    return render(request, template, context)


def _lead(request: HttpRequest, arrivals: Arrivals) -> HttpResponse:
    """To the first of what came, else to the end."""
    thread = arrivals.thread
    if not arrivals.first:
        messages.info(request, _("No new replies yet."))
    post_id = arrivals.first or thread.last_post_id
    post = Post.objects.get(pk=post_id) if post_id else Post.objects.opening_of(thread.pk).get()
    post.thread = thread
    return redirect(place_of(post))


def _number(query: QueryDict, name: str) -> int:
    """Raises `Http404` for what no counter could have been."""
    number = number_in(str(query.get(name, "")))
    if number is None:
        raise Http404
    return number
