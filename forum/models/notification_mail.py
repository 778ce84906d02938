"""Notifications to be mailed: rows without text, of which the worker makes mail when it is due."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from forum.models.posts import Post
from forum.models.threads import TITLE_CODE_POINTS


class NotificationMailQuerySet(models.QuerySet["NotificationMail"]):
    def due(self) -> NotificationMailQuerySet:
        """Return what the worker has to look at now, the longest due first."""
        return self.filter(due_at__lte=timezone.now()).order_by("due_at", "id")

    def in_mail(self, mail: str) -> NotificationMailQuerySet:
        """Return the rows that were put into one mail."""
        return self.filter(mail=mail)


class NotificationMail(models.Model):
    """A post to be mailed to a member, unless they see it first; deleted once it was sent."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="+")
    due_at = models.DateTimeField()
    # Of the digest that it waits for, and was due for; empty until the worker has looked at it.
    digest = models.CharField(max_length=6, blank=True)
    # The mail that it was put into, as the local part of its Message-ID: "p.17", "b.3.17.21" or
    # "d.3.17.40". Tried again after a crash, it is the same mail.
    mail = models.CharField(max_length=64, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    objects = NotificationMailQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="notificationmail_due")]
        constraints = [
            models.UniqueConstraint(fields=["member", "post"], name="notificationmail_once")
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: #{self.post_id}"


class MailSubject(models.Model):
    """The title in the subject of all mail about a post and its replies.

    It is that of the first mail: mail clients split a conversation whose subject changes. A branch
    that was moved below another post keeps its own.
    """

    post = models.OneToOneField(Post, models.PROTECT, primary_key=True, related_name="+")
    title = models.CharField(max_length=TITLE_CODE_POINTS)

    def __str__(self) -> str:
        return self.title
