"""Ids in addresses: only what the database could hold, so that odd ones are simply not found."""

from __future__ import annotations

import re

from django.http import Http404, QueryDict

ID_PARAM = re.compile(r"([aptn])([1-9][0-9]{0,17})")


class IdConverter:
    """A positive number of at most 18 digits, written without zeros in front."""

    regex = "[1-9][0-9]{0,17}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


def id_param(query: QueryDict, name: str, letter: str) -> int | None:
    """The id in a query's `p12` (a post), `t12` (a thread), `n12` (a notice) or `a12` (an act).

    None when the query has no such parameter; raises `Http404` when it is not of that form.
    """
    if name not in query:
        return None
    match = ID_PARAM.fullmatch(str(query[name]))
    if match is None or match[1] != letter:
        raise Http404
    return int(match[2])
