"""Caching of pages: by this process, by proxies, and by browsers.

Pages for visitors are kept in the memory of the process: one query instead of making them again.
A page is served only while the version of what it shows is the one that it was made from, so what a
moderator hides is gone from the next response. See docs/decisions/page-cache.md.
"""

from __future__ import annotations

import gzip
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from forum.lib.byte_cache import ByteCache
from forum.lib.htmx import is_from_htmx
from forum.lib.outages import DATABASE_IS_AWAY
from forum.queries.content_version import fetch_content_version, is_shown_by_replica

# Browsers ask each time, so that “Check for new replies” shows them; proxies may wait a minute.
CACHE_CONTROL = "public, max-age=0, s-maxage=60"
# Where a view has said nothing else.
NOT_SHARED = "private, no-cache"
# A page is made again after this time, since some of it depends on the clock: “today”, and locks
# that end.
CACHED_PAGE_MAX_AGE = 60  # seconds
# The preferences of visitors, which change a page.
PREFERENCES = ("theme", "keys", "order", "zone")
COMPRESSION = 4  # of 9
THREAD_PATH = re.compile(r"/t/([1-9][0-9]{0,17})/")
# They need no database, also when it is away.
NOT_PAGES = {"/healthz", "/readyz", "/robots.txt"}


@dataclass(frozen=True, slots=True)
class CachedPage:
    """A response as it was made; compressed once it is asked for again."""

    version: str
    made_at: float  # of the monotonic clock
    headers: dict[str, str]
    body: bytes
    is_compressed: bool = False

    @property
    def size(self) -> int:
        return len(self.body) + 2000  # headers, key and objects, roughly

    def is_current(self, version: str) -> bool:
        """Return whether it shows what is so now."""
        return self.version == version and time.monotonic() - self.made_at < CACHED_PAGE_MAX_AGE

    def compressed(self) -> CachedPage:
        """Return the same page, compressed."""
        body = gzip.compress(self.body, COMPRESSION, mtime=0)
        return replace(self, body=body, is_compressed=True)


class PageCache:
    """Middleware that serves pages for visitors from memory, and lets others keep them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.PAGE_CACHE_MB:
            raise MiddlewareNotUsed
        self.get_response = get_response
        self.pages: ByteCache[CachedPage] = ByteCache(settings.PAGE_CACHE_MB * 1024 * 1024)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_from_visitor(request):
            return self.get_response(request)
        try:
            thread_id = thread_of(request.path_info)
            version = fetch_content_version(thread_id)
        except DATABASE_IS_AWAY:
            return self.get_response(request)
        key = cache_key_of(request)
        page = self.pages.get(key)
        if page is None or not page.is_current(version):
            can_be_kept = is_shown_by_replica(version, thread_id)
            response = self.get_response(request)
            if not (can_be_kept and is_for_all_visitors(response)):
                return response
            page = page_of(response, version)
            self.pages.put(key, page)
        elif not page.is_compressed:
            page = page.compressed()
            self.pages.put(key, page)
        return respond(request, page)


def is_from_visitor(request: HttpRequest) -> bool:
    """Return whether this asks for a page, by somebody who is not logged in."""
    return (
        request.method == "GET"
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and "messages" not in request.COOKIES
        and not is_from_htmx(request)
        and request.path_info not in NOT_PAGES
    )


def thread_of(path: str) -> int | None:
    """Return the thread that alone decides what a page shows, with what is counted elsewhere."""
    thread = THREAD_PATH.match(path)
    return int(thread[1]) if thread else None


def cache_key_of(request: HttpRequest) -> tuple[str, ...]:
    """Return all that the page of a visitor depends on, besides the database and the time."""
    host = request.META.get("HTTP_HOST", "")
    preferences = (request.COOKIES.get(name, "") for name in PREFERENCES)
    return (request.scheme or "", host, request.get_full_path(), *preferences)


def is_for_all_visitors(response: HttpResponse) -> bool:
    """Return whether others may get this response, too."""
    cache_control = response.headers.get("Cache-Control", "")
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and (cache_control == NOT_SHARED or cache_control.startswith("public"))
    )


def page_of(response: HttpResponse, version: str) -> CachedPage:
    """Return the response as a page that can be kept, with its caching headers."""
    if response.headers["Cache-Control"] == NOT_SHARED:
        response.headers["Cache-Control"] = CACHE_CONTROL
    if "ETag" not in response.headers:
        digest = blake2b(response.content, digest_size=12).hexdigest()
        response.headers["ETag"] = f'W/"{digest}"'
    patch_vary_headers(response, ("Cookie", "Accept-Encoding"))
    return CachedPage(version, time.monotonic(), dict(response.headers), response.content)


def respond(request: HttpRequest, page: CachedPage) -> HttpResponse:
    """Return the page, or 304 if the client has it."""
    headers = dict(page.headers)
    # First, as what the client has need not be decompressed.
    whole = HttpResponse(headers=headers)
    unchanged = get_conditional_response(request, etag=headers["ETag"], response=whole)
    if unchanged and unchanged is not whole:
        return unchanged
    body = page.body
    if page.is_compressed:
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
    headers["Content-Length"] = str(len(body))
    return HttpResponse(body, headers=headers)


class CacheHeaders:
    """Keep browsers and proxies from showing a cached response to the wrong reader.

    The same URL may answer with a page or, to htmx, with a fragment (`Vary`), and no response is
    shared between readers (`Cache-Control`) unless its view has said otherwise. When a member logs
    out, the browser drops the pages that it kept for the Back button (`Clear-Site-Data`).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reader = request.user
        response = self.get_response(request)
        patch_vary_headers(response, ("HX-Request",))
        # Logging in or out replaces the user of the request.
        if request.user is not reader and reader.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache"'
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = NOT_SHARED
        if settings.CONTENT_USAGE:
            response.headers["Content-Usage"] = settings.CONTENT_USAGE
        return response
