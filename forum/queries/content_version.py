"""The version by which a page for visitors that was made earlier is known to be current."""

from __future__ import annotations

import time

from django.db import connection

from forum.lib import replica

SITE_SQL = "SELECT latest FROM forum_contentversion"
# Whatever is written to a thread writes its row, whose `xmin` is the transaction that did so last.
THREAD_SQL = """
SELECT elsewhere, (SELECT xmin::text FROM forum_thread WHERE id = %s) FROM forum_contentversion
"""


def fetch_content_version(thread_id: int | None = None) -> str:
    """Return the version of all pages for visitors, or of those of one thread.

    It is different after each commit that changes what they show. Read it before the page is made.
    """
    with connection.cursor() as cursor:
        if thread_id is None:
            cursor.execute(SITE_SQL)
        else:
            cursor.execute(THREAD_SQL, [thread_id])
        row = cursor.fetchone() or ()
    return "-".join(map(str, row))


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
