"""Page or fragment: the only place that asks htmx's headers."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, QueryDict


def wants_fragment(request: HttpRequest) -> bool:
    """Whether the answer is swapped into a page. A page restored from history is a whole page."""
    htmx = request.htmx  # type: ignore[attr-defined]
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request


def page_query(request: HttpRequest) -> QueryDict:
    """What the address of the page asks for that the answer is swapped into."""
    address = request.htmx.current_url or ""  # type: ignore[attr-defined]
    try:
        return QueryDict(urlsplit(address).query)
    except (ValueError, SuspiciousOperation):  # no address, or more in it than anybody asks for
        return QueryDict()
