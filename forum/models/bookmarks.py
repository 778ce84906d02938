"""Bookmarks: posts that a member keeps, with a note and a day to be reminded."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import BooleanField, Case, Exists, OuterRef, Q, Value, When
from django.db.models.expressions import Combinable
from django.utils import timezone

from forum.models.accounts import User
from forum.models.posts import Post
from forum.models.visibility import Reader, if_readable, readable_by, visible_by

MAX_BOOKMARKS = 5000  # of one member
BOOKMARK_NOTE_LENGTH = 200
# Removing one can be undone for so long.
BOOKMARK_RESTORABLE = timedelta(days=1)
# A day begins so much earlier, at most, than in UTC.
EARLIEST_ZONE = timedelta(hours=14)


class BookmarkQuerySet(models.QuerySet["Bookmark"]):
    def of_member(self, member: User) -> BookmarkQuerySet:
        """Return a member's bookmarks, the latest first."""
        return self.filter(member=member, removed_at=None).order_by("-id")

    def with_reminder(self) -> BookmarkQuerySet:
        """Keep those that have a day to be reminded on."""
        return self.filter(remind_on__isnull=False)

    def before(self, bookmark_id: int | None) -> BookmarkQuerySet:
        """Return the rest of a list after that bookmark; all of it for None."""
        return self if bookmark_id is None else self.filter(pk__lt=bookmark_id)

    def with_context(self, reader: User) -> BookmarkQuerySet:
        """Join post, author and thread, and add `is_readable` and the excerpt if it is."""
        readable = readable_by(reader, "post__") & visible_by(reader, "post__thread__")
        return (
            self.select_related("post__author", "post__thread__board")
            .defer("post__html", "post__source", "post__excerpt")
            .annotate(
                is_readable=Case(
                    When(readable, then=True), default=False, output_field=BooleanField()
                ),
                shown_excerpt=if_readable(reader, "excerpt", "post__"),
            )
        )

    def possibly_due(self, now: datetime) -> BookmarkQuerySet:
        """Return those whose day has begun in some time zone."""
        last = (now + EARLIEST_ZONE).date()
        return self.filter(removed_at=None, remind_on__lte=last)

    def forgettable(self) -> BookmarkQuerySet:
        """Return those that were removed too long ago to be restored."""
        return self.filter(removed_at__lt=timezone.now() - BOOKMARK_RESTORABLE)


class Bookmark(models.Model):
    """A post that a member keeps. Nobody else sees it, moderators included."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="bookmarks", db_index=False
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    note = models.CharField(max_length=BOOKMARK_NOTE_LENGTH, blank=True)
    # In the member's time zone; empty again once they were reminded.
    remind_on = models.DateField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    # Removed bookmarks are kept for a while, so that they can be restored.
    removed_at = models.DateTimeField(null=True)

    objects = BookmarkQuerySet.as_manager()

    # Set by `with_context`.
    is_readable: bool
    shown_excerpt: str

    class Meta:
        indexes = [
            models.Index(fields=["member", "-id"], name="bookmark_by_member"),
            models.Index(
                fields=["remind_on"],
                condition=Q(remind_on__isnull=False),
                name="bookmark_by_day",
            ),
            models.Index(
                fields=["removed_at"],
                condition=Q(removed_at__isnull=False),
                name="bookmark_removed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["member", "post"], name="bookmark_once"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: #{self.post_id}"

    def is_due(self, now: datetime) -> bool:
        """Return whether the day of the reminder has begun where the member is."""
        today = now.astimezone(self.member.tzinfo).date()
        return self.remind_on is not None and self.remind_on <= today


def is_bookmarked(reader: Reader) -> Combinable:
    """Return a column for a query of posts: whether the reader has bookmarked each."""
    if not isinstance(reader, User):
        return Value(False)
    mine = Bookmark.objects.filter(member=reader, post=OuterRef("pk"), removed_at=None)
    return Exists(mine)
