"""Rate limits: a token bucket per person and kind of action."""

from __future__ import annotations

import math

from django.conf import settings
from django.db import connection
from django.utils import timezone

from forum.errors import RateLimited
from forum.models import RateLimit, User
from forum.models.limits import Limit

# One statement, so that of any number at once exactly as many get through as there are tokens.
# A row comes back only if a token was there to take.
TAKE = """
INSERT INTO forum_ratelimit AS bucket (key, tokens, updated_at)
VALUES (%(key)s, %(burst)s - 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE
   SET tokens = {filled} - 1, updated_at = clock_timestamp()
 WHERE {filled} >= 1
RETURNING tokens
"""
LACKING = "SELECT 1 - {filled} FROM forum_ratelimit AS bucket WHERE key = %(key)s"
# A bucket with a time in the future is full: the clock was set back since.
FILLED = """
CASE WHEN bucket.updated_at > clock_timestamp() THEN %(burst)s ELSE
least(%(burst)s, bucket.tokens
      + extract(epoch FROM clock_timestamp() - bucket.updated_at) / %(per_seconds)s) END
"""


def spend(key: str, limit: Limit) -> None:
    """Take one token from the bucket of `key` (a person's id or an address) for that limit.

    Raises `RateLimited` with the number of seconds until the next token.
    """
    values: dict[str, str | float] = {
        "key": f"{limit.kind}:{key}",
        "burst": limit.burst,
        "per_seconds": limit.per_seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(TAKE.format(filled=FILLED), values)
        if cursor.fetchone():
            return
        cursor.execute(LACKING.format(filled=FILLED), values)
        row = cursor.fetchone()
    lacking = float(row[0]) if row else 0
    raise RateLimited(max(1, math.ceil(lacking * limit.per_seconds)))


def check_rate(key: str, limit: Limit) -> None:
    """Raise `RateLimited` when no token is left, without taking one."""
    values: dict[str, str | float] = {
        "key": f"{limit.kind}:{key}",
        "burst": limit.burst,
        "per_seconds": limit.per_seconds,
    }
    with connection.cursor() as cursor:
        cursor.execute(LACKING.format(filled=FILLED), values)
        row = cursor.fetchone()
    if row and row[0] > 0:
        raise RateLimited(max(1, math.ceil(float(row[0]) * limit.per_seconds)))


def lock_member(member: User) -> None:
    """Lock a member until this transaction ends, so that their requests run one after another."""
    User.objects.select_for_update(no_key=True).filter(pk=member.pk).values_list("pk").get()


# What django-allauth counts in the cache, whose rows nothing else drops. It lasts an hour at most:
# what seems to end later was counted before the clock was set back.
FORGET_COUNTS = f"""
DELETE FROM {settings.CACHES["default"]["LOCATION"]}
 WHERE expires NOT BETWEEN %(now)s AND %(now)s + interval '1 hour'
"""  # noqa: S608 - the name of a table


def forget_stale_limits() -> int:
    """Delete buckets that are full again; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_COUNTS, {"now": timezone.now()})
        return cursor.rowcount + RateLimit.objects.stale().delete()[0]
