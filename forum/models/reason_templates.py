"""Reason templates: prepared reasons for moderation actions."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ReasonTemplateQuerySet(models.QuerySet["ReasonTemplate"]):
    def offered_for(self, action: str) -> ReasonTemplateQuerySet:
        """Return those to choose from when that action asks for a reason."""
        return self.filter(Q(deeds=[]) | Q(deeds__contains=[action]), is_active=True)


class ReasonTemplate(models.Model):
    """A prepared reason, set up by administrators. Its text is copied when it is chosen."""

    text = models.CharField(_("reason"), max_length=500)
    # Slugs of moderation actions, and of other pages that ask for a reason. The log stores the row
    # by its columns, so the old name of this one stays.
    deeds = ArrayField(
        models.CharField(max_length=20),
        verbose_name=_("offered for"),
        default=list,
        blank=True,
        help_text=_("Select none to offer it for everything."),
    )
    position = models.PositiveSmallIntegerField(_("order"), default=0)
    is_active = models.BooleanField(_("active"), default=True)

    objects = ReasonTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("reason template")
        verbose_name_plural = _("reason templates")

    def __str__(self) -> str:
        return self.text
