"""The page of a thread, and its outline."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from forum.lib.htmx import wants_fragment
from forum.lib.numbers import parse_number
from forum.models import Post, Thread
from forum.models.posts import post_url
from forum.models.read_state import ThreadReadState, read_state_of
from forum.models.threads import thread_path
from forum.moderation.offers import links_on
from forum.presenters.branch_pages import links_to_rest
from forum.presenters.branches import Folds
from forum.presenters.feeds import FEED
from forum.presenters.keys import rail_shortcuts
from forum.presenters.outline import render_branch_outline
from forum.presenters.page_preview import PagePreview, thread_preview
from forum.presenters.structured_data import thread_data
from forum.presenters.threads import ThreadPage, render_post_text
from forum.queries.branch_outline import fetch_outline
from forum.queries.sort_orders import PageStart
from forum.queries.subscriptions import subscriptions_on_page
from forum.queries.thread_pages import PageRequest, PostWindow, fetch_window
from forum.queries.threads import THREAD_FOR_PAGE, for_thread_page, with_read_state
from forum.url_params import id_param
from forum.views.auth import is_member
from forum.views.costly import costly, costly_with_parameters
from forum.views.read_only import read_only
from forum.views.search import search_hits
from forum.views.sort_orders import default_order, sort_order_of

# Merges after another that one redirect follows.
MAX_MERGES = 10
PAGE_STARTS: tuple[PageStart, ...] = ("after", "before", "at")


@costly_with_parameters
@read_only
def detail(request: HttpRequest, thread_id: int, slug: str = "") -> HttpResponse:
    """Show a thread: all of it, or one page in tree order."""
    thread = THREAD_FOR_PAGE.first(request.user, thread_id)
    if thread is None:
        gone = Thread.objects.gone_for(request.user)
        return show_gone(request, get_object_or_404(gone, pk=thread_id))
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    if thread.merged_into_id:
        return redirect(_address_merged_into(request, thread) + query, permanent=True)
    address = thread_path(thread.pk, thread.slug)
    if slug != thread.slug:
        return redirect(address + query, permanent=True)
    read_state = read_state_of(thread, request.user)
    try:
        window = _window(request, thread, read_state)
    except Http404:
        if moved := _find_moved(request, thread):
            return redirect(post_url(moved), permanent=True)
        raise
    page = ThreadPage(
        thread,
        request.user,
        window,
        read_state,
        folds=_folds(request, window),
        is_continuation=wants_fragment(request),
    )
    page.hits = search_hits(request, address, window, thread_id=thread.pk)
    page.subscriptions = subscriptions_on_page(thread, request.user)
    return _render_page(request, page, address)


def _address_merged_into(request: HttpRequest, thread: Thread) -> str:
    """Return the address of the thread that this one is a part of now.

    Only its short address if it is gone: the full one has its title.
    """
    into: Thread | None = thread
    for _hop in range(MAX_MERGES):
        if into is None or into.merged_into_id is None:
            break
        short = reverse("thread-short", args=[into.merged_into_id])
        into = Thread.objects.visible_to(request.user).filter(pk=into.merged_into_id).first()
    return into.get_absolute_url() if into else short


def _find_moved(request: HttpRequest, thread: Thread) -> Post | None:
    """Return the post that `?at=` names, if it has moved to another thread since."""
    post_id = id_param(request.GET, "at", "p")
    if post_id is None:
        return None
    posts = Post.objects.visible_to(request.user).exclude(thread=thread)
    return posts.select_related("thread").filter(pk=post_id).first()


def show_gone(request: HttpRequest, thread: Thread, post_id: int | None = None) -> HttpResponse:
    """Say why a thread is gone, without its title; its own words to the author of a post in it."""
    posts = Post.objects.filter(thread=thread)
    opening = posts.opening_of(thread.pk).select_related("hidden_action").first()
    own = posts.filter(pk=post_id, author=request.user.pk).not_deleted().first()
    removed_by = thread.removed_action or (opening.hidden_action if opening else None)
    text = ""
    if own:
        own.shown_html, own.thread = own.html, thread
        text = render_post_text(own, request.user)
    context = {"board": thread.board, "removed_by": removed_by, "own": own, "own_text": text}
    return render(request, "threads/gone.html", context, status=410)


def _render_page(request: HttpRequest, page: ThreadPage, address: str) -> HttpResponse:
    context = {"thread": page.thread, "page": page, "address": address}
    if page.is_continuation:
        context |= {"page_links": links_to_rest(page, address), "is_above": "before" in request.GET}
        return render(request, "threads/_more.html", context)
    opening_post = page.opening_post()
    context |= {
        "opening_post": opening_post,
        "canonical": _canonical(request, page, address),
        "is_indexed": _is_indexed(request, page),
        "preview": _preview(request, page, address),
        "structured_data": "" if is_member(request) else _structured_data(page),
        "feed": address + FEED,
        "default_order": default_order(request),
        "fold_address": _fold_address(request, page, address),
        "page_links": links_to_rest(page, address),
        "summary": opening_post.row.excerpt,
        "opening_offers": page.offers.at(opening_post.id),
        "offers_away": page.offers.away_from({opening_post.id, *(row.id for row in page.rows)}),
        "moderation_links": links_on(page.thread, request.user),
        "rail_keys": rail_shortcuts(is_member=is_member(request)),
    }
    return render(request, "threads/detail.html", context)


def _canonical(request: HttpRequest, page: ThreadPage, address: str) -> str:
    """Return the address for search engines: of the thread, or of a later page of it."""
    after = f"?after={request.GET['after']}" if page.earlier and "after" in request.GET else ""
    return f"{settings.SITE_URL}{address}{after}"


def _is_indexed(request: HttpRequest, page: ThreadPage) -> bool:
    """Return whether search engines may show this page: not around one post, nor without text."""
    is_around_post = bool(page.earlier) and "after" not in request.GET
    is_hidden = page.thread.is_unlisted or not page.opening.is_readable
    return not (is_around_post or is_hidden or page.hits)


def _preview(request: HttpRequest, page: ThreadPage, address: str) -> PagePreview:
    linked = id_param(request.GET, "at", "p")
    row = next((row for row in page.window.rows if row.id == linked), None)
    query = f"?at=p{row.id}" if row else ""
    url = f"{settings.SITE_URL}{address}{query}"
    return thread_preview(page.thread.title, url, page.opening, row)


def _structured_data(page: ThreadPage) -> str:
    thread = page.thread
    return thread_data(
        title=thread.title,
        slug=thread.slug,
        thread_id=thread.pk,
        replies=thread.reply_count,
        opening=page.opening,
        rows=page.rows,
    )


def _folds(request: HttpRequest, window: PostWindow) -> Folds:
    """Return the folds that the address asks for; never around the post that it leads to."""
    asked = request.GET.get("fold")
    folded = "all" if asked == "all" else id_param(request.GET, "fold", "p")
    return Folds(folded, window.rows, id_param(request.GET, "at", "p"))


def _fold_address(request: HttpRequest, page: ThreadPage, address: str) -> str:
    """Return the address of this page with all branches folded; when they are, with all open."""
    query = request.GET.copy()
    query.pop("fold", None)
    if not page.folds.all:
        query["fold"] = "all"
    return f"{address}?{query.urlencode()}" if query else address


def _window(request: HttpRequest, thread: Thread, read_state: ThreadReadState | None) -> PostWindow:
    """Return the window that the address asks for.

    Raises `Http404` when it names a post that is not in the thread.
    """
    start = next((name for name in PAGE_STARTS if name in request.GET), None)
    post_id = id_param(request.GET, start, "p") if start else None
    # Matches follow each other in tree order.
    order = "tree" if request.GET.get("find") else sort_order_of(request, request.GET)
    window = fetch_window(
        thread,
        request.user,
        PageRequest(
            start,
            post_id,
            order=order,
            until=id_param(request.GET, "until", "p"),
            through=id_param(request.GET, "through", "p"),
            as_of=parse_number(request.GET.get("asof", "")),
        ),
        read_state=read_state,
    )
    if window is None:
        raise Http404
    return window


@costly
@read_only
def outline(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Show the outline of a large thread: its branches, and the path to a post in one."""
    threads = for_thread_page(Thread.objects.visible_to(request.user))
    threads = with_read_state(threads, request.user)
    thread = get_object_or_404(threads, pk=thread_id)
    begin = next((name for name in PAGE_STARTS if name in request.GET), None)
    post_id = id_param(request.GET, begin, "p") if begin else None
    if post_id is not None and not Post.objects.filter(pk=post_id, thread=thread).exists():
        raise Http404
    read_state = read_state_of(thread, request.user)
    outline = fetch_outline(thread, request.user, read_state, begin, post_id)
    context = {"thread": thread, "outline": outline, "lines": render_branch_outline(outline)}
    template = "threads/_outline.html" if wants_fragment(request) else "threads/outline.html"
    return render(request, template, context)
