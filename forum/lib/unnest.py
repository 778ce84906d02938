"""Many ids as one parameter."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models.expressions import RawSQL


def unnest(ids: Iterable[int]) -> RawSQL:
    """These ids, for `pk__in=`: written out one by one they cost more than the query itself."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
