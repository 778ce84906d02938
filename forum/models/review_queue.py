"""The cases of the review queue, one per reported or pending post, and their order."""

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
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post
from forum.models.reports import Report
from forum.models.threads import Thread
from forum.models.visibility import if_readable

# A claim ends by itself if the moderator leaves without releasing it.
CLAIM_LASTS = timedelta(minutes=15)
# The posts joined to a row of the queue; their texts are not loaded.
OF_CASE = ("post", "pending_post__parent", "pending_post__edits")
CASE_DEFERRED_FIELDS = ("html", "source", "excerpt")
# The order of the review queue: of the list, of the next and the previous case, and of the index.
QUEUE_ORDER = ("-weight", "opened_at", "id")


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
