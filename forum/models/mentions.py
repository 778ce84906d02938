"""People mentioned in posts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import IsAnyOf


@dataclass(frozen=True, slots=True)
class MentionRow:
    """A mention as a page shows it: the name as typed (folded), and its owner today."""

    post_id: int
    name: str
    person_id: int
    username: str
    kind: str


class MentionQuerySet(models.QuerySet["Mention"]):
    def on_posts(self, ids: Collection[int]) -> dict[int, list[MentionRow]]:
        """Return the mentions in these posts by post, in text order; at most one query."""
        if not ids:
            return {}
        mentions: dict[int, list[MentionRow]] = {}
        for row in MENTIONS_ON_POSTS.fetch(list(ids)):
            mention = MentionRow(*row)
            mentions.setdefault(mention.post_id, []).append(mention)
        return mentions


class Mention(models.Model):
    """A person mentioned in a post: at its head (addressed) or within its text."""

    class Kind(models.TextChoices):
        ADDRESSED = "addressed", _("at the beginning")
        TEXT = "text", _("in the text")

    post = models.ForeignKey("forum.Post", models.PROTECT, related_name="mentions")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="mentioned_in"
    )
    # As typed, folded (`fold_name`): finds the mention in the stored HTML even after the person is
    # renamed.
    name = models.CharField(max_length=30)
    kind = models.CharField(max_length=10, choices=Kind.choices)

    objects = MentionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "person"], name="mention_once"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}: @{self.name}"


def _mentions_on_posts(ids: list[int]) -> models.QuerySet[Mention, tuple[Any, ...]]:
    mentions = Mention.objects.filter(IsAnyOf("post", ids)).order_by("post_id", "id")
    # In the order of `MentionRow`.
    return mentions.values_list("post_id", "name", "person_id", "person__username", "kind")


MENTIONS_ON_POSTS = PreparedQuery(_mentions_on_posts)
