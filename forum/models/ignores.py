"""Members whom a member ignores: their posts are folded, for that member alone."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from forum.lib.sql import IsAnyOf
from forum.models.accounts import User
from forum.models.visibility import Reader

# The most members that one member may ignore.
MAX_IGNORED = 1000


class Ignore(models.Model):
    """The choice of `member` to ignore `ignored`; nobody else sees it."""

    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="ignores", db_index=False
    )
    ignored = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["member", "ignored"], name="ignore_once"),
            models.CheckConstraint(condition=~Q(member=F("ignored")), name="ignore_of_another"),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} ignores {self.ignored_id}"


def by_ignored(reader: Reader, field: str = "author") -> Q:
    """Return the condition for what people whom `reader` ignores have written.

    Their ids are one value of the query, however many they are.
    """
    ids = sorted(ignored_ids(reader))
    return Q(IsAnyOf(field, ids)) if ids else Q(**{f"{field}__in": []})


def ignored_ids(reader: Reader) -> frozenset[int]:
    """Return the ids of the members whom `reader` ignores; visitors ignore nobody."""
    return reader.ignored_ids if isinstance(reader, User) else frozenset()
