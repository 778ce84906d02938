"""The tokens of rate limits, counted in the database so that every process agrees."""

from __future__ import annotations

from datetime import timedelta

from django.db import models
from django.utils import timezone

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
