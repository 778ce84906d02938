"""Reports of members, and the cases that moderators review: one per reported or pending post."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.moderation import ModerationAction
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post, if_readable
from forum.models.revisions import Revision
from forum.models.threads import Reader, Thread

MAX_REPORT_LENGTH = 1000
# A claim ends by itself if the moderator leaves without releasing it.
CLAIM_LASTS = timedelta(minutes=15)
# The posts joined to a row of the queue; their texts are not loaded.
OF_CASE = ("post", "pending_post__parent", "pending_post__edits")
CASE_DEFERRED_FIELDS = ("html", "source", "excerpt")
# The order of the review queue: of the list, of the next and the previous case, and of the index.
QUEUE_ORDER = ("-weight", "opened_at", "id")


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


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        """Filter open cases, in the order of the queue."""
        return self.filter(closed_at=None).order_by(*QUEUE_ORDER)

    def moderated_by(self, person: User) -> CaseQuerySet:
        """Filter the cases in the boards that this person moderates."""
        if person.roles.is_site_moderator:
            return self
        return self.in_boards(person.roles.board_ids)

    def in_boards(self, board_ids: Collection[int]) -> CaseQuerySet:
        pending = PendingPost.objects.in_boards(board_ids).values("pk")
        return self.filter(Q(post__thread__board__in=board_ids) | Q(pending_post__in=pending))

    def about(self, posts: models.QuerySet[Post]) -> CaseQuerySet:
        """Filter the cases of these posts, and of pending replies and edits to them."""
        ids = posts.order_by().values("pk")
        pending = Q(pending_post__parent__in=ids) | Q(pending_post__edits__in=ids)
        return self.filter(Q(post__in=ids) | pending)

    def by_author(self, person: User) -> CaseQuerySet:
        """Filter the cases of a person's posts and pending posts."""
        return self.filter(Q(post__author=person) | Q(pending_post__author=person))

    def for_admin(self, person: User) -> CaseQuerySet:
        """Add everything that a row of the queue shows to this person."""
        answers = Post.objects.order_by().filter(parent=OuterRef("post"))
        asked = Report.objects.filter(post=OuterRef("post")).filter(
            # Of closed cases, all reports.
            Q(closed_at=None) | Q(post__case__closed_at__isnull=False)
        )
        rows = self.annotate(
            shown_excerpt=if_readable(person, "excerpt", "post__"),
            is_answered=Exists(answers),
            reasons=ArraySubquery(asked.order_by("id").values("reason")),
        )
        return (
            rows.moderated_by(person)
            .select_related(
                *("post__author", "post__thread__board", "assignee", "pending_post__author"),
                *(
                    "pending_post__board",
                    "pending_post__parent__thread__board",
                    "pending_post__edits__thread__board",
                ),
            )
            .defer(*(f"{post}__{text}" for post in OF_CASE for text in CASE_DEFERRED_FIELDS))
        )

    def free_for(self, person: User) -> CaseQuerySet:
        """Filter cases that nobody else works on now."""
        return self.filter(Q(assignee=None) | Q(assignee=person) | ~worked_on())

    def after(self, case: Case) -> CaseQuerySet:
        """Filter the cases after this one in the queue, the nearest first."""
        return self.filter(_comes_after(case, QUEUE_ORDER)).order_by(*QUEUE_ORDER)

    def before(self, case: Case) -> CaseQuerySet:
        """Filter the cases before this one in the queue, the nearest first."""
        backwards = [name[1:] if name.startswith("-") else f"-{name}" for name in QUEUE_ORDER]
        return self.filter(_comes_after(case, backwards)).order_by(*backwards)


class Case(models.Model):
    """A case of the review queue: a reported post, with all its reports, or a pending post."""

    post = models.OneToOneField(
        Post, models.PROTECT, null=True, related_name="case", verbose_name=_("post")
    )
    pending_post = models.OneToOneField(
        PendingPost, models.PROTECT, null=True, related_name="case", verbose_name=_("pending post")
    )
    weight = models.FloatField(_("weight"), default=0)
    # The time of its oldest open report.
    opened_at = models.DateTimeField(_("oldest report"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("assignee"),
    )
    claimed_at = models.DateTimeField(null=True)
    # True when somebody assigned the case: an assignment does not end by itself.
    is_assigned = models.BooleanField(default=False)

    objects = CaseQuerySet.as_manager()

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("review queue")
        indexes = [
            models.Index(fields=QUEUE_ORDER, condition=Q(closed_at=None), name="case_queue"),
            models.Index(F("closed_at").desc(), name="case_closed"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(post=None) ^ Q(pending_post=None), name="case_of_one_thing"
            ),
            models.CheckConstraint(
                condition=Q(assignee=None) | Q(claimed_at__isnull=False), name="case_claimed_when"
            ),
        ]

    # Set by `for_admin`.
    shown_excerpt: str
    is_answered: bool
    reasons: list[str]

    def __str__(self) -> str:
        return f"#{self.post_id or self.pending_post_id}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def about(self) -> Post | PendingPost:
        """Return the post or pending post to decide on."""
        about = self.post or self.pending_post
        assert about
        return about

    @property
    def author(self) -> User:
        return self.about.author

    @property
    def thread(self) -> Thread | None:
        """Return the thread of the case; None for a pending new thread."""
        return self.about.thread

    @property
    def board(self) -> Board | None:
        if self.pending_post:
            return self.pending_post.place
        return self.post.thread.board if self.post else None

    @property
    def excerpt(self) -> str:
        """Return the first words of the post; needs `for_admin`."""
        return (
            self.pending_post.title or self.pending_post.excerpt
            if self.pending_post
            else self.shown_excerpt
        )

    @property
    def worked_on_by(self) -> User | None:
        """Return the moderator who claims the case now, or was assigned it."""
        if self.claimed_at is None or self.is_assigned:
            return self.assignee
        away = abs(timezone.now() - self.claimed_at)
        return self.assignee if away <= CLAIM_LASTS else None


def _comes_after(case: Case, order: Sequence[str]) -> Q:
    """Return the condition for cases that come after this one in an order of columns."""
    later, same = Q(pk__in=[]), Q()
    for column in order:
        name = column.removeprefix("-")
        value = getattr(case, name)
        later |= same & Q(**{f"{name}__{'lt' if column != name else 'gt'}": value})
        same &= Q(**{name: value})
    return later


def worked_on() -> Q:
    """Return the condition for cases that are claimed now or assigned."""
    now = timezone.now()
    # A claim far in the future was made before the clock was set back, and holds nobody off; one
    # a moment ahead may be made while this is asked.
    fresh = Q(claimed_at__range=(now - CLAIM_LASTS, now + CLAIM_LASTS))
    return Q(assignee__isnull=False) & (fresh | Q(is_assigned=True))


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
