"""What each member has seen of each thread."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from psycopg.types.multirange import Int8Multirange, Multirange

from forum.models.threads import Thread

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
