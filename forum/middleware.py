"""Middleware: security headers, the reader's time zone, cache headers and error pages."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import unquote

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from forum.errors import UserError
from forum.lib.clock import zone_named
from forum.lib.outages import DATABASE_IS_AWAY, unavailable
from forum.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)


class ContentSecurityPolicy:
    """Let the browser run and load only what this site serves; nothing inline, no eval."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


class ResponseMark:
    """Mark every response of the forum, so that scripts can tell it from anybody else's.

    A proxy, a bot check or the network of a hotel may respond in its place, with any status.
    `static/js/dom.js` and `static/js/forum.js` believe only what carries this header.
    """

    HEADER = "Plait-Response"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers[self.HEADER] = "1"
        return response


class ReaderTimeZone:
    """Show times in the zone that a member has chosen, else in that of the browser.

    The browser tells its zone by a cookie (`static/js/times.js`); without one it is the site's.
    Without the database members get the same, so that what needs no database is still served.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: User | AnonymousUser = request.user
        try:
            zone = user.tzinfo if isinstance(user, User) and user.zone else None
        except DATABASE_IS_AWAY:
            zone = None
        if zone is None and (name := request.COOKIES.get("zone")):
            zone = zone_named(unquote(name))
        if zone is None:
            return self.get_response(request)
        with timezone.override(zone):
            return self.get_response(request)


class CacheHeaders:
    """Keep browsers and proxies from showing a cached response to the wrong reader.

    The same URL may answer with a page or, to htmx, with a fragment (`Vary`), and no response is
    shared between readers (`Cache-Control`) unless its view has said otherwise. When a member logs
    out, the browser drops the pages that it kept for the Back button (`Clear-Site-Data`).
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reader = request.user
        response = self.get_response(request)
        patch_vary_headers(response, ("HX-Request",))
        # Logging in or out replaces the user of the request.
        if request.user is not reader and reader.is_authenticated:
            response.headers["Clear-Site-Data"] = '"cache"'
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
        return response


class ErrorPages:
    """Answer errors that a view raised with the site's own page and the error's status.

    `UserError` gets its message; an outage of the database gets 503.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DATABASE_IS_AWAY):
            return unavailable(request, exception)
        if not isinstance(exception, UserError):
            return None
        response = render(request, "user_error.html", {"error": exception}, status=exception.status)
        if exception.retry_after is not None:
            response.headers["Retry-After"] = str(exception.retry_after)
        return response
