"""Bounces: mail that an address refused for good."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

# So many within this time stop notification mail.
MAX_BOUNCES = 3
BOUNCES_COUNTED = timedelta(days=14)


class BounceQuerySet(models.QuerySet["Bounce"]):
    def recent(self) -> BounceQuerySet:
        """Return the bounces that count."""
        return self.filter(created_at__gt=timezone.now() - BOUNCES_COUNTED)

    def old(self) -> BounceQuerySet:
        """Return the bounces that no longer count and can be deleted."""
        return self.filter(created_at__lte=timezone.now() - BOUNCES_COUNTED)


class Bounce(models.Model):
    """A mail that a member's address refused for good; another address starts from zero."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bounces")
    address = models.EmailField()
    created_at = models.DateTimeField(default=timezone.now)

    objects = BounceQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.member_id} at {self.created_at:%Y-%m-%d %H:%M}"
