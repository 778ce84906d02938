"""The sort order of a thread."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from forum.lib.htmx import page_query
from forum.queries.sort_orders import SORT_ORDERS, SortOrder


def sort_order_of(request: HttpRequest, query: QueryDict) -> SortOrder:
    """Return the order that an address asks for, else the reader's default."""
    return find_order(query.get("order")) or default_order(request)


def default_order(request: HttpRequest) -> SortOrder:
    """Return the order that the reader has chosen for all threads in this browser."""
    return find_order(request.COOKIES.get("order")) or "tree"


def find_order(name: str | None) -> SortOrder | None:
    """Return the order of that name; None if there is none."""
    return next((order for order in SORT_ORDERS if order == name), None)


def order_of_page(request: HttpRequest) -> SortOrder:
    """Return the order of the page that the response is swapped into."""
    return sort_order_of(request, page_query(request))
