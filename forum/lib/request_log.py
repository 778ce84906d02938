"""The number of each request, in all lines that are logged while it is answered."""

from __future__ import annotations

import logging
import secrets
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="-")


def number_request() -> str:
    """Give the request that this thread answers from now on a number, and return it."""
    number = secrets.token_hex(6)
    request_id.set(number)
    return number


class RequestIdFilter(logging.Filter):
    """A log filter that adds the number of the request to each record; it passes everything."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
