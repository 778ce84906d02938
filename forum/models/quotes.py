"""Whose words a post quotes."""

from __future__ import annotations

from django.db import models


class Quote(models.Model):
    """One quote block of a post whose words were found in another post.

    `start` and `length` are characters of `source_revision.plain`. Whether the words still stand
    there is found out when the quote is read, never stored.
    """

    post = models.ForeignKey("forum.Post", models.PROTECT, related_name="quotes")
    ordinal = models.PositiveSmallIntegerField()
    source_post = models.ForeignKey("forum.Post", models.PROTECT, related_name="quoted_in")
    source_revision = models.ForeignKey("forum.Revision", models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    words = models.TextField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "ordinal"], name="quote_ordinal"),
            models.CheckConstraint(
                condition=~models.Q(post=models.F("source_post")), name="quote_of_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}[{self.ordinal}] <- {self.source_post_id}"
