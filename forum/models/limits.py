"""How often something may be done, counted in the database so that every process agrees."""

from __future__ import annotations

from django.db import models


class RateLimit(models.Model):
    """A token bucket (one row per person and kind of deed), emptied by doing and refilled by time."""

    key = models.CharField(max_length=120, primary_key=True)
    tokens = models.FloatField()
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["updated_at"], name="ratelimit_stale")]

    def __str__(self) -> str:
        return self.key
