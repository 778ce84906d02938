"""Search for posts, threads, people and boards."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from forum.actions.limits import SEARCHES, spend
from forum.actions.transactions import statements_limited
from forum.errors import Busy
from forum.lib.networks import network_of
from forum.lib.search import clean_search, parse_search
from forum.presenters.pending_posts import pending_post_entries
from forum.presenters.search import SEARCH_EXAMPLES, narrower_searches, search_notes
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
LONGEST_SEARCH = "10s"  # of each statement


@costly
@read_only
def index(request: HttpRequest) -> HttpResponse:
    """Show the search form, and for `?q=` what was found, one row a thread.

    503 when that takes too long, with narrower searches to choose from.
    """
    text = _typed(request, "q")
    query = parse_search(text)
    order: Order = "newest" if request.GET.get("order") == "newest" else "relevance"
    page = _page(request)
    context: dict[str, Any] = {"text": text, "query": query, "order": order}
    if not query.is_empty:
        spend(_searcher(request), SEARCHES)
        try:
            with statements_limited(LONGEST_SEARCH):
                context |= _found(PostSearch(query, request.user, order), page)
        except Busy:
            context["narrower"] = narrower_searches(query, text)
        context["feed"] = f"{reverse('search-feed')}?{urlencode({'q': text})}"
    context["notes"] = list(search_notes(query, context.get("results")))
    context["examples"] = SEARCH_EXAMPLES
    return render(
        request, "search/index.html", context, status=503 if "narrower" in context else 200
    )


def _found(search: PostSearch, page: int) -> dict[str, Any]:
    """Return a page of results and, on the first one, what else has this name."""
    results = search.results(page)
    has_next = results.has_more and page < MAX_SEARCH_PAGES
    found = {
        "results": results,
        "previous_page": page - 1,
        "next_page": page + 1 if has_next else None,
    }
    if page == 1 and not search.query.has_filters:
        found |= _suggestions(search, results)
    return found


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
    return clean_search(request.GET.get(name, ""))


def _page(request: HttpRequest) -> int:
    """Return the number in `?page=`; raises `Http404` when there is no such page."""
    page = request.GET.get("page", "1")
    if not (page.isdecimal() and page.isascii() and 1 <= int(page[:3]) <= MAX_SEARCH_PAGES):
        raise Http404
    return int(page)


def _searcher(request: HttpRequest) -> str:
    """Return whose searches are counted: the member’s, or those of the visitor’s network."""
    return str(request.user.pk) if is_member(request) else network_of(request)


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
