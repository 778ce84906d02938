"""The number of each request, in all lines that are logged while it is answered."""

from __future__ import annotations

import logging
from contextvars import ContextVar

# That of the request that this thread answers, or has answered last.
request_id: ContextVar[str] = ContextVar("request_id", default="-")


class RequestIdFilter(logging.Filter):
    """A log filter that adds the number of the request to each record; it passes everything."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = request_id.get()
        return True
