"""The sort order of a thread."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from forum.lib.htmx import page_query
from forum.queries.sort_orders import SORT_ORDERS, SortOrder


def sort_order_of(request: HttpRequest, query: QueryDict) -> SortOrder:
    """Return the order that an address asks for, else the one chosen last."""
    asked = query.get("order") or request.COOKIES.get("order")
    return next((order for order in SORT_ORDERS if order == asked), "tree")


def order_of_page(request: HttpRequest) -> SortOrder:
    """Return the order of the page that the response is swapped into."""
    return sort_order_of(request, page_query(request))
