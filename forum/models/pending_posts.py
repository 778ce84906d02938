"""Pending posts. They have a table of their own, so that no page, count or quote includes them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import EXCERPT_LENGTH, Post, post_path
from forum.models.revisions import Revision
from forum.models.rules import ReviewRule
from forum.models.threads import TITLE_CODE_POINTS, Thread
from forum.models.visibility import Reader

# The most pending posts of one member.
MOST_WAITING_OF_ONE = 50


class PendingPostQuerySet(models.QuerySet["PendingPost"]):
    def waiting(self) -> PendingPostQuerySet:
        return self.filter(state=PendingPost.State.WAITING)

    def ended(self) -> PendingPostQuerySet:
        return self.exclude(state=PendingPost.State.WAITING)

    def of_member(self, member: User) -> PendingPostQuerySet:
        """Filter a member's own pending posts, the latest first."""
        return self.filter(author=member).order_by("-id")

    def since(self, people: Any, moment: datetime, board: Board | None) -> PendingPostQuerySet:
        """Filter pending posts that these people wrote since `moment`, anywhere or in `board`."""
        theirs = self.waiting().filter(author__in=people, created_at__gte=moment)
        return theirs.in_boards([board.pk]) if board else theirs

    def moderated_by(self, person: User) -> PendingPostQuerySet:
        """Filter pending posts in the boards that this person moderates."""
        if person.roles.is_site_moderator:
            return self
        return self.in_boards(person.roles.board_ids)

    def in_boards(self, board_ids: Collection[int]) -> PendingPostQuerySet:
        """Filter pending posts for these boards."""
        return self.filter(_in_boards(board_ids))

    def visible_to(self, reader: Reader) -> PendingPostQuerySet:
        """Filter a person's own pending posts, and those that they can decide on."""
        if not isinstance(reader, User):
            return self.none()
        if reader.roles.is_site_moderator:
            return self
        return self.filter(Q(author=reader) | _in_boards(reader.roles.board_ids))

    def with_context(self) -> PendingPostQuerySet:
        """Join the author, the rule, and the parent, post or board of each."""
        return self.select_related(
            "author",
            "rule",
            "board",
            *(
                f"{post}__{field}"
                for post in ("parent", "edits")
                for field in ("author", "thread__board", "thread__locked_action__actor")
            ),
            "post",
        )

    def lines(self, thread: OuterRef, reader: Reader) -> ArraySubquery:
        """Return one column with the reader's pending posts in a thread, for the thread's page."""
        mine = self.waiting().filter(author=reader.pk, post=None)
        there = mine.filter(Q(parent__thread=thread) | Q(edits__thread=thread)).order_by("id")
        line = JSONObject(id="id", parent="parent_id", edits="edits_id", excerpt="excerpt")
        return ArraySubquery(there.values(line=line))


def _in_boards(board_ids: Collection[int]) -> Q:
    return (
        Q(board__in=board_ids)
        | Q(parent__thread__board__in=board_ids)
        | Q(edits__thread__board__in=board_ids)
    )


class PendingPost(models.Model):
    """A pending reply to `parent`, opening post for `board`, or edit of `edits`.

    It is published when a moderator approves it. Its text is kept, whatever is decided, unless its
    author withdraws it before.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("pending")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn by the author")

    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        related_name="pending_posts",
        verbose_name=_("author"),
    )
    parent = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    board = models.ForeignKey(Board, models.SET_NULL, null=True, related_name="+")
    edits = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    title = models.CharField(_("title"), max_length=TITLE_CODE_POINTS, blank=True)
    source = models.TextField(_("text"))
    # Its first own words, without quotes.
    excerpt = models.CharField(max_length=EXCERPT_LENGTH, blank=True)
    # As the form sent them: the posts quoted, the tags of a new thread, and the revision that an
    # edit began from.
    quoted_post_ids = models.JSONField(default=list)
    tag_ids = models.JSONField(default=list)
    follow = models.BooleanField(default=False)  # the branch of the post
    base_revision = models.BigIntegerField(null=True)
    original_hash = models.CharField(max_length=16, blank=True)
    nonce = models.UUIDField(null=True)
    created_at = models.DateTimeField(_("written at"), default=timezone.now)

    # The rule, unless it was deleted, and the terms found, in words.
    rule = models.ForeignKey(
        ReviewRule, models.SET_NULL, null=True, related_name="+", verbose_name=_("rule")
    )
    kind = models.CharField(_("pending because"), max_length=10, choices=ReviewRule.Kind.choices)
    why = models.CharField(_("why"), max_length=300)

    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    # The post that it became, or the revision that the edit replaced.
    post = models.ForeignKey(Post, models.PROTECT, null=True, related_name="+")
    replaced = models.ForeignKey(Revision, models.PROTECT, null=True, related_name="+")

    objects = PendingPostQuerySet.as_manager()

    class Meta:
        verbose_name = _("pending post")
        verbose_name_plural = _("pending posts")
        indexes = [
            models.Index(fields=["author", "-id"], name="pending_posts_by_author"),
            models.Index(
                fields=["-id"], condition=Q(state="waiting"), name="pending_posts_waiting"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["author", "nonce"], name="pending_post_nonce"),
            # All three are empty when its board is gone.
            models.CheckConstraint(
                condition=Q(parent__isnull=False, board=None, edits=None)
                | Q(parent=None, edits=None)
                | Q(parent=None, board=None, edits__isnull=False),
                name="pending_post_has_one_target",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    def get_absolute_url(self) -> str:
        return f"/pending/{self.pk}/"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def is_edit(self) -> bool:
        return self.edits_id is not None

    @property
    def thread(self) -> Thread | None:
        """Return the thread that it is for; None for a new thread."""
        post = self.parent or self.edits
        return post.thread if post else None

    @property
    def place(self) -> Board | None:
        """Return the board that it is for; None when that is gone."""
        return self.thread.board if self.thread else self.board

    @property
    def published_at(self) -> str:
        """Return the address of the published post; empty while there is none."""
        post_id = self.post_id or self.edits_id
        return post_path(post_id) if post_id and self.state == self.State.APPROVED else ""
