"""Reports of posts by members."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.moderation import ModerationAction
from forum.models.posts import Post
from forum.models.revisions import Revision
from forum.models.visibility import Reader

MAX_REPORT_LENGTH = 1000


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> ReportQuerySet:
        """Filter reports without an answer."""
        return self.filter(closed_at=None)

    def on(self, post: Post | int) -> ReportQuerySet:
        """Filter the reports on a post, the first one first."""
        return self.filter(post=post).order_by("id")

    def answered(self, post: Post, reporter: User) -> Report | None:
        """Return a person's latest closed report on a post, with the action that answered it."""
        closed = self.filter(post=post, reporter=reporter).exclude(closed_at=None)
        return closed.select_related("action").order_by("-closed_at", "-id").first()

    def weight_of(self, reporter: User) -> float:
        """Return the weight of a person's reports: 1 without a record, from 0 to 2 with one."""
        closed = self.filter(reporter=reporter).exclude(closed_at=None)
        record = closed.aggregate(
            upheld=models.Count("pk", filter=Q(outcome=Report.Outcome.ACTED)),
            dismissed=models.Count("pk", filter=Q(outcome=Report.Outcome.DISMISSED)),
        )
        upheld, dismissed = record["upheld"], record["dismissed"]
        return 2 * float(upheld + 1) / (upheld + dismissed + 2)


class Report(models.Model):
    """A report of a post by a member, who is notified of the outcome."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("Spam")
        ATTACK = "attack", _("Personal attack")
        PRIVATE = "private", _("Private information")
        ILLEGAL = "illegal", _("Illegal")
        OFF_TOPIC = "off-topic", _("Off topic")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        ACTED = "acted", _("a moderator acted on it")
        DISMISSED = "dismissed", _("a moderator found no reason to act")
        GONE = "gone", _("the post was permanently deleted")

    post = models.ForeignKey(Post, models.PROTECT, related_name="reports", verbose_name=_("post"))
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports", verbose_name=_("reporter")
    )
    # What the post said when it was reported.
    revision = models.ForeignKey(
        Revision, models.PROTECT, null=True, related_name="+", verbose_name=_("text")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    words = models.CharField(_("words"), max_length=MAX_REPORT_LENGTH, blank=True)
    weight = models.FloatField(_("weight"))
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    closed_at = models.DateTimeField(_("decided at"), null=True)
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome.choices, blank=True)
    # The action that answered it.
    action = models.ForeignKey(
        ModerationAction, models.PROTECT, null=True, related_name="answered_reports"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        indexes = [models.Index(fields=["reporter", "-id"], name="report_by_reporter")]
        constraints = [
            models.UniqueConstraint(
                fields=["post", "reporter"], condition=Q(closed_at=None), name="report_open_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="", action=None)
                | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="report_closed_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: #{self.post_id}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


def open_reports(reader: Reader) -> ArraySubquery:
    """Return a column with the reasons of a post's open reports, for its moderators.

    It is empty for everybody else, and for moderators on their own posts.
    """
    said = Report.objects.open().filter(post=OuterRef("pk"))
    if isinstance(reader, User) and reader.is_staff:
        said = said.exclude(post__author=reader)
        if not reader.roles.is_site_moderator:
            said = said.filter(post__thread__board__in=reader.roles.board_ids)
    else:
        said = said.none()
    return ArraySubquery(said.order_by("id").values("reason"))


def is_reported(post: Post) -> bool:
    """Return whether a post has open reports; `posts_for_admin` has loaded that already."""
    known = getattr(post, "is_reported", None)
    return bool(Report.objects.open().filter(post=post).exists() if known is None else known)


def was_reported(post: Post) -> bool:
    """Return whether a post was reported and all reports are closed."""
    known = getattr(post, "was_reported", None)
    if known is None:
        known = Report.objects.filter(post=post).exclude(closed_at=None).exists()
    return bool(known) and not is_reported(post)
