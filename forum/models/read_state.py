"""Read state: the revisions that each member has had on the screen, and what they marked read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone
from psycopg.types.multirange import Int8Multirange, Multirange

from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.threads import Thread
from forum.models.visibility import Reader

# A member who comes back sooner is on the same visit and sees the same posts marked.
VISIT_LENGTH = timedelta(minutes=30)


if TYPE_CHECKING:
    Field = models.Field[Any, Multirange[int]]
else:
    Field = models.Field


class NumberSetField(Field):
    """A set of a thread's numbers, stored as an `int8multirange`: each run takes one range."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "int8multirange"

    def get_prep_value(self, value: Multirange[int] | None) -> Int8Multirange | None:
        return None if value is None else Int8Multirange(value)


class IsInSet(models.Func):
    """A condition: a number is an element of a `NumberSetField`."""

    arg_joiner = " <@ "
    template = "%(expressions)s"
    output_field = models.BooleanField()


EMPTY_SET = models.Value(Int8Multirange([]), output_field=NumberSetField())
LONG_AGO = models.Value(datetime(2000, 1, 1, tzinfo=UTC))


class RangesOf(models.Aggregate):
    """The set of these numbers, NULL of none."""

    template = "range_agg(int8range(%(expressions)s, %(expressions)s, '[]'))"
    output_field = NumberSetField()


class Unpacked(models.Func):
    """A `NumberSetField` as a computed value, which PostgreSQL decompresses once.

    Read from the column, a compressed set would be decompressed again for every row compared with
    it.
    """

    template = "%(expressions)s + '{}'"
    output_field = NumberSetField()


class ReadState(models.Model):
    """The revisions of a thread that a member has had on the screen.

    Revisions are numbered as they arrive in the thread. A post is unread while the number of its
    latest revision is not in `numbers`; it was edited since it was read when an earlier one is.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    numbers = NumberSetField()
    # `numbers` at the start of the current visit: later posts stay marked when the page is
    # reloaded.
    before = NumberSetField()
    visited_at = models.DateTimeField(default=timezone.now)
    # The thread's `next_number` when nothing in it was unread: until that changes, nothing is.
    caught_up = models.BigIntegerField(db_default=0)
    # When posts were last marked unread: earlier read marks no longer count in this thread.
    unmarked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "thread"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.thread_id}"


class ReadMark(models.Model):
    """The posts that a member marked as read in a board: all up to an id, and some after it.

    Posts get their ids before they are committed. `posts` has those that were there, so that one
    that was still being posted, with an earlier id, stays unread.
    """

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False
    )
    board = models.ForeignKey(Board, models.CASCADE, related_name="+", db_index=False)
    up_to = models.BigIntegerField()
    posts = NumberSetField()
    marked_at = models.DateTimeField()
    # What `undo_mark` restores: the mark before, if `previous_marked_at` is set, else none at all.
    # All are empty once that was done.
    previous_up_to = models.BigIntegerField(null=True)
    previous_posts = NumberSetField(null=True)  # type: ignore[misc]
    previous_marked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "board"], name="readmark_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.board_id}, up to {self.up_to}"


Ref = int | models.OuterRef


@dataclass(frozen=True, slots=True)
class ReadConditions:
    """A member's read state, as conditions for queries of posts.

    `thread_id` and `board_id` are those of one thread, or refer to columns of the posts. The
    numbers stay in the database: for a long thread there may be thousands of ranges.
    """

    member_id: int
    thread_id: Ref
    board_id: Ref

    def has_seen(self, number: str) -> IsInSet:
        """Return the condition that the revision with that number (a column) was on the screen."""
        return IsInSet(models.F(number), self._numbers("numbers"))

    def is_unread(self) -> models.Q:
        """Return the condition for others' posts whose latest revision was not on the screen.

        Posts that were marked as read are not unread, unless they were on the screen and edited
        after that.
        """
        is_marked = models.Q(pk__lte=Coalesce(self._mark("up_to"), 0)) | models.Q(
            IsInSet(models.F("pk"), Coalesce(self._mark("posts"), EMPTY_SET))
        )
        is_edited_since = models.Q(edited_at__gt=self._mark("marked_at"))
        is_edited_since &= models.Q(self.has_seen("number"))
        is_read = models.Q(self.has_seen("latest_number")) | (is_marked & ~is_edited_since)
        return self._by_others() & ~is_read

    def is_unread_before_opening(self, read_up_to: int, since: datetime) -> models.Q:
        """Return the condition for others' posts after the last mark, in threads never opened.

        Without a mark: after the post `read_up_to` and after the time `since`.
        """
        is_marked = IsInSet(models.F("pk"), Coalesce(self._mark("posts"), EMPTY_SET))
        is_after = models.Q(pk__gt=Coalesce(self._mark("up_to"), read_up_to))
        has_mark = models.Q(IsNull(self._mark("up_to"), False))
        is_after &= has_mark | models.Q(created_at__gt=since)
        return self._by_others() & is_after & ~models.Q(is_marked)

    def _by_others(self) -> models.Q:
        return ~models.Q(author=self.member_id)

    def _numbers(self, field: str) -> models.Subquery:
        mine = ReadState.objects.filter(member=self.member_id, thread=self.thread_id)
        return models.Subquery(mine.values_list(Unpacked(field)))

    def _mark(self, field: str) -> models.Subquery:
        """Return a field of the read mark that counts in this thread; NULL without one."""
        thread = self.thread_id
        if not isinstance(thread, int):
            thread = models.OuterRef(thread)  # here the posts are one query further out
        mine = ReadState.objects.filter(member=self.member_id, thread=thread)
        unmarked_at = models.Subquery(mine.values("unmarked_at"))
        marks = ReadMark.objects.filter(member=self.member_id, board=self.board_id)
        is_later = models.Q(marked_at__gt=Coalesce(unmarked_at, LONG_AGO))
        return models.Subquery(marks.filter(is_later).values(field))


@dataclass(frozen=True, slots=True)
class ThreadReadState(ReadConditions):
    """A member's read state of one thread."""

    thread_id: int
    board_id: int
    is_same_visit: bool  # else it is a new one

    def is_fresh(self) -> models.Q:
        """Return the condition for others' posts, read or not, since the previous visit."""
        before = self._numbers("before" if self.is_same_visit else "numbers")
        return self._by_others() & ~models.Q(IsInSet(models.F("number"), before))


def read_state_of(thread: Thread, reader: Reader) -> ThreadReadState | None:
    """Return the reader's state of a thread annotated by `forum.queries.threads.with_read_state`.

    None for visitors, and for members on their first visit: everything would be unread.
    """
    if not isinstance(reader, User) or thread.seen_at is None:
        return None
    is_same_visit = timezone.now() - thread.seen_at < VISIT_LENGTH
    return ThreadReadState(reader.pk, thread.pk, thread.board_id, is_same_visit)
