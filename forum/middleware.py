"""What happens around every request."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.contrib.auth.models import AnonymousUser
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from forum.models import User
from forum.refusals import Busy, Refusal, TooFast

logger = logging.getLogger(__name__)

Answer = Callable[[HttpRequest], HttpResponse]

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
    """The browser runs and loads only what this site serves; nothing inline, no eval."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


class ReaderTimeZone:
    """Members read times in their own zone, visitors in the site's."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user: User | AnonymousUser = request.user
        if isinstance(user, User) and user.zone:
            with timezone.override(user.tzinfo):
                return self.get_response(request)
        return self.get_response(request)


class Refusals:
    """A refusal that a view let through becomes the site's own page, with its status.

    Also keeps pages and fragments apart in caches: an answer may differ by `HX-Request`, and none
    is ever shared between people.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        patch_vary_headers(response, ("HX-Request",))
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "private, no-cache"
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, OperationalError):
            # A statement took too long, or the database is away: not a fault of the request.
            logger.error("%s %s", request.method, request.path, exc_info=exception)
            exception = Busy()
        if not isinstance(exception, Refusal):
            return None
        response = render(request, "refused.html", {"refusal": exception}, status=exception.status)
        if isinstance(exception, TooFast):
            response.headers["Retry-After"] = str(exception.retry_after)
        return response
