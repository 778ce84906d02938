"""Limits on what a member posts: rate limits, slow mode, and the limits of new members."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.errors import Invalid, RateLimited
from forum.lib.prepared_queries import PreparedQuery
from forum.markup.rendered_post import Rendered
from forum.models import PendingPost, Post, RateLimit, Thread, User
from forum.models.rules import searched
from forum.permissions import is_moderator_of

# -- Rate limits: a token bucket per person and kind of action ------------------------------------


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit: `burst` at once, then one in so many seconds."""

    kind: str
    burst: int
    per_seconds: float


# Fast enough for anybody who reads before replying.
POSTS = Limit("posts", burst=10, per_seconds=20)
# New threads are rare.
THREADS = Limit("threads", burst=3, per_seconds=600)
# Corrections come in bursts.
EDITS = Limit("edits", burst=20, per_seconds=10)
# A preview searches the thread for quotes, as posting does.
PREVIEWS = Limit("previews", burst=20, per_seconds=5)
# More than a member would report in an evening, but too few to bury other reports.
REPORTS = Limit("reports", burst=10, per_seconds=120)
# Enough for typing names in the mention menu, too few to collect all names.
NAMES = Limit("names", burst=30, per_seconds=2)
# Searches of a member, or of all visitors from one network.
SEARCHES = Limit("searches", burst=30, per_seconds=2)
# Drafts are saved a second after the last key, and on leaving, on every device.
DRAFTS = Limit("drafts", burst=60, per_seconds=1)
# Answers to mail that could not be posted: five at once, and about as many a day.
MAIL_ANSWERS = Limit("mail-answers", burst=5, per_seconds=4 * 60 * 60)

# One statement, so that of any number at once exactly as many get through as there are tokens.
# A row comes back only if a token was there to take.
TAKE_SQL = """
INSERT INTO forum_ratelimit AS bucket (key, tokens, updated_at)
VALUES (%(key)s, %(burst)s - 1, clock_timestamp())
ON CONFLICT (key) DO UPDATE
   SET tokens = {filled} - 1, updated_at = clock_timestamp()
 WHERE {filled} >= 1
RETURNING tokens
"""
LACKING_SQL = "SELECT 1 - {filled} FROM forum_ratelimit AS bucket WHERE key = %(key)s"
# A bucket with a time in the future is full: the clock was set back since.
TOKENS_NOW_SQL = """
CASE WHEN bucket.updated_at > clock_timestamp() THEN %(burst)s ELSE
least(%(burst)s, bucket.tokens
      + extract(epoch FROM clock_timestamp() - bucket.updated_at) / %(per_seconds)s) END
"""


def spend(key: str, limit: Limit) -> None:
    """Take one token from the bucket of `key` (a person's id or an address) for that limit.

    Raises `RateLimited` with the number of seconds until the next token.
    """
    values = _bucket(key, limit)
    with connection.cursor() as cursor:
        cursor.execute(TAKE_SQL.format(filled=TOKENS_NOW_SQL), values)
        if cursor.fetchone():
            return
        cursor.execute(LACKING_SQL.format(filled=TOKENS_NOW_SQL), values)
        row = cursor.fetchone()
    lacking = float(row[0]) if row else 0
    raise RateLimited(max(1, math.ceil(lacking * limit.per_seconds)))


def check_rate(key: str, limit: Limit) -> None:
    """Raise `RateLimited` when no token is left, without taking one."""
    values = _bucket(key, limit)
    with connection.cursor() as cursor:
        cursor.execute(LACKING_SQL.format(filled=TOKENS_NOW_SQL), values)
        row = cursor.fetchone()
    if row and row[0] > 0:
        raise RateLimited(max(1, math.ceil(float(row[0]) * limit.per_seconds)))


def _bucket(key: str, limit: Limit) -> dict[str, str | float]:
    return {"key": f"{limit.kind}:{key}", "burst": limit.burst, "per_seconds": limit.per_seconds}


def lock_member(member: User) -> None:
    """Lock a member until this transaction ends, so that their requests run one after another."""
    User.objects.select_for_update(no_key=True).filter(pk=member.pk).values_list("pk").get()


# What django-allauth counts in the cache, whose rows nothing else drops. It lasts an hour at most:
# what seems to end later was counted before the clock was set back.
FORGET_COUNTS_SQL = f"""
DELETE FROM {settings.CACHES["default"]["LOCATION"]}
 WHERE expires NOT BETWEEN %(now)s AND %(now)s + interval '1 hour'
"""  # noqa: S608 - the name of a table


def forget_stale_limits() -> int:
    """Delete buckets that are full again; return how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(FORGET_COUNTS_SQL, {"now": timezone.now()})
        return cursor.rowcount + RateLimit.objects.stale().delete()[0]


# -- Slow mode: one post per person in a number of minutes ----------------------------------------

# More than anybody can post in that time: the rate limit is lower.
MAX_POSTS_CHECKED = 200


def check_slow_mode(author: User, parent: Post) -> None:
    """Raise `RateLimited` when slow mode doesn't let `author` post yet."""
    thread = parent.thread
    if is_moderator_of(author, thread.board):
        return
    heads = [head for head in parent.restricted_branches if head.is_slow]
    if not heads and not thread.is_slow:
        return
    mine = Post.objects.written_by(author).filter(thread=thread)[:MAX_POSTS_CHECKED]
    now = timezone.now()
    # Posts from the future were written before the clock was set back.
    recent = {post.pk: post.created_at for post in mine if post.created_at <= now}
    if thread.is_slow and recent:
        _check_interval(thread, max(recent.values()))
    for head in heads:
        there = Post.objects.branch_of(head).filter(pk__in=recent).values_list("pk", flat=True)
        if there:
            _check_interval(head, recent[max(there)])


