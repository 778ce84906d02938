"""What members report to moderators, and the cases that these work through: one a post."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.moderation import ModerationAction
from forum.models.posts import Post

WORDS_LENGTH = 1000
# Who opened a case and went away without a word does not keep it.
CLAIM_LASTS = timedelta(minutes=15)


class ReportQuerySet(models.QuerySet["Report"]):
    def open(self) -> ReportQuerySet:
        """Those that no moderator has answered yet."""
        return self.filter(closed_at=None)

    def on(self, post: Post | int) -> ReportQuerySet:
        """The reports on a post, the first one first."""
        return self.filter(post=post).order_by("id")

    def weight_of(self, reporter: User) -> float:
        """How much a report of this person's counts: 1 without a record, from 0 to 2 with one."""
        closed = self.filter(reporter=reporter).exclude(closed_at=None)
        record = closed.aggregate(
            upheld=models.Count("pk", filter=Q(outcome=Report.Outcome.ACTED)),
            dismissed=models.Count("pk", filter=Q(outcome=Report.Outcome.DISMISSED)),
        )
        upheld, dismissed = record["upheld"], record["dismissed"]
        return 2 * float(upheld + 1) / (upheld + dismissed + 2)


class Report(models.Model):
    """One member says once of a post what is wrong with it, and hears how it ended."""

    class Reason(models.TextChoices):
        SPAM = "spam", _("Spam")
        ATTACK = "attack", _("Personal attack")
        PRIVATE = "private", _("Someone’s private details")
        ILLEGAL = "illegal", _("Illegal")
        OFF_TOPIC = "off-topic", _("Off topic")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        ACTED = "acted", _("a moderator acted on it")
        DISMISSED = "dismissed", _("a moderator left the post as it is")
        GONE = "gone", _("the author deleted the post")

    post = models.ForeignKey(Post, models.PROTECT, related_name="reports", verbose_name=_("post"))
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="reports", verbose_name=_("reporter")
    )
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    words = models.CharField(_("words"), max_length=WORDS_LENGTH, blank=True)
    weight = models.FloatField(_("weight"))
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    closed_at = models.DateTimeField(_("answered at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome.choices, blank=True)
    # What answered it; none when its author deleted the post.
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


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        """What waits for a moderator, the weightiest first, then what waits longest."""
        return self.filter(closed_at=None).order_by(F("weight").desc(), "opened_at", "id")


class Case(models.Model):
    """A reported post, as the review queue lists it: once, however many reports there are."""

    post = models.OneToOneField(Post, models.PROTECT, related_name="case", verbose_name=_("post"))
    weight = models.FloatField(_("weight"), default=0)
    # When the oldest of its open reports came.
    opened_at = models.DateTimeField(_("oldest report"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("worked on by"),
    )
    claimed_at = models.DateTimeField(null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("review queue")
        indexes = [
            models.Index(
                F("weight").desc(),
                "opened_at",
                "id",
                condition=Q(closed_at=None),
                name="case_queue",
            ),
            models.Index(F("closed_at").desc(), name="case_closed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(assignee=None) | Q(claimed_at__isnull=False), name="case_claimed_when"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.post_id}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None
