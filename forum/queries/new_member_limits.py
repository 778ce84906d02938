"""Who is new here: until so many posts of theirs stand and so many days are over.

Asked whenever it matters: nothing has to happen for somebody not to be new any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from forum.models.accounts import User
from forum.models.posts import Post


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
