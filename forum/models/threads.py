"""Conversations: their title, state and counters. Their posts are in `forum.models.posts`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection, models
from django.db.models import Exists, F, OuterRef, Q, Subquery
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, JSONObject
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.acts import MOVES
from forum.models.boards import Board
from forum.models.slow_mode import SlowModeMixin

if TYPE_CHECKING:
    from datetime import datetime

    from forum.models.posts import Post

Reader = User | AnonymousUser

TITLE_LENGTH = 120
# What follows a thread's id in an address and is no title: see `forum.urls`.
DEEDS = frozenset(
    {
        "lock",
        "unlock",
        "slow",
        "hasten",
        "pin",
        "retitle",
        "merge",
        "unpin",
        "seen",
        "served",
        "next",
        "go",
        "map",
        "updates",
    }
)
# Of the branches that were moved here or away, a page tells of so many.
MAX_MOVES_SHOWN = 3
# Loaded conversations get ids below this, so that they never meet a real one.
FIRST_THREAD_ID = 1000


def visible_by(reader: Reader, prefix: str = "") -> Q:
    """Which threads `reader` may see listed and opened.

    `prefix` leads from the model that is asked to the thread: `"post__thread__"`.
    """
    standing = Q(**{f"{prefix}deleted_at": None})
    if not isinstance(reader, User):
        return standing
    if reader.roles.moderates_all:
        return Q()
    return standing | Q(**{f"{prefix}board__in": reader.roles.board_ids})


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, reader: Reader) -> ThreadQuerySet:
        """The threads that `reader` may see listed and opened."""
        return self.filter(visible_by(reader))

    def moderated_by(self, person: User) -> ThreadQuerySet:
        """The threads of the boards in which this person keeps order."""
        if person.roles.moderates_all:
            return self
        return self.filter(board__in=person.roles.board_ids)

    def listed(self) -> ThreadQuerySet:
        """As a board lists them: pinned first, then by latest reply; merged ones left out."""
        return self.filter(merged_into=None).order_by(
            F("pinned_at").desc(nulls_last=True), "-last_post_at", "-id"
        )

    def listed_after(self, thread_id: int) -> ThreadQuerySet:
        """What a board lists after that thread; the pinned ones head the list's first page."""
        last = Thread.objects.filter(pk=thread_id).values("last_post_at")[:1]
        at = Subquery(last)
        return (
            self.filter(merged_into=None, pinned_at=None)
            .filter(Q(last_post_at__lt=at) | Q(last_post_at=at, id__lt=thread_id))
            .order_by("-last_post_at", "-id")
        )

    def latest_per_board(self, count: int) -> ThreadQuerySet:
        """The first `count` threads of each board's list that everybody may see, by board."""
        first = RawSQL(
            """
            SELECT thread.id FROM forum_board AS board, LATERAL (
                SELECT id FROM forum_thread
                 WHERE board_id = board.id AND deleted_at IS NULL AND merged_into_id IS NULL
                 ORDER BY pinned_at DESC NULLS LAST, last_post_at DESC, id DESC LIMIT %s
            ) AS thread
            """,
            [count],
        )
        return self.filter(pk__in=first).listed()

    def for_page(self) -> ThreadQuerySet:
        """With what the page of a thread shows of it, in the same query."""
        return (
            self.with_reply_count()
            .with_moves()
            .select_related(
                "board", "author", "locked_action__actor", "slow_action__actor", "merged_into"
            )
        )

    def with_moves(self) -> ThreadQuerySet:
        """With the latest `moves` of branches into the thread and out of it, by the log."""
        from forum.models.moderation import ModerationEffect

        moves = ModerationEffect.objects.filter(
            kind=ModerationEffect.Kind.THREAD,
            target_id=OuterRef("pk"),
            action__act__in=MOVES,
            action__undoes=None,
            action__undone_by=None,
        ).order_by("-action")
        told = JSONObject(id="action_id", act="action__act", reason="action__reason")
        return self.annotate(moves=ArraySubquery(moves.values(told=told)[:MAX_MOVES_SHOWN]))

    def with_read_state_of(self, reader: Reader) -> ThreadQuerySet:
        """With when `reader` was in each, in the same query; None where they never were."""
        from forum.models.read_state import ReadState

        mine = ReadState.objects.filter(thread=OuterRef("pk"), member=reader.pk)
        return self.annotate(seen_at=Subquery(mine.values("visited_at")))

    def with_drafts_of(self, reader: Reader) -> ThreadQuerySet:
        """With the drafts that `reader` keeps in each, in the same query."""
        from forum.models.drafts import Draft

        if not isinstance(reader, User):
            return self
        return self.annotate(drafts=Draft.objects.lines(OuterRef("pk"), reader))

    def with_held_of(self, reader: Reader) -> ThreadQuerySet:
        """With what `reader` wrote in each and waits for a moderator, in the same query."""
        from forum.models.held import HeldPost

        if not isinstance(reader, User):
            return self
        return self.annotate(held=HeldPost.objects.lines(OuterRef("pk"), reader))

    def with_last_post(self) -> ThreadQuerySet:
        """With what a list shows of each thread, in the same query."""
        return (
            self.with_reply_count()
            .select_related("board", "author", "last_post__author")
            .defer("last_post__html", "last_post__source")
        )

    def with_reply_count(self) -> ThreadQuerySet:
        """With `reply_count`: its living posts, but for the opening post."""
        from forum.models.posts import Post

        opening = Post.objects.opening_of(OuterRef("pk")).published()
        replies = F("post_count") - Cast(Exists(opening), models.IntegerField())
        return self.annotate(reply_count=replies)

    def lock(self, *ids: int) -> None:
        """Take the locks without which the database refuses writes to these threads' trees.

        Waits at most 5 seconds (`OperationalError` then), in the order of ids so that nobody
        waits in a circle. Raises `Thread.DoesNotExist` if one is missing. Rows read before this
        call are stale after it.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT forum_lock_threads(%s)", [list(ids)])
            locked: int = cursor.fetchone()[0]
        if locked != len(set(ids)):
            raise self.model.DoesNotExist("a thread to lock is gone")

    def locked(self, pk: int) -> Thread:
        """The thread as it is now, with its lock held until the transaction ends."""
        self.lock(pk)
        return self.select_related("board").get(pk=pk)


class Thread(SlowModeMixin):
    board = models.ForeignKey(
        Board, models.PROTECT, related_name="threads", verbose_name=_("board")
    )
    title = models.CharField(_("title"), max_length=TITLE_LENGTH)
    slug = models.SlugField(max_length=TITLE_LENGTH, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="threads", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("started at"), default=timezone.now)

    # Numbers posts and revisions as they arrive; given out under the thread's lock.
    next_number = models.BigIntegerField(default=1, editable=False)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)
    last_post = models.ForeignKey(
        "forum.Post", models.PROTECT, null=True, editable=False, related_name="+"
    )
    last_post_at = models.DateTimeField(_("latest reply"), default=timezone.now)

    pinned_at = models.DateTimeField(_("pinned at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        indexes = [
            models.Index(
                "board",
                F("pinned_at").desc(nulls_last=True),
                F("last_post_at").desc(),
                F("id").desc(),
                name="thread_listed",
            ),
            models.Index(F("last_post_at").desc(), F("id").desc(), name="thread_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")), name="thread_not_into_itself"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="thread_has_title"),
        ]

    # Set by `with_reply_count`.
    reply_count: int
    # Set by `note_unseen`.
    unread_count = 0
    # Set by `with_moves`.
    moves: list[dict[str, Any]]
    # Set by `with_read_state_of`.
    seen_at: datetime | None = None
    # Set by `with_drafts_of`.
    drafts: list[dict[str, Any]] = []
    # Set by `with_held_of`.
    held: list[dict[str, Any]] = []

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return thread_path(self.pk, self.slug)

    @property
    def is_pinned(self) -> bool:
        return self.pinned_at is not None

    @property
    def is_deleted(self) -> bool:
        return self.deleted_at is not None

    @property
    def last_number(self) -> int:
        """The latest that was given: of what changed last."""
        return self.next_number - 1

    def take_numbers(self, count: int = 1) -> int:
        """Reserve `count` numbers and return the first; needs the lock; the caller saves."""
        first = self.next_number
        self.next_number += count
        return first

    def record_latest_post(self, post: Post) -> None:
        """Count `post` as the thread's latest; needs the thread's lock."""
        self.post_count += 1
        self.last_post = post
        self.last_post_at = post.created_at
        self.save(update_fields=["next_number", "post_count", "last_post", "last_post_at"])


def thread_path(thread_id: int, slug: str) -> str:
    """The address of a thread's page, without asking the URLconf (it is asked per post)."""
    return f"/t/{thread_id}/{slug}/"


def slug_of(title: str) -> str:
    """The readable part of a thread's address; never empty."""
    slug = slugify(title, allow_unicode=True)[:TITLE_LENGTH].strip("-") or "thread"
    return f"{slug}-thread" if slug in DEEDS else slug
