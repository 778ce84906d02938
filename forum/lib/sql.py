"""SQL expressions that Django lacks."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import IntegerField, Subquery
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


def unnest(ids: Iterable[int]) -> RawSQL:
    """Return ids as one array parameter, for `pk__in=`.

    Written out one by one, thousands of ids take longer to send and parse than the query to run.
    """
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