def _check_interval(target: Post | Thread, latest: datetime) -> None:
    minutes = target.slow_minutes or 0
    left = latest + timedelta(minutes=minutes) - timezone.now()
    if left <= timedelta(0):
        return
    message = ngettext(
        "Slow mode: one post every %(count)d minute. %(reason)s Next post in %(seconds)d s.",
        "Slow mode: one post every %(count)d minutes. %(reason)s Next post in %(seconds)d s.",
        minutes,
    )
    seconds = int(left.total_seconds()) + 1
    reason = f"{target.slow_action.reason}." if target.slow_action else ""
    raise RateLimited(seconds, message % {"count": minutes, "reason": reason, "seconds": seconds})


# -- New members: links and mentions in a post, and posts an hour ---------------------------------

# A member is new until they have enough published posts and their account is old enough. This is
# checked each time it matters, so nothing has to run when somebody stops being new.

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewMemberStatus:
    """The number of posts that a new member still needs, and the time when they stop being new."""

    posts: int
    until: datetime


def new_member_status(person: User) -> NewMemberStatus | None:
    """Return the status of a new member; None for everybody else, and for moderators."""
    if person.is_staff:
        return None
    until = person.date_joined + timedelta(days=settings.NEW_MEMBER_DAYS)
    needed = settings.NEW_MEMBER_POSTS
    lacking = needed - count_published_posts(person, needed)
    if not lacking and until <= timezone.now():
        return None
    return NewMemberStatus(lacking, until)


def count_published_posts(person: User, most: int) -> int:
    """Count a member's published posts, up to `most`; those in removed threads do not count."""
    return len(_published_posts(most).fetch(person.pk)) if most > 0 else 0


@cache
def _published_posts(most: int) -> PreparedQuery[tuple[int]]:
    standing = Post.objects.order_by().published().filter(thread__removed_at=None)
    return PreparedQuery(lambda author: standing.filter(author=author).values_list("pk")[:most])


def check_new_member_limits(author: User, rendered: Rendered, *, is_edit: bool = False) -> None:
    """Raise `Invalid` or `RateLimited` for what new members can't do, saying when that ends.

    The check of posts an hour locks the member, so that no two transactions count the same posts.
    """
    status = new_member_status(author)
    if status is None:
        return
    links, most = searched(rendered).links, settings.NEW_MEMBER_LINKS
    if links > most:
        message = ngettext(
            "New members can post %(most)d link at a time; this has %(count)d.",
            "New members can post %(most)d links at a time; this has %(count)d.",
            most,
        )
        raise Invalid(f"{message % {'most': most, 'count': links}} {_when_over(author, status)}")
    names, most = len(rendered.mentions), settings.NEW_MEMBER_MENTIONS
    if names > most:
        message = ngettext(
            "New members can mention %(most)d person at a time; this mentions %(count)d.",
            "New members can mention %(most)d people at a time; this mentions %(count)d.",
            most,
        )
        raise Invalid(f"{message % {'most': most, 'count': names}} {_when_over(author, status)}")
    if not is_edit:
        _check_hourly(author, status)


def _check_hourly(author: User, status: NewMemberStatus) -> None:
    lock_member(author)
    most, now = settings.NEW_MEMBER_HOURLY, timezone.now()
    # Posts from the future were written before the clock was set back.
    recent = models.Q(created_at__range=(now - HOUR, now))
    times = [
        at
        for written in (Post.objects.written_by(author), PendingPost.objects.of_member(author))
        for at in written.filter(recent).values_list("created_at", flat=True)[:most]
    ]
    if len(times) < most:
        return
    left = sorted(times)[-most] + HOUR - now
    message = ngettext(
        "New members can write %(most)d post an hour. Try again in %(minutes)d min.",
        "New members can write %(most)d posts an hour. Try again in %(minutes)d min.",
        most,
    )
    seconds = max(1, int(left.total_seconds()) + 1)
    words = message % {"most": most, "minutes": -(-seconds // 60)}
    raise RateLimited(seconds, f"{words} {_when_over(author, status)}")


def _when_over(author: User, status: NewMemberStatus) -> str:
    """Describe when a member stops being new."""
    posts = ngettext(
        "after %(count)d more post", "after %(count)d more posts",
        status.posts,
    ) % {"count": status.posts}  # fmt: skip
    day = status.until.astimezone(author.tzinfo).strftime("%Y-%m-%d %H:%M")
    if status.until <= timezone.now():
        return _("The limit ends %(posts)s.") % {"posts": posts}
    if not status.posts:
        return _("Until %(day)s.") % {"day": day}
    return _("The limit ends %(posts)s, at the earliest on %(day)s.") % {"posts": posts, "day": day}
