"""The share of a process that visitors may have, of it for costly pages, and each network of that.

Counted in the memory of the process, since a flood must not write to the database.
"""

from __future__ import annotations

import functools
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from django.http import HttpResponse
from django.template.loader import render_to_string

RETRY_AFTER = 10  # seconds

# Of the four threads of a process, one makes costly pages for visitors, and one may wait for it.
MAX_ADMITTED = 2
MAX_WAIT_SECONDS = 2.0  # seconds
MAX_NETWORKS = 20_000


class NetworkLimit:
    """A token bucket for each network, full with the pages of a minute; 0 means no limit.

    The networks seen longest ago are forgotten when there are too many.
    """

    def __init__(self, per_minute: int) -> None:
        self.per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, network: str) -> int:
        """Take a token; return the seconds to wait if there is none, else 0."""
        if not self.per_minute:
            return 0
        now = time.monotonic()
        with self._lock:
            tokens, seen_at = self._buckets.pop(network, (float(self.per_minute), now))
            tokens = min(self.per_minute, tokens + (now - seen_at) * self.per_minute / 60)
            is_left = tokens >= 1
            self._buckets[network] = (tokens - is_left, now)
            if len(self._buckets) > MAX_NETWORKS:
                self._buckets.popitem(last=False)
        return 0 if is_left else math.ceil((1 - tokens) * 60 / self.per_minute)


_admitted = threading.BoundedSemaphore(MAX_ADMITTED)
_running = threading.BoundedSemaphore(1)


@contextmanager
def costly_slot() -> Iterator[bool]:
    """Enter with whether a costly page may be made for a visitor now; waits shortly for another."""
    if not _admitted.acquire(blocking=False):
        yield False
        return
    try:
        if not _running.acquire(timeout=MAX_WAIT_SECONDS):
            yield False
            return
        try:
            yield True
        finally:
            _running.release()
    finally:
        _admitted.release()


def send_away(status: int, retry_after: int) -> HttpResponse:
    """Return a small page that asks a visitor to wait or to log in; needs no database."""
    response = HttpResponse(busy_page(), status=status)
    response.headers["Retry-After"] = str(retry_after)
    response.headers["Cache-Control"] = "no-store"
    return response


@functools.cache
def busy_page() -> str:
    """Return the page, which is the same for all and made once: a flood gets many."""
    return render_to_string("busy.html")
