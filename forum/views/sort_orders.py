"""In which order a thread is read."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from forum.lib.htmx import page_query
from forum.queries.sort_orders import SORT_ORDERS, SortOrder


def sort_order_of(request: HttpRequest, query: QueryDict) -> SortOrder:
    """The order that an address asks for, else the one chosen last."""
    asked = query.get("order") or request.COOKIES.get("order")
    return next((order for order in SORT_ORDERS if order == asked), "tree")


def order_of_page(request: HttpRequest) -> SortOrder:
    """The order of the page that the answer is swapped into."""
    return sort_order_of(request, page_query(request))
