"""Mail that members have sent to post: what became of it, and what was left out of the post."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import F, OuterRef, Q
from django.db.models.functions import Coalesce, JSONObject, Now
from django.utils import timezone

from forum.models.pending_posts import PendingPost
from forum.models.posts import Post
from forum.models.visibility import Reader

# How long what was left out can be shown and put back, and the same mail is recognised.
RECEIVED_MAIL_KEPT = timedelta(days=30)


class ReceivedMailQuerySet(models.QuerySet["ReceivedMail"]):
    def of_member(self, member: Reader) -> ReceivedMailQuerySet:
        """Filter a member's own mail; nobody else's is ever queried."""
        return self.filter(member=member.pk)

    def noted(self) -> ReceivedMailQuerySet:
        """Filter mail whose author should know what was left out or changed, while it is kept."""
        return self.filter(created_at__gte=Now() - RECEIVED_MAIL_KEPT).exclude(left_out="", note="")

    def of_post(self, post: Post) -> ReceivedMailQuerySet:
        """Filter the mail that a post came by, directly or after it was pending."""
        return self.filter(Q(post=post) | Q(pending_post__post=post))

    def in_threads(self, threads: Collection[int]) -> ReceivedMailQuerySet:
        """Filter the mail that posts came by which are in these threads now."""
        return self.filter(Q(post__thread__in=threads) | Q(pending_post__post__thread__in=threads))

    def lines(self, thread: OuterRef, reader: Reader) -> ArraySubquery:
        """Return one column with what the page of a thread notes below the reader's own posts."""
        there = Q(post__thread=thread) | Q(pending_post__post__thread=thread)
        mine = self.of_member(reader).noted().filter(there).order_by("id")
        line = JSONObject(
            post=Coalesce(F("post_id"), F("pending_post__post_id")),
            lines="lines_left_out",
            note="note",
        )
        return ArraySubquery(mine.values(line=line))

    def stale(self) -> ReceivedMailQuerySet:
        """Filter mail that is too old to be kept."""
        return self.filter(created_at__lt=timezone.now() - RECEIVED_MAIL_KEPT)


class ReceivedMail(models.Model):
    """A mail that was posted, held for review, or refused with an answer.

    There is one row for each mail and address, however often it is delivered.
    """

    # A hash of its Message-ID and the address that it came to.
    key = models.CharField(max_length=64, unique=True)
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="received_mail"
    )
    post = models.ForeignKey(Post, models.CASCADE, null=True, related_name="+")
    pending_post = models.ForeignKey(PendingPost, models.CASCADE, null=True, related_name="+")
    left_out = models.TextField(blank=True)
    lines_left_out = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReceivedMailQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="received_mail_by_age")]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def kept_until(self) -> datetime:
        """Return when what was left out is deleted."""
        return self.created_at + RECEIVED_MAIL_KEPT
