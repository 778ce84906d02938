"""The ends of temporary actions, as the log stores them."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.errors import Invalid


class TimeLimit(TypedDict):
    """A lock, silence or suspension in the log; null instead means that there is none."""

    until: str | None  # ISO 8601 with a UTC offset; null: without an end


def time_limit(until: datetime | None) -> TimeLimit:
    """Return a time limit for the log; raises `Invalid` for a time in the past."""
    check_is_future(until)
    return {"until": until.isoformat() if until else None}


def check_is_future(until: datetime | None) -> None:
    """Raise `Invalid` for a time in the past."""
    if until is not None and until <= timezone.now():
        raise Invalid(_("Choose a time in the future."))


def limit_of(until: datetime | None) -> TimeLimit:
    """Return the time limit that a row has."""
    return {"until": until.isoformat() if until else None}


def end_of(limit: TimeLimit | None) -> datetime | None:
    """Return the end that a time limit in the log names."""
    return datetime.fromisoformat(limit["until"]) if limit and limit["until"] else None
