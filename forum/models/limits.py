"""Rate limits, counted in the database so that every process agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Limit:
    """A rate limit: `burst` at once, then one in so many seconds."""

    kind: str
    burst: int
    per_seconds: float


# Fast enough for anybody who reads before replying.
POSTS = Limit("posts", burst=10, per_seconds=20)
# New threads are rare.
THREADS = Limit("threads", burst=3, per_seconds=600)
# Corrections come in bursts.
EDITS = Limit("edits", burst=20, per_seconds=10)
# A preview searches the thread for quotes, as posting does.
PREVIEWS = Limit("previews", burst=20, per_seconds=5)
# More than a member would report in an evening, but too few to bury other reports.
REPORTS = Limit("reports", burst=10, per_seconds=120)
# Enough for typing names in the mention menu, too few to collect all names.
NAMES = Limit("names", burst=30, per_seconds=2)
# Searches of a member, or of all visitors from one network.
SEARCHES = Limit("searches", burst=30, per_seconds=2)
# Drafts are saved a second after the last key, and on leaving, on every device.
DRAFTS = Limit("drafts", burst=60, per_seconds=1)
# Answers to mail that could not be posted: five at once, and about as many a day.
MAIL_ANSWERS = Limit("mail-answers", burst=5, per_seconds=4 * 60 * 60)

# All buckets are full long before this.
FORGOTTEN_AFTER = timedelta(days=1)


class RateLimitQuerySet(models.QuerySet["RateLimit"]):
    def stale(self) -> RateLimitQuerySet:
        """Filter buckets that are full again."""
        return self.filter(updated_at__lt=timezone.now() - FORGOTTEN_AFTER)


class RateLimit(models.Model):
    """A token bucket: one row for each person and kind of action; time refills it."""

    key = models.CharField(max_length=120, primary_key=True)
    tokens = models.FloatField()
    updated_at = models.DateTimeField()

    objects = RateLimitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="ratelimit_stale")]

    def __str__(self) -> str:
        return self.key
