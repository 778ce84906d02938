"""The requests that wait for a thread of this process, as its server counts them."""

from __future__ import annotations

import threading

# Requests that have arrived and wait for a thread. With more than this, visitors are sent away,
# which takes a fraction of making a page, so members wait for no more than these.
MAX_WAITING = 8


class WaitingRequests:
    """A counter of them."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    def add(self, difference: int) -> None:
        with self._lock:
            self.count += difference

    def are_too_many(self) -> bool:
        return self.count > MAX_WAITING


waiting_requests = WaitingRequests()
