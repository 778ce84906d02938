"""What members have written and not posted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.threads import TITLE_LENGTH


class Draft(models.Model):
    """A text begun as an answer to `parent`, as a thread in `board`, or as an edit of `post`.

    One a member and target. It stays when its target is locked, moved, hidden or deleted.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    parent = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    board = models.ForeignKey(Board, models.CASCADE, null=True, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=2 * TITLE_LENGTH, blank=True)
    source = models.TextField(blank=True)
    # Whom its quotes are from, as the composer sent it, and the revision that an edit began from.
    quoted = models.JSONField(default=list)
    base = models.BigIntegerField(null=True)
    # Counts savings: who saves over a later one than they saw is told.
    version = models.PositiveIntegerField(default=1)
    saved_at = models.DateTimeField(default=timezone.now)
    # Given up; kept a while, so that it can be taken back.
    discarded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["member", "-saved_at"], name="draft_by_member")]
        constraints = [
            models.CheckConstraint(
                condition=Q(parent__isnull=False, board=None, post=None)
                | Q(parent=None, board__isnull=False, post=None)
                | Q(parent=None, board=None, post__isnull=False),
                name="draft_of_one_thing",
            ),
            models.UniqueConstraint(fields=["member", "parent"], name="draft_once_a_parent"),
            models.UniqueConstraint(fields=["member", "board"], name="draft_once_a_board"),
            models.UniqueConstraint(fields=["member", "post"], name="draft_once_a_post"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.source[:40]}"
