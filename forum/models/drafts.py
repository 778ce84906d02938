"""Drafts: texts that members have written and not posted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import BooleanField, Case, Exists, F, Func, OuterRef, Q, Value, When
from django.db.models.functions import JSONObject, Left, Length, Trim
from django.db.models.lookups import GreaterThan
from django.utils import timezone

from forum.lib.prepared_queries import PreparedQuery
from forum.models.boards import Board
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post, post_path
from forum.models.threads import TITLE_CODE_POINTS, Thread
from forum.models.visibility import Reader, readable_by

if TYPE_CHECKING:
    from forum.models.accounts import User

# On a thread's page, words are counted in this many characters of this many drafts.
COUNTED = 4000
MOST_LINES = 50

# How long a draft is kept after it was last saved; one that was given up, so that it can be
# taken back.
KEPT_FOR = timedelta(days=90)
TAKEN_BACK_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Purpose:
    """The purpose of a text: a reply to a post, a thread in a board, or an edit; by id."""

    parent_id: int | None = None
    board_id: int | None = None
    post_id: int | None = None

    @property
    def posts(self) -> list[int]:
        """Return the ids of the post that it is about: one, or none for a new thread."""
        return [pk for pk in (self.parent_id, self.post_id) if pk is not None]


class DraftQuerySet(models.QuerySet["Draft"]):
    def of_member(self, member: User) -> DraftQuerySet:
        """Filter a member's own drafts; nobody else's are ever queried."""
        return self.filter(member=member)

    def kept(self) -> DraftQuerySet:
        """Filter drafts that were neither discarded nor posted by the form that saved them."""
        sent = {"author": OuterRef("member"), "nonce": OuterRef("nonce")}
        posted = Post.objects.order_by().filter(**sent)
        pending = PendingPost.objects.filter(**sent)
        return self.filter(discarded_at=None).exclude(Exists(posted) | Exists(pending))

    def purposed(self, purpose: Purpose) -> DraftQuerySet:
        """Filter the drafts with that purpose."""
        return self.filter(**asdict(purpose))

    def in_thread(self, thread: Thread | OuterRef) -> DraftQuerySet:
        """Filter replies to posts that are in a thread now, and edits of such posts."""
        return self.filter(Q(parent__thread=thread) | Q(post__thread=thread))

    def lines(self, thread: OuterRef, reader: Reader) -> ArraySubquery:
        """Return one column with the reader's drafts in a thread, for the thread's page.

        The latest `MOST_LINES`; the words of a long draft are counted only up to a limit. The
        author of the parent is left out when `reader` can no longer read the parent.
        """
        drafts = self.filter(member=reader.pk).kept().in_thread(thread).order_by("-id")
        name = Case(When(readable_by(reader, "parent__"), then=F("parent__author__username")))
        words = Func(
            Func(
                Trim(Left("source", COUNTED)),
                Value(r"\s+"),
                function="regexp_split_to_array",
            ),
            Value(1),
            function="array_length",
            output_field=models.IntegerField(),
        )
        is_long = GreaterThan(Length("source"), COUNTED)
        line = JSONObject(
            id="id", parent="parent_id", post="post_id", name=name, words=words, is_long=is_long
        )
        return ArraySubquery(drafts.values(line=line)[:MOST_LINES])

    def latest(self) -> DraftQuerySet:  # type: ignore[override]
        """Order drafts by the time they were saved, the latest first."""
        return self.order_by("-saved_at", "-id")

    def with_context(self, reader: User) -> DraftQuerySet:
        """Join the parent, post or board of each, and add `is_parent_readable`."""
        context = ("thread__board", "thread__locked_action__actor", "author")
        readable = When(readable_by(reader, "parent__"), then=Value(True))
        return (
            self.select_related(
                "board",
                *(f"{post}__{field}" for post in ("parent", "post") for field in context),
            )
            .defer(
                *(
                    f"{post}__{text}"
                    for post in ("parent", "post")
                    for text in DRAFT_DEFERRED_FIELDS
                )
            )
            .annotate(is_parent_readable=Case(readable, default=False, output_field=BooleanField()))
        )

    def stale(self) -> DraftQuerySet:
        """Filter drafts that are too old to be kept."""
        now = timezone.now()
        return self.filter(
            Q(saved_at__lt=now - KEPT_FOR) | Q(discarded_at__lt=now - TAKEN_BACK_WITHIN)
        )


DRAFT_DEFERRED_FIELDS = ("html", "source")


class Draft(models.Model):
    """An unfinished reply to `parent`, thread in `board`, or edit of `post`.

    There is one for each member and purpose. It stays when its target is locked, moved, hidden or
    deleted.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    parent = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    board = models.ForeignKey(Board, models.SET_NULL, null=True, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    title = models.CharField(max_length=2 * TITLE_CODE_POINTS, blank=True)
    source = models.TextField(blank=True)
    # Whom its quotes are from, as the composer sent it; the revision of the post edited or
    # answered that it began from, and the latest post that there was then.
    quoted_post_ids = models.JSONField(default=list)
    tag_ids = models.JSONField(default=list)  # chosen for a new thread
    base_revision = models.BigIntegerField(null=True)
    last_seen_post = models.BigIntegerField(null=True)
    # The number of saves, so that no form overwrites one that it has not shown.
    version = models.PositiveIntegerField(default=1)
    # The form that saved last and its sequence number: an earlier autosave may arrive later.
    nonce = models.UUIDField(null=True)
    autosave_seq = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField(default=timezone.now)
    # Discarded drafts are kept for a while, so that they can be restored.
    discarded_at = models.DateTimeField(null=True)

    objects = DraftQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["member", "-saved_at"], name="draft_by_member"),
            models.Index(fields=["saved_at"], name="draft_by_age"),
            models.Index(
                fields=["discarded_at"],
                condition=Q(discarded_at__isnull=False),
                name="draft_given_up",
            ),
        ]
        constraints = [
            # All three are empty when its board is gone.
            models.CheckConstraint(
                condition=Q(parent__isnull=False, board=None, post=None)
                | Q(parent=None, post=None)
                | Q(parent=None, board=None, post__isnull=False),
                name="draft_of_one_thing",
            ),
            models.UniqueConstraint(fields=["member", "parent"], name="draft_once_a_parent"),
            models.UniqueConstraint(fields=["member", "board"], name="draft_once_a_board"),
            models.UniqueConstraint(fields=["member", "post"], name="draft_once_a_post"),
        ]

    # Set by `with_context`.
    is_parent_readable: bool

    def __str__(self) -> str:
        return f"{self.member_id}: {self.source[:40]}"

    def get_absolute_url(self) -> str:
        """Return the address of the draft's composer; empty when its board is gone."""
        if self.parent_id:
            return f"{post_path(self.parent_id)}reply/"
        if self.post_id:
            return f"{post_path(self.post_id)}edit/"
        return f"{self.board.get_absolute_url()}new/" if self.board else ""

    @property
    def purpose(self) -> Purpose:
        return Purpose(self.parent_id, self.board_id, self.post_id)

    @property
    def thread(self) -> Thread | None:
        """Return the thread that it is for; None for a new thread."""
        post = self.parent or self.post
        return post.thread if post else None

    @property
    def words(self) -> int:
        return count_words(self.source)


def count_words(source: str) -> int:
    return len(source.split())


def _kept_draft(member_id: int, *purpose: int | None) -> DraftQuerySet:
    """Return the draft that a member keeps with that purpose."""
    return Draft.objects.filter(member=member_id).kept().purposed(Purpose(*purpose))


KEPT_DRAFT = PreparedQuery(_kept_draft)
