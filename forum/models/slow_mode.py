"""Locks and slow mode, of a thread or a branch."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from forum.models.moderation import ModerationAction


def moderation_action_fk() -> models.ForeignKey[ModerationAction | None, ModerationAction | None]:
    """Return a field for the action that set a state; unindexed, since none is ever deleted."""
    return models.ForeignKey(
        "forum.ModerationAction",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
    )


class SlowModeMixin(models.Model):
    """A mixin for models with a lock and a slow mode: one post per person in some minutes.

    Both can have an end; once it has passed, they have no effect.
    """

    locked_at = models.DateTimeField(_("locked at"), null=True, blank=True)
    locked_until = models.DateTimeField(_("locked until"), null=True, blank=True)
    locked_action = moderation_action_fk()
    slow_minutes = models.PositiveIntegerField(_("slow"), null=True, blank=True)
    slow_until = models.DateTimeField(_("slow until"), null=True, blank=True)
    slow_action = moderation_action_fk()

    class Meta:
        abstract = True

    @property
    def is_locked(self) -> bool:
        return self.locked_at is not None and not _is_over(self.locked_until)

    @property
    def is_slow(self) -> bool:
        return self.slow_minutes is not None and not _is_over(self.slow_until)


def _is_over(end: datetime | None) -> bool:
    return end is not None and end <= timezone.now()
