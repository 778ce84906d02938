"""The machine's clock, which may be set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def was_within(period: timedelta, moment: datetime) -> bool:
    """Return whether `moment` is less than `period` ago.

    False for a moment in the future: then the clock was set back, and nothing waits until it has
    caught up.
    """
    return timedelta(0) <= timezone.now() - moment < period
