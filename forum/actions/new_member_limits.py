"""Limits of new members: links and mentions in a post, posts an hour.

Somebody is new until so many posts of theirs stand and so many days are over. That is asked
whenever it matters: nothing has to happen for somebody not to be new any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.limits import lock_member
from forum.errors import Invalid, RateLimited
from forum.lib.clock import short_moment
from forum.markup.render import Rendered
from forum.models import HeldPost, Post, User
from forum.models.rules import searched

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Newness:
    """What somebody lacks: so many posts; and until when they are new in any case."""

    posts: int
    until: datetime


def newness_of(person: User) -> Newness | None:
    """None of those who are not new; moderators never are."""
    if person.is_staff:
        return None
    until = person.date_joined + timedelta(days=settings.NEW_MEMBER_DAYS)
    needed = settings.NEW_MEMBER_POSTS
    lacking = needed - standing_posts_of(person, needed)
    if not lacking and until <= timezone.now():
        return None
    return Newness(lacking, until)


def standing_posts_of(person: User, most: int) -> int:
    """How many posts of theirs everybody can read, counted up to `most`."""
    if most <= 0:
        return 0
    return Post.objects.published().written_by(person).order_by()[:most].count()


def check_new_member_limits(author: User, rendered: Rendered, *, is_edit: bool = False) -> None:
    """Raise `Invalid` or `RateLimited` for what new members can't do, saying when that ends.

    The limit of posts an hour lets nobody else count the same member's posts until the
    transaction ends, in whatever thread they are.
    """
    newness = newness_of(author)
    if newness is None:
        return
    links, most = searched(rendered).links, settings.NEW_MEMBER_LINKS
    if links > most:
        told = ngettext(
            "New members can post %(most)d link at a time; this has %(count)d.",
            "New members can post %(most)d links at a time; this has %(count)d.",
            most,
        )
        raise Invalid(f"{told % {'most': most, 'count': links}} {_when_over(author, newness)}")
    names, most = len(rendered.mentions), settings.NEW_MEMBER_MENTIONS
    if names > most:
        told = ngettext(
            "New members can mention %(most)d person at a time; this mentions %(count)d.",
            "New members can mention %(most)d people at a time; this mentions %(count)d.",
            most,
        )
        raise Invalid(f"{told % {'most': most, 'count': names}} {_when_over(author, newness)}")
    if not is_edit:
        _check_hourly(author, newness)


def _check_hourly(author: User, newness: Newness) -> None:
    lock_member(author)
    most, now = settings.NEW_MEMBER_HOURLY, timezone.now()
    # What seems to be written later was written before the clock was set back.
    recent = models.Q(created_at__range=(now - HOUR, now))
    times = [
        at
        for written in (Post.objects.written_by(author), HeldPost.objects.of(author))
        for at in written.filter(recent).values_list("created_at", flat=True)[:most]
    ]
    if len(times) < most:
        return
    left = sorted(times)[-most] + HOUR - now
    told = ngettext(
        "New members can write %(most)d post an hour. Try again in %(minutes)d min.",
        "New members can write %(most)d posts an hour. Try again in %(minutes)d min.",
        most,
    )
    seconds = max(1, int(left.total_seconds()) + 1)
    words = told % {"most": most, "minutes": -(-seconds // 60)}
    raise RateLimited(seconds, f"{words} {_when_over(author, newness)}")


def _when_over(author: User, newness: Newness) -> str:
    """Until when somebody is new, in words."""
    posts = ngettext(
        "after %(count)d more post", "after %(count)d more posts",
        newness.posts,
    ) % {"count": newness.posts}  # fmt: skip
    day = short_moment(newness.until, author.tzinfo)
    if newness.until <= timezone.now():
        return _("The limit ends %(posts)s.") % {"posts": posts}
    if not newness.posts:
        return _("Until %(day)s.") % {"day": day}
    return _("The limit ends %(posts)s, at the earliest on %(day)s.") % {"posts": posts, "day": day}
