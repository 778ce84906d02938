"""Middleware: access log, security headers, limits of visitors, time zone, error pages."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from urllib.parse import unquote

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from forum.errors import UserError
from forum.lib import replica
from forum.lib.clock import zone_named
from forum.lib.htmx import wants_fragment
from forum.lib.networks import network_of
from forum.lib.numbers import parse_number
from forum.lib.outages import DATABASE_IS_AWAY, unavailable
from forum.lib.request_log import request_id
from forum.lib.server_load import is_too_busy_for_visitors, visitor_requests
from forum.lib.visitor_budget import RETRY_AFTER, NetworkLimit, send_away
from forum.models import User
from forum.page_cache import NOT_SHARED
from forum.queries.live_updates import public_change_counter

GetResponse = Callable[[HttpRequest], HttpResponse]

access_logger = logging.getLogger("forum.access")

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


class RequestLog:
    """Number each request, and log how it was answered, to whom and how fast (`ACCESS_LOG`).

    The number is in the response, too, and on the page of an error. Secrets in addresses are left
    out, and query strings, which have words that people search for. An outage is logged elsewhere.
    """

    HEADER = "Request-Id"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number, started_at = secrets.token_hex(6), time.monotonic()
        request_id.set(number)
        response = self.get_response(request)
        response.headers[self.HEADER] = number
        if settings.ACCESS_LOG and not self.is_left_out(request, response):
            access_logger.info(
                "%s %s %d, %d ms, member %s, %s",
                request.method,
                self.loggable_path(request),
                response.status_code,
                (time.monotonic() - started_at) * 1000,
                self.member_of(request),
                get_adapter().get_client_ip(request),
            )
        return response

    def is_left_out(self, request: HttpRequest, response: HttpResponse) -> bool:
        is_health_check = request.path in ("/healthz", "/readyz") and response.status_code == 200
        return is_health_check or response.status_code == 503

    def member_of(self, request: HttpRequest) -> str:
        """Return the id of the member; “-” for visitors, and where nobody asked who it is."""
        session = getattr(request, "session", None)
        if session is None or not session.accessed:
            return "-"
        return str(session.get(SESSION_KEY, "-"))

    def loggable_path(self, request: HttpRequest) -> str:
        match = request.resolver_match
        return f"/{match.route}" if match and "key" in match.kwargs else request.path


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


class VisitorLimits:
    """Send visitors away while members would wait for them, or their network asks for too much.

    Requests without a session are counted before anything is read for them, also from memory. With
    the cookie of a session, it is known before the view whether that is a member's.
    """

    # Asked by the machine itself.
    UNLIMITED = {"/healthz", "/readyz"}

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.limit = NetworkLimit(settings.REQUESTS_PER_NETWORK)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            return self.get_response(request)
        if response := self.refuse(request):
            return response
        with visitor_requests.counting():
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return None
        try:
            is_member = request.user.is_authenticated
        except DATABASE_IS_AWAY:
            return None
        return None if is_member else self.refuse(request)

    def refuse(self, request: HttpRequest) -> HttpResponse | None:
        """Return the response that sends a visitor away, if there is a reason to."""
        if request.path_info in self.UNLIMITED:
            return None
        if wait := self.limit.take(network_of(request)):
            return send_away(429, wait)
        return send_away(503, RETRY_AFTER) if is_too_busy_for_visitors() else None


class QuietPolls:
    """Answer an open page that asks whether its thread has changed, while it has not, with 204.

    Nearly all requests of open pages are such. A thread that is open to everybody takes one query,
    and nothing else is loaded: neither session nor member. All others go on to their view.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "after" not in request.GET or "show" in request.GET or not wants_fragment(request):
            return self.get_response(request)
        known = parse_number(request.GET.get("known", request.GET["after"]))
        try:
            if known is None or not self.is_unchanged(request, known):
                return self.get_response(request)
        except DATABASE_IS_AWAY as outage:
            return unavailable(request, outage)
        response = HttpResponse(status=204)
        response.headers["Cache-Control"] = NOT_SHARED
        patch_vary_headers(response, ("HX-Request", "Cookie"))
        return response

    def is_unchanged(self, request: HttpRequest, known: int) -> bool:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return False
        if match.url_name != "thread-arrivals" or request.method != "GET":
            return False
        counter = public_change_counter(match.kwargs["thread_id"])
        return counter is not None and counter <= known


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


class ReplicaPosition:
    """Let nobody read from a replica that does not show yet what they have written.

    A moderator's request is answered once everybody sees what it changed.
    """

    def __init__(self, get_response: GetResponse) -> None:
        if not replica.is_configured():
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in ("GET", "HEAD", "OPTIONS") and response.status_code != 503:
            position = replica.remember_write(response)
            if isinstance(request.user, User) and request.user.roles.is_moderator:
                replica.wait_for_replica(position)
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
