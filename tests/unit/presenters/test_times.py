"""Times in the form in which readers see them."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from forum.presenters import times

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: NOW)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 11, 22, 9, 14, 59, tzinfo=UTC), "today, 09:14"),
        (datetime(2026, 11, 20, 21, 8, tzinfo=UTC), "20 Nov, 21:08"),
        (datetime(2025, 3, 3, 10, 0, tzinfo=UTC), "3 Mar 2025, 10:00"),
    ],
)
def test_moment_has_an_absolute_date_and_time(at: datetime, words: str) -> None:
    assert times.Clock().moment(at) == words


def test_moment_is_in_the_time_zone_of_the_reader() -> None:
    late = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)
    with timezone.override("Asia/Tokyo"):
        assert times.Clock().moment(late) == "today, 08:30"
    with timezone.override("America/New_York"):
        assert times.Clock().moment(late) == "21 Nov, 18:30"


def test_date_in_a_sentence_is_never_today() -> None:
    assert times.date_of(NOW) == "22 Nov"
    assert times.day(NOW) == "today"


def test_datetime_attribute_is_in_utc() -> None:
    html = times.time_tag(datetime(2026, 11, 20, 21, 8, tzinfo=UTC))
    assert html == '<time datetime="2026-11-20T21:08Z">20 Nov, 21:08</time>'
