"""Threads: title, state and counters; the lock and the slow mode of a thread or a branch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import connection, models
from django.db.models import Q
from django.urls import resolve
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.search import TitleWords
from forum.models.visibility import Reader, listed_by, visible_by

if TYPE_CHECKING:
    from datetime import datetime

    from forum.models.moderation import ModerationAction
    from forum.models.posts import Post

TITLE_LENGTH = 120  # characters as people count them: an emoji is one, whatever it consists of
TITLE_CODE_POINTS = 1000
SLUG_LENGTH = 120
FIRST_THREAD_ID = 1000
# Posts of a page; shorter threads have only one.
POSTS_PER_PAGE = 200
# The levels that a page may nest, ancestors included. Chromium flattens lists at depth 253; what is
# deeper than this is continued on the next page.
MAX_NESTING = 90


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, reader: Reader) -> ThreadQuerySet:
        """Return the threads that `reader` may list and open."""
        return self.filter(visible_by(reader))

    def moderated_by(self, person: User) -> ThreadQuerySet:
        """Return the threads of the boards that this person moderates."""
        if person.roles.is_site_moderator:
            return self
        return self.filter(board__in=person.roles.board_ids)

    def named_to(self, reader: Reader) -> ThreadQuerySet:
        """Return the threads whose titles `reader` may read.

        The title of a merged thread is one of the thread that it was merged into.
        """
        found = self.visible_to(reader)
        open_now = Thread.objects.visible_to(reader).filter(merged_into=None)
        return found.filter(Q(merged_into=None) | Q(merged_into__in=open_now.values("pk")))

    def gone_for(self, reader: Reader) -> ThreadQuerySet:
        """Return the threads that moderators removed, or hid all posts of, from this reader."""
        gone = self.filter(deleted_at=None, merged_into=None).exclude(visible_by(reader))
        return gone.select_related("board", "removed_action__actor", "removed_action__board")

    def listed_for(self, reader: Reader) -> ThreadQuerySet:
        """Return the threads that lists show to `reader`: unlisted ones to moderators only."""
        return self.visible_to(reader).filter(listed_by(reader))

    def lock(self, *ids: int) -> None:
        """Lock these threads until the transaction ends; without it their trees refuse writes.

        Locks in the order of ids, so that transactions cannot deadlock. Waits at most 5 seconds,
        then raises `OperationalError`; raises `Thread.DoesNotExist` if one is missing. Rows read
        before this call may be stale.
        """
        with connection.cursor() as cursor:
            cursor.execute("SELECT forum_lock_threads(%s)", [list(ids)])
            locked: int = cursor.fetchone()[0]
        if locked != len(set(ids)):
            raise self.model.DoesNotExist("a thread to lock is gone")

    def locked(self, pk: int) -> Thread:
        """Return the current thread with its board, locked until the transaction ends."""
        self.lock(pk)
        return self.select_related("board").get(pk=pk)


def moderation_action_fk() -> models.ForeignKey[ModerationAction | None, ModerationAction | None]:
    """Return a field for the action that set a state; unindexed, since none is ever deleted."""
    return models.ForeignKey(
        "forum.ModerationAction",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )


class SlowModeMixin(models.Model):
    """A mixin for models with a lock and a slow mode: one post per person in some minutes.

    Both can have an end; once it has passed, they have no effect.
    """

    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    locked_action = moderation_action_fk()
    slow_minutes = models.PositiveIntegerField(_("slow"), null=True, blank=True)
    slow_until = models.DateTimeField(_("slow until"), null=True, blank=True)
    slow_action = moderation_action_fk()

    class Meta:
        abstract = True

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None and not _is_over(self.locked_until)

    @property
    def is_slow(self) -> bool:
        return self.slow_minutes is not None and not _is_over(self.slow_until)


def _is_over(end: datetime | None) -> bool:
    return end is not None and end <= timezone.now()


class Thread(SlowModeMixin):
    """A conversation in a board."""

    board = models.ForeignKey(
        Board, models.PROTECT, related_name="threads", verbose_name=_("board")
    )
    title = models.CharField(_("title"), max_length=TITLE_CODE_POINTS)
    slug = models.SlugField(max_length=SLUG_LENGTH, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="threads", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("started at"), default=timezone.now)

    # The next number for a post, revision or visible change; given out under the thread's lock.
    next_number = models.BigIntegerField(default=1, editable=False)
    post_count = models.PositiveIntegerField(_("posts"), default=0, editable=False)
    last_post = models.ForeignKey(
        "forum.Post", models.PROTECT, null=True, editable=False, related_name="+"
    )
    last_post_at = models.DateTimeField(_("latest reply"), default=timezone.now)

    pinned_at = models.DateTimeField(_("pinned at"), null=True, blank=True)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    # Removed by a moderator: gone for everybody but its author and moderators.
    removed_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    removed_action = moderation_action_fk()
    # Left out of lists; everybody who has its address can read it.
    unlisted_at = models.DateTimeField(_("unlisted at"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="merged"
    )

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("thread")
        verbose_name_plural = _("threads")
        indexes = [
            GinIndex(TitleWords("title"), name="thread_title_words"),
            GinIndex(OpClass("title", "gin_trgm_ops"), name="thread_title_trigrams"),
            # For the tabs of the lists, of all boards and of one; see `forum.queries.thread_lists`.
            models.Index(fields=["last_post_at", "id"], name="thread_active"),
            models.Index(fields=["board", "last_post_at", "id"], name="thread_active_in_board"),
            models.Index(fields=["created_at", "id"], name="thread_new"),
            models.Index(fields=["board", "created_at", "id"], name="thread_new_in_board"),
            models.Index(fields=["board", "last_post"], name="thread_unread_in_board"),
            models.Index(
                fields=["created_at", "id"], condition=Q(post_count=1), name="thread_unanswered"
            ),
            models.Index(
                fields=["board", "created_at", "id"],
                condition=Q(post_count=1),
                name="thread_unanswered_in_board",
            ),
            models.Index(
                fields=["board", "pinned_at"],
                condition=Q(pinned_at__isnull=False),
                name="thread_pinned",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")), name="thread_not_into_itself"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="thread_has_title"),
        ]

    # Set by the functions of `forum.queries.threads`.
    reply_count: int
    tags: list[dict[str, str]]
    moves: list[dict[str, Any]]
    is_title_edited = False
    seen_at: datetime | None = None
    drafts: list[dict[str, Any]] = []
    pending_posts: list[dict[str, Any]] = []
    received_mail: list[dict[str, Any]] = []
    # Set by `forum.queries.read_state.with_unread_counts`.
    unread_count = 0
    # Set by `forum.queries.subscriptions.with_choices`.
    choice: str | None = None
    own_choice: str | None = None

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
    def is_removed(self) -> bool:
        return self.removed_at is not None

    @property
    def is_unlisted(self) -> bool:
        return self.unlisted_at is not None

    @property
    def is_gone(self) -> bool:
        """Return whether nobody can write in it: deleted, merged, or removed as a whole."""
        is_empty = self.post_count == 0
        return self.is_deleted or self.is_removed or is_empty or self.merged_into_id is not None

    @property
    def last_number(self) -> int:
        """Return the last number given out: that of the latest change."""
        return self.next_number - 1

    def take_numbers(self, count: int = 1) -> int:
        """Reserve `count` numbers and return the first. The caller holds the lock, and saves."""
        first = self.next_number
        self.next_number += count
        return first

    def record_latest_post(self, post: Post) -> None:
        """Count `post` as the latest of the thread. The caller holds its lock."""
        self.post_count += 1
        self.last_post = post
        self.last_post_at = post.created_at
        self.save(update_fields=["next_number", "post_count", "last_post", "last_post_at"])


class TitleChange(models.Model):
    """A title that the author of a thread has replaced."""

    thread = models.ForeignKey(Thread, models.PROTECT, related_name="title_changes")
    before = models.CharField(max_length=TITLE_CODE_POINTS)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.before


def thread_path(thread_id: int, slug: str) -> str:
    """Return the path of a thread's page; no `reverse`, since a page needs hundreds."""
    return f"/t/{thread_id}/{slug}/"


def slug_of(title: str) -> str:
    """Return the readable part of a thread's URL: never empty, never that of another page."""
    slug = slugify(title, allow_unicode=True)[:SLUG_LENGTH].strip("-") or "thread"
    return slug if resolve(thread_path(1, slug)).url_name == "thread-detail" else f"{slug}-thread"
