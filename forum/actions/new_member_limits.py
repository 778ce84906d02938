"""Limits of new members: links and mentions in a post, and posts an hour.

A member is new until they have enough published posts and their account is old enough. This is
checked each time it matters, so nothing has to run when somebody stops being new.
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
from forum.markup.render import Rendered
from forum.models import PendingPost, Post, User
from forum.models.rules import searched

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class NewMemberStatus:
    """The number of posts that a new member still needs, and the time until which they stay new."""

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
    """Count a member's published posts, up to `most`."""
    if most <= 0:
        return 0
    return Post.objects.published().written_by(person).order_by()[:most].count()


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
    """Return in words until when somebody is new."""
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
