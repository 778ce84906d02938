"""Queries that are built once and run many times with different values.

Django takes several times as long to build a complex query as PostgreSQL to run it, and PostgreSQL
longer to plan it than to run it. Here it is built once in each process, with placeholders for the
values, and planned once in each connection.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from psycopg import RawCursor
from psycopg.sql import Literal
from psycopg.types.datetime import TimestamptzLoader

Fetched = TypeVar("Fetched")

PARAMETER = re.compile("%[s%]")
NAMED_PARAMETER = re.compile(r"%\(([a-z_0-9]+)\)s")
YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)


class ValueType(NamedTuple):
    """A type of values: its name in PostgreSQL, how a value is sent, and the nth placeholder.

    Placeholders are values that are never stored.
    """

    name: str
    write: Callable[[Any], str]
    placeholder: Callable[[int], Any]


TYPES: dict[type, ValueType] = {
    int: ValueType("bigint", str, lambda n: n - 2**62),
    str: ValueType("text", str, lambda n: f"\ue000{n}\ue001"),
    datetime: ValueType("timestamptz", datetime.isoformat, lambda n: YEAR_1 + timedelta(days=n)),
    UUID: ValueType("uuid", str, lambda n: UUID(int=n)),
    list: ValueType(
        "bigint[]", lambda ids: f"{{{','.join(map(str, ids))}}}", lambda n: [n - 2**62]
    ),
}


class PreparedQuery(Generic[Fetched]):
    """A query built by `build(argument, …)`, which returns a queryset of models or of tuples.

    Arguments that are numbers, lists of numbers, texts, times or UUIDs are values, to be filled in.
    All others (None, a choice of an enumeration …) are part of the shape, for each of which the
    query is built again. `build` must depend on nothing else that changes; use `Now()` for the
    time. The first query of a shape is compared with one that is not prepared, and `ValueError`
    raised if they differ.
    """

    # Compare every query, which costs what preparing saves. Tests do.
    checks_all = False

    def __init__(self, build: Callable[..., QuerySet[Any, Fetched]]) -> None:
        self.build = build
        self._statements: dict[tuple[Any, ...], Statement] = {}

    def fetch(self, *arguments: Any) -> list[Fetched]:
        """Return the rows of the query for these arguments."""
        shape = tuple(type(each) if type(each) in TYPES else each for each in arguments)
        statement = self._statements.get(shape)
        if statement is None or self.checks_all:
            statement = self._prepare(arguments)
            self._statements[shape] = statement
        return statement.fetch(arguments)

    def first(self, *arguments: Any) -> Fetched | None:
        """Return the first row of the query for these arguments; None without any."""
        return next(iter(self.fetch(*arguments)), None)

    def _prepare(self, arguments: Sequence[Any]) -> Statement:
        connection.ensure_connection()
        placeholders = [_placeholder(place, each) for place, each in enumerate(arguments)]
        queryset = self.build(*placeholders)
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        sql, parameters = compiler.as_sql()
        places = [_place_of(parameter, placeholders) for parameter in parameters]
        expected = [
            parameter if place is None else arguments[place]
            for parameter, place in zip(parameters, places, strict=True)
        ]
        if (sql, expected) != _compiled(self.build(*arguments)):
            raise ValueError(f"The query depends on more than its values: {sql}")
        pieces = iter(zip(parameters, places, strict=True))
        sql = PARAMETER.sub(lambda match: _written(match[0], pieces, arguments), sql)
        return Statement(sql, set(places) - {None}, *_reader_of(queryset, compiler))


@dataclass(frozen=True, slots=True)
class Statement:
    """The SQL of a query, with the places of the arguments that it takes."""

    sql: str
    places: set[Any]
    convert: Callable[[list[tuple[Any, ...]]], Any]
    read: Callable[[tuple[Any, ...]], Any] | None

    def fetch(self, arguments: Sequence[Any]) -> list[Any]:
        values = {f"v{at}": TYPES[type(arguments[at])].write(arguments[at]) for at in self.places}
        rows = self.convert(fetch_prepared(self.sql, values))
        return list(map(self.read, rows)) if self.read else list(rows)


def fetch_prepared(sql: str, values: Mapping[str, str | None]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that PostgreSQL keeps, with its plan.

    Its parameters, `%(name)s::type`, need a type. Without `PREPARED_STATEMENTS` it is a usual
    statement, and while queries are logged: Django can log only what its own cursors execute.
    """
    cursor: Any
    with connection.cursor() as cursor:
        if connection.connection.prepare_threshold is None or connection.queries_logged:
            cursor.execute(sql, values)
        else:
            cursor.cursor = RawCursor(connection.connection)
            # Django's own is in Python, and takes several times as long.
            cursor.cursor.adapters.register_loader("timestamptz", TimestamptzLoader)
            numbered, names = _numbered(sql)
            cursor.execute(numbered, [values[name] for name in names])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


@cache
def _numbered(sql: str) -> tuple[str, list[str]]:
    """Return a statement with `$1`, `$2` … in place of `%(name)s`, and the names in this order.

    psycopg would do so for each query again, when it is longer than 4,096 characters.
    """
    names = list(dict.fromkeys(NAMED_PARAMETER.findall(sql)))
    numbered = NAMED_PARAMETER.sub(lambda match: f"${names.index(match[1]) + 1}", sql)
    return numbered.replace("%%", "%"), names


def _placeholder(place: int, argument: Any) -> Any:
    """Return what stands for the argument at that place; itself if it is part of the shape."""
    kind = TYPES.get(type(argument))
    return kind.placeholder(place) if kind else argument


def _place_of(parameter: Any, placeholders: Sequence[Any]) -> int | None:
    """Return which placeholder this parameter of the SQL is; None for a constant."""
    for place, placeholder in enumerate(placeholders):
        is_value = type(placeholder) in TYPES and isinstance(parameter, type(placeholder))
        if is_value and parameter == placeholder:
            return place
    return None


def _compiled(queryset: QuerySet[Any, Any]) -> tuple[str, list[Any]]:
    sql, parameters = queryset.query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
    return sql, list(parameters)


def _written(match: str, pieces: Any, arguments: Sequence[Any]) -> str:
    """Return a parameter as SQL; constants are written out, for which partial indexes are used."""
    if match == "%%":
        return match
    parameter, place = next(pieces)
    if place is None:
        return Literal(parameter).as_string(connection.connection).replace("%", "%%")
    return f"%(v{place})s::{TYPES[type(arguments[place])].name}"


def _reader_of(queryset: QuerySet[Any, Any], compiler: Any) -> tuple[Any, Any]:
    """Return the functions that convert rows and that make models of them, as Django does."""
    converters = compiler.get_converters([column[0] for column in compiler.select])

    def convert(rows: list[tuple[Any, ...]]) -> Any:
        return compiler.apply_converters(rows, converters) if converters else rows

    if queryset._iterable_class is not ModelIterable:  # noqa: SLF001 (says what rows become)
        return convert, (tuple if converters else None)
    info = compiler.klass_info
    begin, end = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [column[0].target.attname for column in compiler.select[begin:end]]
    populators = get_related_populators(  # type: ignore[call-arg]
        info, compiler.select, DEFAULT_DB_ALIAS
    )

    def read(row: tuple[Any, ...]) -> Any:
        model = info["model"].from_db(DEFAULT_DB_ALIAS, names, row[begin:end])
        for populator in populators:
            populator.populate(row, model)
        for name, at in compiler.annotation_col_map.items():
            setattr(model, name, row[at])
        return model

    return convert, read
