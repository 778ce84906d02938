"""Whom a post names."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from forum.lib.unnest import unnest


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A mention as a page shows it: the name as typed (lower case), and whose it is now."""

    post_id: int
    name: str
    person_id: int
    username: str
    kind: str

    @property
    def is_addressed(self) -> bool:
        return self.kind == Mention.Kind.ADDRESSED


class MentionQuerySet(models.QuerySet["Mention"]):
    def on_posts(self, ids: Collection[int]) -> dict[int, list[MentionRow]]:
        """The mentions in these posts, by post, in the order of the text."""
        rows = self.filter(post__in=unnest(ids)).order_by("post_id", "id")
        mentions: dict[int, list[MentionRow]] = {}
        for row in rows.values_list("post_id", "name", "person_id", "person__username", "kind"):
            mentions.setdefault(row[0], []).append(MentionRow(*row))
        return mentions


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

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "person"], name="mention_once"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}: @{self.name}"
