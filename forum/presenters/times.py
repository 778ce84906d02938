"""Times for readers: absolute, in the reader's time zone."""

from __future__ import annotations

from datetime import date, datetime, tzinfo
from functools import lru_cache

from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _


class Clock:
    """A formatter of times for one reader, made once per page: finding zone and day is slow."""

    def __init__(self) -> None:
        self.zone = timezone.get_current_timezone()
        self.today = timezone.localdate()
        self.language = get_language()

    def moment(self, at: datetime) -> str:
        """Return “20 Nov, 21:08”, “today, 09:14”, “3 Mar 2025, 10:00”."""
        minute = at.replace(second=0, microsecond=0)
        return _moment(minute, self.zone, self.today, self.language)

    def day(self, at: datetime) -> str:
        """Return “20 Nov”, “today”, “3 Mar 2025”."""
        return _day(at.astimezone(self.zone).date(), self.today)

    def tag(self, at: datetime) -> str:
        """Return the moment as HTML of a `time` element."""
        return f'<time datetime="{iso(at)}">{self.moment(at)}</time>'


def day(at: datetime) -> str:
    """Return “20 Nov”, “today”, “3 Mar 2025”."""
    return _day(timezone.localtime(at).date(), timezone.localdate())


def date_of(at: datetime) -> str:
    """Return “20 Nov” on any day, for sentences: “on 20 Nov”."""
    return _date(timezone.localtime(at).date(), timezone.localdate())


def calendar_day(on: date) -> str:
    """Return “20 Nov” of a day that has no time."""
    return _date(on, timezone.localdate())


def moment_of(at: datetime) -> str:
    """Return “10:42” for today, “20 Nov” for any other day."""
    local = timezone.localtime(at)
    today = timezone.localdate()
    return f"{local:%H:%M}" if local.date() == today else _date(local.date(), today)


def time_tag(at: datetime) -> SafeString:
    """Return the moment as a `time` element."""
    return format_html('<time datetime="{}">{}</time>', iso(at), Clock().moment(at))


def iso(at: datetime) -> str:
    """Return the moment for machines: “2026-11-20T21:08Z”."""
    return f"{at.isoformat()[:16]}Z"


# Most posts of a page are from the same few hours, and pages are requested repeatedly.
@lru_cache(maxsize=8192)
def _moment(at: datetime, zone: tzinfo, today: date, language: str | None) -> str:
    local = at.astimezone(zone)
    return f"{_day(local.date(), today)}, {local:%H:%M}"


def _day(on: date, today: date) -> str:
    return _("today") if on == today else _date(on, today)


def _date(on: date, today: date) -> str:
    short = f"{on.day} {MONTHS_3[on.month].capitalize()}"
    return short if on.year == today.year else f"{short} {on.year}"
