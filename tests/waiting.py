"""Waiting for another process or thread."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], seconds: float = 20, *, said: str = "") -> None:
    """Return once `condition` holds; fail if it does not in time."""
    give_up_at = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up_at, said or f"not after {seconds} s"
        time.sleep(0.05)
