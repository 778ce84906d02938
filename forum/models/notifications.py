"""Notifications: of posts, and of moderation actions."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.bookmarks import Bookmark
from forum.models.ignores import Ignore
from forum.models.moderation import ModerationAction
from forum.models.posts import Post
from forum.models.reports import Report
from forum.models.visibility import Reader, if_readable, readable_by, visible_by

# Unread notifications are counted up to this number.
MAX_NOTIFICATIONS_COUNTED = 100


class NotificationQuerySet(models.QuerySet["Notification"]):
    def readable_by(self, reader: Reader) -> NotificationQuerySet:
        """Keep those of posts that `reader` may read. The count and the list both start here.

        Posts of people whom the notified member ignores are left out, except reminders.
        """
        ignored = Ignore.objects.filter(member=OuterRef("member"), ignored=OuterRef("post__author"))
        return self.filter(
            ~Exists(ignored) | Q(cause=Notification.Cause.REMINDER),
            readable_by(reader, "post__"),
            visible_by(reader, "post__thread__"),
        )

    def inbox_of(self, member: User) -> NotificationQuerySet:
        """Return a member's notifications of readable posts, the latest first.

        Of members without a role only what everybody can read counts, as in the page's header.
        """
        reader = member if member.roles.is_moderator else AnonymousUser()
        return self.readable_by(reader).filter(member=member).order_by("-id")

    def unread(self) -> NotificationQuerySet:
        return self.filter(read_at=None)

    def capped_count(self) -> int:
        """Return how many there are, counted up to `MAX_NOTIFICATIONS_COUNTED`."""
        return self.order_by()[:MAX_NOTIFICATIONS_COUNTED].count()

    def before(self, notice_id: int | None) -> NotificationQuerySet:
        """Return the rest of an inbox after that notification; all of it for None."""
        return self if notice_id is None else self.filter(pk__lt=notice_id)

    def with_context(self, reader: Reader) -> NotificationQuerySet:
        """Fetch post, author and thread too, excerpts of the post and its parent, and the note."""
        bookmarks = Bookmark.objects.filter(member=OuterRef("member"), post=OuterRef("post"))
        return (
            self.select_related("post__author", "post__thread")
            .defer("post__html", "post__source", "post__excerpt")
            .annotate(
                shown_excerpt=if_readable(reader, "excerpt", "post__"),
                shown_parent=if_readable(reader, "excerpt", "post__parent__"),
                note=Subquery(bookmarks.filter(removed_at=None).values("note")),
            )
        )


class Notification(models.Model):
    """A notification of one post for one member, for the strongest of its causes."""

    class Cause(models.TextChoices):
        """The reasons to notify a member of a post, the strongest first."""

        REPLY = "reply", _("replied to you")
        MENTION = "mention", _("mentioned you")
        QUOTE = "quote", _("quoted you")
        FOLLOW = "follow", _("posted in what you follow")
        REMINDER = "reminder", _("bookmarked by you")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications"
    )
    post = models.ForeignKey(Post, models.PROTECT, related_name="notifications")
    cause = models.CharField(max_length=10, choices=Cause)
    created_at = models.DateTimeField(default=timezone.now)
    # Set when the post has been on the screen, in the inbox or in its thread.
    read_at = models.DateTimeField(null=True)

    objects = NotificationQuerySet.as_manager()

    # Set by `with_context`.
    shown_excerpt: str
    shown_parent: str
    note: str | None  # of the member's bookmark

    class Meta:
        indexes = [
            models.Index(fields=["member", "-id"], name="notice_by_member"),
            models.Index(fields=["member"], condition=Q(read_at=None), name="notice_unread"),
        ]
        constraints = [models.UniqueConstraint(fields=["member", "post"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.cause} in #{self.post_id}"


class FanOut(models.Model):
    """A new post whose followers the worker still has to notify."""

    post = models.OneToOneField(Post, models.PROTECT, primary_key=True, related_name="+")
    # Followers are notified in the order of their ids; those up to this one are done.
    done_up_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"#{self.post_id}"


class ModerationNotificationQuerySet(models.QuerySet["ModerationNotification"]):
    def inbox_of(self, member: User) -> ModerationNotificationQuerySet:
        """Return a member's notifications, the latest first."""
        return self.filter(member=member).order_by("-id")

    def unread(self) -> ModerationNotificationQuerySet:
        return self.filter(read_at=None)

    def with_context(self, reader: Reader) -> ModerationNotificationQuerySet:
        """Fetch action, report and thread too, and the excerpt of the member's post if readable."""
        return (
            self.select_related(
                *("action__actor", "action__thread", "action__board"),
                *("report", "post__case", "post__author"),
            )
            .defer("post__html", "post__source", "post__excerpt")
            .annotate(shown_excerpt=if_readable(reader, "excerpt", "post__"))
        )


class ModerationNotification(models.Model):
    """A notification of a moderation action that concerns a member, or of their report's result."""

    class Cause(models.TextChoices):
        DEED = "deed", _("acted on something of yours")
        REPORT = "report", _("closed your report")
        APPEAL = "appeal", _("decided your appeal")
        CASE = "case", _("assigned you a case")
        # New work for moderators.
        NEW_CASE = "new-case", _("new in the review queue")
        NEW_APPEAL = "new-appeal", _("a new appeal")
        NEW_ERASURE = "new-erase", _("a new request for permanent deletion")
        ERASURE_DUE = "erase-due", _("a request for permanent deletion falls due")

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="moderation_notifications"
    )
    cause = models.CharField(max_length=10, choices=Cause)
    # Which of these are set depends on the cause.
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    action = models.ForeignKey(
        ModerationAction, models.PROTECT, null=True, related_name="notifications"
    )
    report = models.OneToOneField(Report, models.CASCADE, null=True, related_name="notification")
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    objects = ModerationNotificationQuerySet.as_manager()

    # Set by `with_context`.
    shown_excerpt: str

    class Meta:
        indexes = [
            models.Index(fields=["member", "-id"], name="moderationnotice_by_member"),
            models.Index(
                fields=["member"], condition=Q(read_at=None), name="moderationnotice_unread"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.cause}"
