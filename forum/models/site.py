"""The operator's texts about the site."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class SiteText(models.Model):
    """The text with which the front page greets strangers; one row, or none yet."""

    introduction = models.CharField(
        _("introduction"),
        max_length=200,
        help_text=_("One line for the front page: what this place is, and for whom."),
    )

    class Meta:
        verbose_name = _("front page text")
        verbose_name_plural = _("front page text")
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="sitetext_one_row")]

    def __str__(self) -> str:
        return self.introduction
