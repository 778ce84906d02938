"""Search for posts, threads, people and boards."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from forum.actions.limits import spend
from forum.lib.search import parse_search
from forum.models.limits import SEARCHES
from forum.presenters.pending_posts import pending_post_entries
from forum.presenters.search import SEARCH_EXAMPLES, search_notes
from forum.presenters.search_hits import SearchHits
from forum.queries.search import (
    Order,
    PostSearch,
    SearchResults,
    find_boards,
    find_people,
    find_similar_titles,
    find_tags,
)
from forum.queries.thread_pages import PostWindow
from forum.views.auth import is_member
from forum.views.costly import costly
from forum.views.read_only import read_only

MAX_SEARCH_PAGES = 25


@costly
@read_only
def index(request: HttpRequest) -> HttpResponse:
    """Show the search form, and for `?q=` what was found, one row a thread."""
    text = _typed(request, "q")
    query = parse_search(text)
    order: Order = "newest" if request.GET.get("order") == "newest" else "relevance"
    page = _page(request)
    context: dict[str, Any] = {"text": text, "query": query, "order": order}
    results = None
    if not query.is_empty:
        spend(_searcher(request), SEARCHES)
        search = PostSearch(query, request.user, order)
        results = search.results(page)
        has_next = results.has_more and page < MAX_SEARCH_PAGES
        context["feed"] = f"{reverse('search-feed')}?{urlencode({'q': text})}"
        context["previous_page"] = page - 1
        context["next_page"] = page + 1 if has_next else None
        if page == 1 and not query.has_filters:
            context |= _suggestions(search, results)
    context |= {"results": results, "notes": list(search_notes(query, results))}
    return render(request, "search/index.html", context | {"examples": SEARCH_EXAMPLES})


def search_hits(
    request: HttpRequest,
    address: str,
    window: PostWindow,
    *,
    thread_id: int | None = None,
    branch_id: int | None = None,
) -> SearchHits | None:
    """Return what `?find=` finds in a thread, or a branch of it; None when nothing is asked for."""
    text = _typed(request, "find")
    query = parse_search(text)
    if query.is_empty:
        return SearchHits(text, address, [], {}) if text else None
    spend(_searcher(request), SEARCHES)
    query.thread_id, query.branch_id = thread_id, branch_id
    found = PostSearch(query, request.user)
    posts, has_more = found.in_tree_order()
    shown = {row.id for row in window.rows}
    words = found.words_found([post for post in posts if post in shown])
    return SearchHits(text, address, posts, words, has_more=has_more)


def _typed(request: HttpRequest, name: str) -> str:
    return " ".join(request.GET.get(name, "").split())


def _page(request: HttpRequest) -> int:
    """Return the number in `?page=`; raises `Http404` when there is no such page."""
    page = request.GET.get("page", "1")
    if not (page.isdecimal() and page.isascii() and 1 <= int(page[:3]) <= MAX_SEARCH_PAGES):
        raise Http404
    return int(page)


def _searcher(request: HttpRequest) -> str:
    """Return whose searches are counted: the member’s, or those of the visitor’s address."""
    if is_member(request):
        return str(request.user.pk)
    address: str = get_adapter().get_client_ip(request)
    return address


def _suggestions(search: PostSearch, results: SearchResults) -> dict[str, Any]:
    """Return people, boards and tags by these names, and the reader's own pending posts.

    If nothing was found, also threads with similar titles.
    """
    words = " ".join(group[0] for group in search.query.groups)
    found: dict[str, Any] = {
        "people": find_people(words),
        "boards": find_boards(words),
        "tags": find_tags(words),
    }
    if pending := search.own_pending_posts():
        found["pending_posts"] = pending_post_entries(pending, pending[0].author)
    if not results.threads:
        found["similar"] = find_similar_titles(words, search.reader)
    return found
