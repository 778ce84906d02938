"""A query that is built once and asked often, each time with other numbers.

Django takes several times as long to build a query of many conditions as PostgreSQL to answer it.
Here it is built with marks in place of the numbers; later on they are all that is put in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cached_property
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet

# Numbers of the size of an id that are nobody's: the marks.
FIRST_PLACEHOLDER = -(2**62)


class PreparedQuery:
    """The rows of `build(number, …)`, a query set of lists of values.

    Whatever else it depends on must be asked by the database itself: the time is `Now()`.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]], numbers: int = 1) -> None:
        self.build = build
        self.read_state = [FIRST_PLACEHOLDER + ordinal for ordinal in range(numbers)]

    @cached_property
    def _built(self) -> tuple[Any, str, tuple[Any, ...]]:
        compiler = self.build(*self.read_state).query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        if missing := set(self.read_state) - {each for each in parameters if isinstance(each, int)}:
            raise ValueError(f"Not asked for: {missing}")
        if any(isinstance(each, date) for each in parameters):
            raise ValueError("A moment would stay what it was when the query was built.")
        return compiler, sql, parameters

    def rows(self, *numbers: int) -> list[tuple[Any, ...]]:
        compiler, sql, parameters = self._built
        marked = dict(zip(self.read_state, numbers, strict=True))
        filled = [marked.get(each, each) if type(each) is int else each for each in parameters]
        with connection.cursor() as cursor:
            cursor.execute(sql, filled)
            return list(compiler.results_iter([cursor.fetchall()], tuple_expected=True))
