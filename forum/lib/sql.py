"""SQL expressions that Django lacks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, IntegerField, Subquery, Value
from django.db.models.expressions import RawSQL


class CountSubquery(Subquery):
    """A subquery's number of rows, as a column.

    Unlike `Count`, it respects a limit on the subquery, so that counting stops there.
    """

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
    empty_result_set_value = 0


class IdsOf(ArraySubquery):
    """The ids that a subquery returns, for `pk__in=`, found before anything else.

    With the subquery itself, PostgreSQL may prefer to search it once for each row.
    """

    template = "(SELECT unnest(ARRAY(%(subquery)s)))"


class IsAnyOf(Func):
    """A condition: a column is one of these ids, which are one array parameter.

    Unlike a subquery (`unnest`), it is no further table: PostgreSQL, which puts only the first
    eight of a query in the best order, finds the rows by index however many are joined to them.
    """

    arg_joiner = " = ANY("
    template = "%(expressions)s)"
    output_field = BooleanField()

    def __init__(self, column: str, ids: list[int], **extra: Any) -> None:
        array = Value(ids, output_field=ArrayField(BigIntegerField()))
        super().__init__(F(column), array, **extra)


def unnest(ids: Iterable[int]) -> RawSQL:
    """Return ids as one array parameter, for `pk__in=`.

    Written out one by one, thousands of ids take longer to send and parse than the query to run.
    """
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
