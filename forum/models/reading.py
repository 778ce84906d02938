"""What each member has seen of each thread."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from psycopg.types.multirange import Int8Multirange, Multirange

from forum.models.accounts import User
from forum.models.threads import Reader, Thread

# Who comes back sooner is still on the same visit, and finds the marks where they were.
VISIT = timedelta(minutes=30)


if TYPE_CHECKING:
    Field = models.Field[Any, Multirange[int]]
else:
    Field = models.Field


class NumbersField(Field):
    """A set of numbers in a thread, as PostgreSQL's `int8multirange`: runs are one range each."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "int8multirange"

    def get_prep_value(self, value: Multirange[int] | None) -> Int8Multirange | None:
        return None if value is None else Int8Multirange(value)


class IsAmong(models.Func):
    """Whether a number is in such a set."""

    arg_joiner = " <@ "
    template = "%(expressions)s"
    output_field = models.BooleanField()


class Seen(models.Model):
    """The revisions in a thread that a member has had on the screen.

    Revisions are numbered as they arrive in the thread: a post is unseen while the number of its
    latest revision is not in `numbers`, and was edited since it was seen when an earlier one is.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    numbers = NumbersField()
    # As it was when the present visit began: what came since keeps its mark over a reload.
    before = NumbersField()
    visited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "thread"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.thread_id}"


class Numbers:
    """A set of numbers that is asked often: whether a number is in it."""

    def __init__(self, ranges: Multirange[int]) -> None:
        # No run is open: the thread's own numbers begin at 1 and end below its next.
        self._starts = [run.lower or 0 for run in ranges]
        self._ends = [run.upper or 0 for run in ranges]

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._starts, number) - 1
        return place >= 0 and number < self._ends[place]


@dataclass(frozen=True, slots=True)
class Marks:
    """What a member has seen of a thread, as its page needs it."""

    member_id: int
    seen: Numbers
    before: Numbers  # when this visit began
    ranges: Multirange[int]
    since: datetime  # when they were here last

    def is_unseen(self, author_id: int, latest_number: int) -> bool:
        """Whether somebody else's wording of that number has not been on the screen."""
        return author_id != self.member_id and latest_number not in self.seen

    def is_fresh(self, author_id: int, latest_number: int) -> bool:
        """Whether it came after this visit began, or just before; seen or not."""
        return author_id != self.member_id and latest_number not in self.before


def marks_of(thread: Thread, reader: Reader) -> Marks | None:
    """What `reader` has seen of a thread that comes from `with_seen_by`.

    None for visitors, and for who was never here: where everything is new, marks are noise.
    """
    if not isinstance(reader, User) or thread.seen_numbers is None:
        return None
    seen = Numbers(thread.seen_numbers)
    is_same_visit = timezone.now() - thread.seen_at < VISIT
    return Marks(
        member_id=reader.pk,
        seen=seen,
        before=Numbers(thread.seen_before) if is_same_visit else seen,
        ranges=thread.seen_numbers,
        since=thread.seen_at,
    )
