"""Notifications: pages queue new posts, and the worker notifies the members who follow them."""

from __future__ import annotations

from collections.abc import Callable

from forum.actions.notifications import fan_out_next


def fan_out(*, stop: Callable[[], bool] = lambda: False) -> None:
    """Notify the followers of new posts, some at a time; `stop()` is asked in between."""
    while not stop() and fan_out_next():
        pass
