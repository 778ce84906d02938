"""One deed, one transaction: all of it happens, or nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from forum.refusals import Busy

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 3
# PostgreSQL's error codes (appendix A of its manual).
DEADLOCK_DETECTED = "40P01"
LOCK_NOT_AVAILABLE = "55P03"


class StartAgain(Exception):
    """What was read before the lock no longer holds; the deed begins anew."""


def deed(action: Callable[P, R]) -> Callable[P, R]:
    """Run an action in a transaction of its own, again when it lost a race.

    Raises `Busy` when a lock could not be had. Inside another transaction it runs once, as a part
    of that.
    """

    @functools.wraps(action)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        tries = 1 if connection.in_atomic_block else TRIES
        for left in reversed(range(tries)):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except StartAgain as lost:
                if not left:
                    raise Busy from lost
            except OperationalError as error:
                code = getattr(error.__cause__, "sqlstate", None)
                if code not in (DEADLOCK_DETECTED, LOCK_NOT_AVAILABLE):
                    raise
                if code == LOCK_NOT_AVAILABLE or not left:
                    raise Busy from error
        raise Busy

    return wrapped
