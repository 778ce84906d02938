"""Who is told of which post, and why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.moderation import ModerationAction
from forum.models.posts import Post
from forum.models.reports import Report


class Notice(models.Model):
    """One member is told of one post, once, for the strongest of its causes."""

    class Cause(models.TextChoices):
        """The strongest first."""

        REPLY = "reply", _("answered you")
        MENTION = "mention", _("mentioned you")
        QUOTE = "quote", _("quoted you")

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    post = models.ForeignKey(Post, models.PROTECT, related_name="notices")
    cause = models.CharField(max_length=10, choices=Cause)
    created_at = models.DateTimeField(default=timezone.now)
    # By having seen the post, here or anywhere.
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_by_member"),
            models.Index(fields=["member"], condition=Q(read_at=None), name="notice_unread"),
        ]
        constraints = [models.UniqueConstraint(fields=["member", "post"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.cause} in #{self.post_id}"


class ModerationNotice(models.Model):
    """A member hears of what moderators did: about something of theirs, or about their report."""

    class Cause(models.TextChoices):
        DEED = "deed", _("acted on something of yours")
        REPORT = "report", _("answered your report")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="moderation_notices"
    )
    cause = models.CharField(max_length=10, choices=Cause)
    # What it is about, and what was done; some of these may be empty.
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    action = models.ForeignKey(ModerationAction, models.PROTECT, null=True, related_name="notices")
    report = models.OneToOneField(Report, models.CASCADE, null=True, related_name="notice")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["member", "-id"], name="moderationnotice_by_member"),
            models.Index(
                fields=["member"], condition=Q(read_at=None), name="moderationnotice_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.cause}"
