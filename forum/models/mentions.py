"""Whom a post names."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Mention(models.Model):
    """A person named in a post: addressed at its head, or in its text."""

    class Kind(models.TextChoices):
        ADDRESSED = "addressed", _("addressed")
        TEXT = "text", _("in the text")

    post = models.ForeignKey("forum.Post", models.PROTECT, related_name="mentions")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="mentioned_in"
    )
    # As typed, in lower case: the key into the stored text, which outlives a change of name.
    name = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=Kind.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "person"], name="mention_once"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}: @{self.name}"
