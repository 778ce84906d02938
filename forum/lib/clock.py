"""Times by the machine's clock, which may be set back."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.utils import timezone
from django.utils.formats import date_format


def was_within(period: timedelta, moment: datetime) -> bool:
    """Return whether `moment` is less than `period` ago.

    A moment in the future is not: the clock was set back since, perhaps by a day, and nothing
    should wait until it has caught up.
    """
    return timedelta(0) <= timezone.now() - moment < period


@cache
def _zone_names() -> set[str]:
    return available_timezones()  # reads many files


def zone_named(name: str) -> ZoneInfo | None:
    """Return the time zone of that name; None if there is none."""
    return ZoneInfo(name) if name in _zone_names() else None


def short_moment(moment: datetime, zone: tzinfo) -> str:
    """Return “1 Dec, 13:37”; with the year, if it is another than this one."""
    local = moment.astimezone(zone)
    is_this_year = local.year == timezone.now().astimezone(zone).year
    return date_format(local, "j M, H:i" if is_this_year else "j M Y, H:i")
