"""Restrictions of members, on the whole site or in one board, for a time or for good.

A suspension from the whole site is on the member's own row, since every request needs it; all
others are here.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import JSONObject, Now
from django.utils.translation import gettext_lazy as _

from forum.models.boards import Board
from forum.models.moderation import ModerationAction


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def in_force(self) -> RestrictionQuerySet:
        """Filter restrictions that have not ended."""
        return self.filter(Q(until=None) | Q(until__gt=Now()))

    def as_json(self) -> Any:
        """Return a column with restrictions as JSON objects, for a query of members."""
        return self.values(
            told=JSONObject(kind="kind", board="board_id", until="until", reason="action__reason")
        )


class Restriction(models.Model):
    class Kind(models.TextChoices):
        SILENCE = "silence", _("silenced")
        SUSPENSION = "suspension", _("suspended")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="restrictions"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    board = models.ForeignKey(Board, models.PROTECT, null=True, related_name="+")
    until = models.DateTimeField(null=True)
    action = models.ForeignKey(ModerationAction, models.PROTECT, related_name="+", db_index=False)

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "board"], nulls_distinct=False, name="restriction_once"
            ),
            models.CheckConstraint(
                condition=Q(board__isnull=False) | ~Q(kind="suspension"),
                name="restriction_suspension_in_board",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_kind_display()}"
