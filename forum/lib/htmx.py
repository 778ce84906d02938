"""Page or fragment: the only module that reads the headers of htmx."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether to answer with a fragment; a page restored from history is a whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def is_from_htmx(request: HttpRequest) -> bool:
    """Return whether htmx sent the request, before its middleware has seen it."""
    return "HX-Request" in request.headers


def load_again(request: HttpRequest, address: str) -> HttpResponse:
    """Redirect to a page; a page that asked for a part of itself is loaded again as a whole."""
    if not wants_fragment(request):
        return redirect(address)
    # Scripts take the text for saved by this mark.
    response = HttpResponse("<p data-js-taken></p>")
    response.headers["HX-Refresh"] = "true"
    return response


def page_query(request: HttpRequest) -> QueryDict:
    """Return the query of the page that sent the request, from the URL that htmx sends."""
    address = request.htmx.current_url or ""  # type: ignore[attr-defined]
    try:
        return QueryDict(urlsplit(address).query)
    except (ValueError, SuspiciousOperation):  # no address, or more in it than anybody asks for
        return QueryDict()
