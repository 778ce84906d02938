"""How many rows a query has, as a part of another query."""

from __future__ import annotations

from django.db.models import IntegerField, Subquery


class CountSubquery(Subquery):
    """The number of rows of a queryset; bound it by a slice."""

    template = "(SELECT count(*) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField()
