"""Page or fragment: the only module that reads the headers of htmx."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict


def wants_fragment(request: HttpRequest) -> bool:
    """Return whether to answer with a fragment; a page restored from history is a whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page_query(request: HttpRequest) -> QueryDict:
    """Return the query of the page that sent the request, as htmx tells its URL."""
    address = request.htmx.current_url or ""  # type: ignore[attr-defined]
    try:
        return QueryDict(urlsplit(address).query)
    except (ValueError, SuspiciousOperation):  # no address, or more in it than anybody asks for
        return QueryDict()
