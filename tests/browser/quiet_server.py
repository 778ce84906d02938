"""Waiting for the requests of closed pages.

A page that is closed may still save a draft, or what was read. That must not happen during the next
test.
"""

from __future__ import annotations

import threading

from tests.concurrency import wait_until


def is_answering() -> bool:
    """Return whether the server still has a connection, of which each has a thread."""
    return any("process_request_thread" in thread.name for thread in threading.enumerate())


def wait_for_last_requests() -> None:
    """Wait until the server has answered everything that closed pages have sent."""
    wait_until(lambda: not is_answering(), said="a closed page keeps its connection")
