"""Queries that are built once and run many times with different numbers.

Django may take several times as long to build a complex query as PostgreSQL to run it. Here it is
built with placeholders for the numbers, and later only those are filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

# Placeholders are numbers of the size of an id that no row has.
FIRST_PLACEHOLDER = -(2**62)


class PreparedQuery:
    """A query, built on first use by `build(number, …)`, which returns a `values_list` queryset.

    Apart from the numbers it must not depend on anything that changes: use `Now()` for the time.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], numbers: int = 1) -> None:
        self.build = build
        self.placeholders = [FIRST_PLACEHOLDER + ordinal for ordinal in range(numbers)]

    @cached_property
    def _built(self) -> tuple[Any, str, tuple[Any, ...]]:
        compiler = self.build(*self.placeholders).query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        if missing := set(self.placeholders) - {
            each for each in parameters if isinstance(each, int)
        }:
            raise ValueError(f"The query does not use all its numbers: {missing}")
        if any(isinstance(each, date) for each in parameters):
            raise ValueError("A date or time would keep its value from when the query was built.")
        return compiler, sql, parameters

    def rows(self, *numbers: int) -> list[tuple[Any, ...]]:
        """Return the rows of the query for these numbers, as tuples."""
        compiler, sql, parameters = self._built
        numbers_by_placeholder = dict(zip(self.placeholders, numbers, strict=True))
        filled = [
            numbers_by_placeholder.get(each, each) if type(each) is int else each
            for each in parameters
        ]
        with connection.cursor() as cursor:
            cursor.execute(sql, filled)
            return list(compiler.results_iter([cursor.fetchall()], tuple_expected=True))
