"""Transactions of actions: all of an action happens, or none of it."""

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

# Enough for a reply to a branch that moderators keep moving.
MAX_TRIES = 8
# The unique constraints that keep one form from making two posts.
ONCE_PER_FORM = {"post_nonce", "pending_post_nonce"}

LIMIT_SQL = "SELECT set_config('statement_timeout', %s, true)"


class RetryTransaction(Exception):
    """A signal that data read before the lock is outdated: start the action again."""


def retrying_transaction(action: Callable[P, R]) -> Callable[P, R]:
    """Run an action in a transaction of its own, and again when it loses a race.

    Raises `Busy` when a lock is not available in time, or after `MAX_TRIES`. Inside another
    transaction it is part of that one, and starts again only for `RetryTransaction`.
    """

    @functools.wraps(action)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        is_nested = connection.in_atomic_block
        for left in reversed(range(MAX_TRIES)):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except RetryTransaction as lost:
                if not left:
                    raise Busy from lost
            except DatabaseError as error:
                if not _lost_a_race(error):
                    raise
                if is_nested or isinstance(error.__cause__, LockNotAvailable) or not left:
                    raise Busy from error
        raise Busy

    return wrapped


def _lost_a_race(error: DatabaseError) -> bool:
    cause = error.__cause__
    if isinstance(cause, UniqueViolation):
        # The same form was sent twice at once; the next try finds the post of the other.
        return cause.diag.constraint_name in ONCE_PER_FORM
    return isinstance(cause, DeadlockDetected | LockNotAvailable)


@contextmanager
def statements_limited(longest: str) -> Iterator[None]:
    """Cancel statements that take longer than `longest` (such as "2s"); raises `Busy` then.

    Opens a transaction, so that the limit also holds behind a connection pool, and ends there.
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
