"""The page of one branch."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from forum.lib.htmx import wants_fragment
from forum.models import Thread
from forum.models.posts import post_path
from forum.models.read_state import read_state_of
from forum.presenters.branch_pages import BranchPage, links_to_rest
from forum.presenters.feeds import FEED
from forum.queries.subscriptions import subscriptions_on_page
from forum.queries.thread_pages import PageRequest, fetch_window
from forum.queries.threads import for_thread_page, with_read_state
from forum.url_params import id_param
from forum.views.costly import costly_with_parameters
from forum.views.read_only import read_only
from forum.views.search import search_hits
from forum.views.threads import PAGE_STARTS


@costly_with_parameters
@read_only
def detail(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show a post with everything below it, page by page, and the path to it above."""
    address = f"{post_path(post_id)}branch/"
    page = _page(request, post_id, address)
    if page.head is page.opening:
        return redirect(page.thread)
    if page.is_empty:
        return redirect("post-detail", post_id)
    context = {"thread": page.thread, "page": page, "address": address}
    if page.is_continuation:
        context |= {"ways": links_to_rest(page, address), "is_above": "before" in request.GET}
        return render(request, "threads/_more.html", context)
    context |= {"ways": links_to_rest(page, address), "place": post_path(post_id)}
    context["feed"] = address + FEED
    return render(request, "threads/branch.html", context)


def _page(request: HttpRequest, branch: int, address: str) -> BranchPage:
    """Return the page of the branch that the request asks for.

    Raises `Http404` when it names a post that is not in the thread.
    """
    threads = for_thread_page(Thread.objects.visible_to(request.user))
    threads = with_read_state(threads, request.user)
    thread = get_object_or_404(threads, posts=branch)
    read_state = read_state_of(thread, request.user)
    start = next((name for name in PAGE_STARTS if name in request.GET), None)
    window = fetch_window(
        thread,
        request.user,
        PageRequest(
            start,
            id_param(request.GET, start, "p") if start else None,
            branch=branch,
            until=id_param(request.GET, "until", "p"),
            through=id_param(request.GET, "through", "p"),
        ),
        read_state=read_state,
    )
    if window is None:
        raise Http404
    page = BranchPage(
        thread,
        request.user,
        window,
        read_state,
        came_from=id_param(request.GET, "from", "p"),
        is_continuation=wants_fragment(request),
    )
    page.hits = search_hits(request, address, window, branch_id=branch)
    page.subscriptions = subscriptions_on_page(thread, request.user)
    return page
