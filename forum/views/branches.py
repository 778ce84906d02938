"""One branch of a thread by itself."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from forum.lib.addresses import id_asked_for
from forum.lib.htmx import wants_fragment
from forum.models import Thread
from forum.models.posts import post_path
from forum.models.reading import marks_of
from forum.models.windows import window_of
from forum.presenters.branch_pages import BranchPage, ways_on
from forum.views.reading import reading
from forum.views.threads import STARTS


@reading
def detail(request: HttpRequest, post_id: int) -> HttpResponse:
    """A post with everything below it, page by page; above it what leads there."""
    page = _page(request, post_id)
    if page.head is page.opening:
        return redirect(page.thread)
    if page.is_empty:
        return redirect("post-detail", post_id)
    address = f"{post_path(post_id)}branch/"
    context = {"thread": page.thread, "page": page, "address": address}
    if wants_fragment(request):
        page.without_context()
        context |= {"ways": ways_on(page, address), "is_above": "before" in request.GET}
        return render(request, "threads/_more.html", context)
    context |= {"ways": ways_on(page, address), "place": post_path(post_id)}
    return render(request, "threads/branch.html", context)


def _page(request: HttpRequest, branch: int) -> BranchPage:
    """The page that the address asks for; 404 when it names a post that is not in the thread."""
    threads = Thread.objects.visible_to(request.user).for_page().with_seen_by(request.user)
    thread = get_object_or_404(threads, posts=branch)
    marks = marks_of(thread, request.user)
    start = next((name for name in STARTS if name in request.GET), None)
    window = window_of(
        thread,
        request.user,
        start,
        id_asked_for(request.GET, start, "p") if start else None,
        marks=marks,
        branch=branch,
        until=id_asked_for(request.GET, "until", "p"),
        through=id_asked_for(request.GET, "through", "p"),
    )
    if window is None:
        raise Http404
    return BranchPage(thread, request.user, window, marks, id_asked_for(request.GET, "from", "p"))
