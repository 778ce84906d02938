"""Prepared queries compared with those that are built for their values alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from forum.lib.prepared_queries import PreparedQuery, Statement


def check_queries(patch: pytest.MonkeyPatch) -> None:
    """Compare each prepared query once with each combination of its arguments.

    The comparison takes fifty times as long as the query. It depends on the arguments alone, and a
    page has mostly the same as the last one: who its reader is.
    """
    prepare = PreparedQuery._prepare
    statements: dict[tuple[PreparedQuery[Any], str], Statement] = {}

    def prepare_once(query: PreparedQuery[Any], arguments: Sequence[Any]) -> Statement:
        key = (query, repr(arguments))
        if key not in statements:
            statements[key] = prepare(query, arguments)
        return statements[key]

    patch.setattr(PreparedQuery, "checks_all", True)
    patch.setattr(PreparedQuery, "_prepare", prepare_once)
