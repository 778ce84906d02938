"""Rate limits, counted in the database so that every process agrees."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class Limit:
    """So many at once (`burst`), then one per so many seconds."""

    kind: str
    burst: int
    per_seconds: float


# Fast enough for anybody who reads the post that they reply to.
POSTS = Limit("posts", burst=10, per_seconds=20)
# A conversation is begun with some thought.
THREADS = Limit("threads", burst=3, per_seconds=600)
# Corrections come in bursts.
EDITS = Limit("edits", burst=20, per_seconds=10)
# A look at one's text; it searches the thread for what is quoted, as posting does.
PREVIEWS = Limit("previews", burst=20, per_seconds=5)
# More than anybody meets in an evening; fewer than would bury what others report.
REPORTS = Limit("reports", burst=10, per_seconds=120)
# Names for the mention menu: enough for whoever types them, too few to collect everybody's.
NAMES = Limit("names", burst=30, per_seconds=2)
# Saved a second after the last key, and on leaving, on every device.
DRAFTS = Limit("drafts", burst=60, per_seconds=1)

# Every bucket is full again long before this.
FORGOTTEN_AFTER = timedelta(days=1)


class RateLimitQuerySet(models.QuerySet["RateLimit"]):
    def stale(self) -> RateLimitQuerySet:
        """Buckets that say no more than if they were not there."""
        return self.filter(updated_at__lt=timezone.now() - FORGOTTEN_AFTER)


class RateLimit(models.Model):
    """A token bucket: one row per person and kind of action, emptied by use, refilled by time."""

    key = models.CharField(max_length=120, primary_key=True)
    tokens = models.FloatField()
    updated_at = models.DateTimeField()

    objects = RateLimitQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="ratelimit_stale")]

    def __str__(self) -> str:
        return self.key
