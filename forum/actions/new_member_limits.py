"""What somebody who is new here does not do yet: many links, many names, many posts at once.

Asked at the doors of people, of edits too; it ends by itself (`forum.queries.new_member_limits`).
"""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.holding import searched
from forum.errors import Invalid, RateLimited
from forum.markup.render import Rendered
from forum.models import HeldPost, Post, User
from forum.queries.new_member_limits import Newness, newness_of

HOUR = timedelta(hours=1)


def keep_limits_of_new(author: User, rendered: Rendered, *, is_edit: bool = False) -> None:
    """Raise `Invalid` or `RateLimited` for what new members don't do, saying when that ends."""
    newness = newness_of(author)
    if newness is None:
        return
    links, most = searched(rendered).links, settings.NEW_MEMBER_LINKS
    if links > most:
        told = ngettext(
            "New members link to %(most)d page in a post at most; here are %(count)d.",
            "New members link to %(most)d pages in a post at most; here are %(count)d.",
            most,
        )
        raise Invalid(f"{told % {'most': most, 'count': links}} {_when_over(author, newness)}")
    names, most = len(rendered.mentions), settings.NEW_MEMBER_MENTIONS
    if names > most:
        told = ngettext(
            "New members mention %(most)d person in a post at most; here are %(count)d.",
            "New members mention %(most)d people in a post at most; here are %(count)d.",
            most,
        )
        raise Invalid(f"{told % {'most': most, 'count': names}} {_when_over(author, newness)}")
    if not is_edit:
        _keep_hourly(author, newness)


def _keep_hourly(author: User, newness: Newness) -> None:
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
        "New members write %(most)d post an hour at most. You can go on in %(minutes)d min.",
        "New members write %(most)d posts an hour at most. You can go on in %(minutes)d min.",
        most,
    )
    seconds = max(1, int(left.total_seconds()) + 1)
    words = told % {"most": most, "minutes": -(-seconds // 60)}
    raise RateLimited(seconds, f"{words} {_when_over(author, newness)}")


def _when_over(author: User, newness: Newness) -> str:
    """Until when somebody is new, in words."""
    posts = ngettext(
        "once %(count)d more post of yours stands", "once %(count)d more posts of yours stand",
        newness.posts,
    ) % {"count": newness.posts}  # fmt: skip
    day = newness.until.astimezone(author.tzinfo).strftime("%Y-%m-%d %H:%M")
    if newness.until <= timezone.now():
        return _("That ends %(posts)s.") % {"posts": posts}
    if not newness.posts:
        return _("That ends on %(day)s.") % {"day": day}
    return _("That ends %(posts)s, and not before %(day)s.") % {"posts": posts, "day": day}
