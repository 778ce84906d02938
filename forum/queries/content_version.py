"""The version by which a page for visitors that was made earlier is known to be current."""

from __future__ import annotations

import time

from django.db import connection

from forum.lib import replica

SITE_SQL = "SELECT latest, latest FROM forum_contentversion"
# Whatever is written to a thread writes its row, whose `xmin` is the transaction that did so last.
THREAD_SQL = """
SELECT latest, elsewhere, (SELECT xmin::text FROM forum_thread WHERE id = %s)
  FROM forum_contentversion
"""
SETTLED_AFTER = 10  # seconds


def fetch_content_version(thread_id: int | None = None) -> str:
    """Return the version of all pages for visitors, or of those of one thread.

    It is different after each commit that changes what they show. Read it before the page is made.
    """
    return fetch_dated_version(thread_id)[0]


def fetch_dated_version(thread_id: int | None = None) -> tuple[str, int | None]:
    """Return the content version, and when anything changed last, in seconds since 1970.

    The time is that of the whole site. It is None until a change is `SETTLED_AFTER` old: another
    one could follow in the same second, or have been counted before and not be committed yet.
    """
    with connection.cursor() as cursor:
        if thread_id is None:
            cursor.execute(SITE_SQL)
        else:
            cursor.execute(THREAD_SQL, [thread_id])
        row = cursor.fetchone()
    if row is None:
        return "", None
    latest, *version = row
    changed_at: int = latest // 1_000_000
    is_settled = time.time() - changed_at > SETTLED_AFTER
    return "-".join(map(str, version)), changed_at if is_settled else None


def is_shown_by_replica(version: str, thread_id: int | None = None) -> bool:
    """Return whether a page made now has at least this version, from whichever server it is read.

    A page that is older than the version that was read for it must not be kept under that.
    """
    if not replica.is_configured():
        return True
    if time.monotonic() < replica.lag.left_alone_until:
        return False
    try:
        with replica.replica_as_default():
            return fetch_content_version(thread_id) == version
    except replica.UNREACHABLE as error:
        replica.lag.leave_alone(error)
        return False
