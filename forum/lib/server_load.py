"""The load of this process, as its server and middleware count it; visitors are the first to go."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Of the four threads of a process, visitors have these for themselves. They may have the others
# while hardly anybody waits: threads share one processor, so each makes all others slower.
VISITOR_THREADS = 2
MAX_WAITING = 2


class Counter:
    """A number that several threads change."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, difference: int) -> None:
        with self._lock:
            self.count += difference

    @contextmanager
    def counting(self) -> Iterator[None]:
        """Count one more inside."""
        self.add(1)
        try:
            yield
        finally:
            self.add(-1)


# Requests that have arrived completely, and wait for a thread.
waiting_requests = Counter()
# Requests of visitors that a thread is answering.
visitor_requests = Counter()


def is_too_busy_for_visitors() -> bool:
    """Return whether members would have to wait for another request of a visitor."""
    return waiting_requests.count > MAX_WAITING and visitor_requests.count >= VISITOR_THREADS
