"""One deed, one transaction: all of it happens, or nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import DatabaseError, connection, transaction
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled, UniqueViolation

from forum.errors import Busy

P = ParamSpec("P")
R = TypeVar("R")

# Enough for a reply to a branch that moderators move to and fro meanwhile.
TRIES = 8
# The constraints that keep one form from making two posts.
SAME_FORM = {"post_nonce", "held_nonce"}

LIMIT_SQL = "SELECT set_config('statement_timeout', %s, true)"


class RetryTransaction(Exception):
    """What was read before the lock no longer holds; the deed begins anew."""


def retrying_transaction(action: Callable[P, R]) -> Callable[P, R]:
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
            except RetryTransaction as lost:
                if not left:
                    raise Busy from lost
            except DatabaseError as error:
                if not _lost_a_race(error):
                    raise
                if isinstance(error.__cause__, LockNotAvailable) or not left:
                    raise Busy from error
        raise Busy

    return wrapped


def _lost_a_race(error: DatabaseError) -> bool:
    cause = error.__cause__
    if isinstance(cause, UniqueViolation):
        # The same form was sent twice at once; the next try finds what the other one wrote.
        return cause.diag.constraint_name in SAME_FORM
    return isinstance(cause, DeadlockDetected | LockNotAvailable)


@contextmanager
def statements_limited(longest: str) -> Iterator[None]:
    """Give up statements that take longer; raises `Busy` then.

    In a transaction, so that the limit also holds behind a pool of connections, and ends there.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('statement_timeout')")
            [before] = cursor.fetchone()
            cursor.execute(LIMIT_SQL, [longest])
            yield
            cursor.execute(LIMIT_SQL, [before])
    except DatabaseError as error:
        if isinstance(error.__cause__, QueryCanceled):
            raise Busy from error
        raise
