"""In which order a thread is read."""

from __future__ import annotations

from django.http import HttpRequest, QueryDict

from forum.lib.htmx import page_query
from forum.models.orders import ORDERS, Order


def order_of(request: HttpRequest, query: QueryDict) -> Order:
    """The order that an address asks for, else the one chosen last."""
    asked = query.get("order") or request.COOKIES.get("order")
    return next((order for order in ORDERS if order == asked), "tree")


def order_of_page(request: HttpRequest) -> Order:
    """The order of the page that the answer is swapped into."""
    return order_of(request, page_query(request))
