"""The clock of the machine, which may be set back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone


def was_within(period: timedelta, moment: datetime) -> bool:
    """Tell whether `moment` is less than `period` ago.

    A moment still to come is not: the clock was set back since, perhaps by a day, and nothing
    waits until it has caught up.
    """
    return timedelta(0) <= timezone.now() - moment < period
