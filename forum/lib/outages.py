"""Responses and log lines while the database is unavailable."""

from __future__ import annotations

import logging
import time

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

# Django raises `OperationalError` also for a statement that takes too long.
DATABASE_IS_AWAY = (OperationalError, InterfaceError)
RETRY_AFTER_SECONDS = 10
LOG_SECONDS = 1


def unavailable(request: HttpRequest, error: BaseException) -> HttpResponse:
    """Return a 503 page that needs no database, not even for the reader; logs the error."""
    logger.error("%s %s: %s", request.method, request.path, error, extra={"status_code": 503})
    response = HttpResponse(render_to_string("503.html"), status=503)
    response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


class OutageFilter(logging.Filter):
    """A log filter that passes one line per second about 503 responses, without tracebacks."""

    quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(record, "status_code", None) != 503:
            return True
        now = time.monotonic()
        if now < self.quiet_until:
            return False
        self.quiet_until = now + LOG_SECONDS
        record.exc_info = record.exc_text = None
        return True


class OneLineFormatter(logging.Formatter):
    """A log formatter that escapes line breaks and control characters of the terminal.

    Times are in UTC and say so.
    """

    converter = time.gmtime  # type: ignore[assignment]  # as its documentation says
    default_time_format = "%Y-%m-%dT%H:%M:%S"
    default_msec_format = "%s.%03dZ"

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        line = super().formatMessage(record)
        return "".join(
            each if each.isprintable() else each.encode("unicode_escape").decode() for each in line
        )
