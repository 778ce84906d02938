"""What each member has seen of each thread."""

from __future__ import annotations

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
VISIT_LENGTH = timedelta(minutes=30)


if TYPE_CHECKING:
    Field = models.Field[Any, Multirange[int]]
else:
    Field = models.Field


class NumberSetField(Field):
    """A set of numbers in a thread, as PostgreSQL's `int8multirange`: runs are one range each."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "int8multirange"

    def get_prep_value(self, value: Multirange[int] | None) -> Int8Multirange | None:
        return None if value is None else Int8Multirange(value)


class IsInSet(models.Func):
    """Whether a number is in such a set."""

    arg_joiner = " <@ "
    template = "%(expressions)s"
    output_field = models.BooleanField()


class Unpacked(models.Func):
    """Such a set as a value of its own: one that is stored compressed is unpacked once.

    Taken as it is stored, it would be unpacked again for every row that it is compared with.
    """

    template = "%(expressions)s + '{}'"
    output_field = NumberSetField()


class ReadState(models.Model):
    """The revisions in a thread that a member has had on the screen.

    Revisions are numbered as they arrive in the thread: a post is unseen while the number of its
    latest revision is not in `numbers`, and was edited since it was seen when an earlier one is.
    """

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    thread = models.ForeignKey(Thread, models.CASCADE, related_name="+")
    numbers = NumberSetField()
    # As it was when the present visit began: what came since keeps its mark over a reload.
    before = NumberSetField()
    visited_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["member", "thread"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.thread_id}"


@dataclass(frozen=True, slots=True)
class ThreadReadState:
    """What a member has seen of a thread, as parts of the queries that ask for it.

    The numbers stay in the database: who has read much of a long thread has thousands of ranges.
    """

    member_id: int
    thread_id: int
    since: datetime  # when they were here last
    is_same_visit: bool

    def has_seen(self, number: str) -> IsInSet:
        """Whether the revision with the number in that column has been on the screen."""
        return IsInSet(models.F(number), self._numbers("numbers"))

    def is_unread(self) -> models.Q:
        """Whether somebody else's post has not been on the screen as it is now."""
        return self._by_others() & ~models.Q(self.has_seen("latest_number"))

    def is_fresh(self) -> models.Q:
        """Whether a post came after this visit began, or just before; seen or not."""
        before = self._numbers("before" if self.is_same_visit else "numbers")
        return self._by_others() & ~models.Q(IsInSet(models.F("number"), before))

    def _by_others(self) -> models.Q:
        return ~models.Q(author=self.member_id)

    def _numbers(self, field: str) -> models.Subquery:
        mine = ReadState.objects.filter(member=self.member_id, thread=self.thread_id)
        return models.Subquery(mine.values_list(Unpacked(field)))


def read_state_of(thread: Thread, reader: Reader) -> ThreadReadState | None:
    """What `reader` has seen of a thread that comes from `with_read_state_of`.

    None for visitors, and for who was never here: where everything is new, marks are noise.
    """
    if not isinstance(reader, User) or thread.seen_at is None:
        return None
    is_same_visit = timezone.now() - thread.seen_at < VISIT_LENGTH
    return ThreadReadState(reader.pk, thread.pk, thread.seen_at, is_same_visit)
