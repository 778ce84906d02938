"""Secret addresses of a member's private feeds."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.db import models
from django.utils import timezone

MAX_FEED_TOKENS = 20  # of a member


def hash_of_feed_token(token: str) -> str:
    """Return what is stored of a token, from which nobody can make an address."""
    return hashlib.sha256(token.encode()).hexdigest()


class FeedTokenQuerySet(models.QuerySet["FeedToken"]):
    def valid(self, token: str) -> FeedTokenQuerySet:
        """Filter the one with this secret, if its member can still log in."""
        return self.filter(token_hash=hash_of_feed_token(token), member__is_active=True)


class FeedToken(models.Model):
    """A secret that is part of the address of a private feed; only its hash is stored."""

    member = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="feed_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True)  # to the hour

    objects = FeedTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.member_id}: {self.created_at:%Y-%m-%d}"
