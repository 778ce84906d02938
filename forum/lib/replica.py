"""Reading pages from a streaming replica of the database (REPLICA_DATABASE_URL).

A page is read from the replica only if that shows all of

- what this browser's own requests have written: a cookie holds the position in the write-ahead log;
- what moderators have done: their requests are answered once the replica has it;
- everything else up to a few seconds ago (`REPLICA_MAX_LAG`).

In all other cases, and whenever the replica cannot be reached, pages are read from the primary.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, connections
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)

REPLICA = "replica"  # in DATABASES
COOKIE_SECONDS = 60 * 60
CHECK_SECONDS = 1  # between two questions to the primary, in each process
AVOID_SECONDS = 10  # after the replica could not be reached
REPLAY_POLL_SECONDS = 0.02

UNREACHABLE = (OperationalError, InterfaceError)


def is_configured() -> bool:
    return REPLICA in connections.settings


@dataclass
class Lag:
    """The lag of the replica, as this process knows it. Times are monotonic, in seconds."""

    position: int = 0  # of the primary, at `taken_at`
    taken_at: float = float("-inf")
    caught_up_at: float = float("-inf")  # the replica shows what was written until then
    left_alone_until: float = 0

    def is_small(self, replayed: int) -> bool:
        """Return whether a replica at this position shows all but the last REPLICA_MAX_LAG seconds.

        Asks the primary for its position now and then.
        """
        if replayed >= self.position:
            self.caught_up_at = self.taken_at
            now = time.monotonic()
            if now - self.taken_at > CHECK_SECONDS:
                self.position, self.taken_at = written_position(), now
        return time.monotonic() - self.caught_up_at <= settings.REPLICA_MAX_LAG

    def leave_alone(self, error: Exception) -> None:
        """Read from the primary for a while, since the replica failed."""
        logger.warning("Reading from the primary, the replica failed: %s", error)
        self.left_alone_until = time.monotonic() + AVOID_SECONDS
        connections[REPLICA].close()


lag = Lag()


def may_read_from_replica(request: HttpRequest) -> bool:
    """Return whether the replica shows all that this request has to show."""
    if not is_configured() or time.monotonic() < lag.left_alone_until:
        return False
    try:
        replayed = replayed_position()
    except UNREACHABLE as error:
        lag.leave_alone(error)
        return False
    return replayed >= own_position(request) and lag.is_small(replayed)


@contextmanager
def replica_as_default() -> Iterator[None]:
    """Let all queries of this thread go to the replica."""
    primary = connections["default"]
    connections["default"] = connections[REPLICA]
    try:
        yield
    finally:
        connections["default"] = primary


def written_position() -> int:
    """Return the primary's position in the write-ahead log."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()")
        return parse_position(cursor.fetchone()[0])


def replayed_position() -> int:
    """Return the position that the replica shows; 0 if it is not a replica (any more)."""
    with connections[REPLICA].cursor() as cursor:
        cursor.execute("SELECT pg_last_wal_replay_lsn() WHERE pg_is_in_recovery()")
        row = cursor.fetchone()
    return parse_position(row[0]) if row and row[0] else 0


def parse_position(lsn: str) -> int:
    """Return a `pg_lsn` such as "16/B374D848" as a number."""
    high, low = lsn.split("/")
    return (int(high, 16) << 32) + int(low, 16)


def own_position(request: HttpRequest) -> int:
    """Return the position after the last write of this browser; 0 without one."""
    name = settings.REPLICA_COOKIE_NAME
    return int(request.get_signed_cookie(name, default=None, max_age=COOKIE_SECONDS) or 0)


def remember_write(response: HttpResponse) -> int:
    """Keep the primary's position in the browser, and return it."""
    position = written_position()
    response.set_signed_cookie(
        settings.REPLICA_COOKIE_NAME,
        str(position),
        max_age=COOKIE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return position


def wait_for_replica(position: int) -> None:
    """Wait until the replica shows this position, or is too far behind to be read from."""
    give_up_at = time.monotonic() + settings.REPLICA_MAX_LAG + CHECK_SECONDS
    try:
        while replayed_position() < position and time.monotonic() < give_up_at:
            time.sleep(REPLAY_POLL_SECONDS)
    except UNREACHABLE as error:
        lag.leave_alone(error)
