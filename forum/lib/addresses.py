"""Ids in addresses: only what the database could hold, so that odd ones are simply not found."""

from __future__ import annotations

import re

IN_QUERY = re.compile(r"([pt])([1-9][0-9]{0,17})")


class IdConverter:
    """A positive number of at most 18 digits, written without zeros in front."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


def id_in(value: str, letter: str) -> int | None:
    """The id in a query's `p12` (a post) or `t12` (a thread); None when it is not of that form."""
    match = IN_QUERY.fullmatch(value)
    return int(match[2]) if match and match[1] == letter else None
