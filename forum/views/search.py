"""Search for posts, threads, people and boards."""

from __future__ import annotations

import re
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from forum.actions.limits import spend
from forum.lib.search import SearchQuery, parse_search
from forum.models.limits import SEARCHES
from forum.presenters.search import search_notes
from forum.queries.search import (
    Order,
    Search,
    find_boards,
    find_people,
    find_similar_titles,
)
from forum.views.auth import is_member
from forum.views.read_only import read_only

PAGE = re.compile("[1-9]|1[0-9]|2[0-5]")  # nobody reads further


@read_only
def index(request: HttpRequest) -> HttpResponse:
    """Show the search form, and for `?q=` what was found, one row a thread."""
    text = " ".join(request.GET.get("q", "").split())
    query = parse_search(text)
    order: Order = "newest" if request.GET.get("order") == "newest" else "relevance"
    page = request.GET.get("page", "1")
    if not PAGE.fullmatch(page):
        raise Http404
    context: dict[str, Any] = {"text": text, "query": query, "order": order, "page": int(page)}
    if not query.is_empty:
        spend(_searcher(request), SEARCHES)
        context |= _find(request, query, order, int(page))
    context["notes"] = list(search_notes(query, context.get("results")))
    return render(request, "search/index.html", context)


def _searcher(request: HttpRequest) -> str:
    """Return whose searches are counted: the member’s, or those of the visitor’s address."""
    if is_member(request):
        return str(request.user.pk)
    address: str = get_adapter().get_client_ip(request)
    return address


def _find(request: HttpRequest, query: SearchQuery, order: Order, page: int) -> dict[str, Any]:
    """Return the results as context of the template."""
    found: dict[str, Any] = {"results": Search(query, request.user, order).results(page)}
    words = " ".join(group[0] for group in query.groups)
    if words and page == 1 and not query.has_filters:
        found |= {"people": find_people(words), "boards": find_boards(words)}
        if not found["results"].threads:
            found["similar"] = find_similar_titles(words, request.user)
    return found
