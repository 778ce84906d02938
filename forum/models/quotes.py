"""Whose words a post quotes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    TextField,
    Value,
    When,
)

from forum.models.ids import any_of
from forum.models.posts import Post, readable_by
from forum.models.revisions import Revision
from forum.models.threads import Reader


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A quote as a page shows it. What its source says now is empty unless it was edited since."""

    post_id: int
    ordinal: int
    words: str
    source_id: int
    author: str
    thread_id: int
    thread_title: str
    is_readable: bool
    is_latest: bool
    says_now: str


def _text_if(condition: Q, field: str) -> Case:
    return Case(When(condition, then=F(field)), default=Value(""), output_field=TextField())


class QuoteQuerySet(models.QuerySet["Quote"]):
    def on_posts(self, ids: Collection[int], reader: Reader) -> dict[int, dict[int, QuoteRow]]:
        """The quotes in these posts, by post and ordinal; words that may not be read are empty."""
        latest = Revision.objects.filter(post=OuterRef("source_post")).order_by("-number")
        readable = readable_by(reader, "source_post__")
        is_latest = Q(source_revision=F("source_post__revisions"))
        rows = self.filter(
            post__in=any_of(ids), source_post__revisions=Subquery(latest.values("pk")[:1])
        ).values_list(
            "post_id",
            "ordinal",
            _text_if(readable, "words"),
            "source_post_id",
            "source_post__author__username",
            "source_post__thread_id",
            "source_post__thread__title",
            ExpressionWrapper(readable, BooleanField()),
            ExpressionWrapper(is_latest, BooleanField()),
            _text_if(readable & ~is_latest, "source_post__revisions__plain"),
        )
        quotes: dict[int, dict[int, QuoteRow]] = {}
        for row in rows:
            quote = QuoteRow(*row)
            quotes.setdefault(quote.post_id, {})[quote.ordinal] = quote
        return quotes

    def unreadable_words(self, post: Post, reader: Reader) -> list[str]:
        """The words in `post` that were quoted from posts which `reader` may not read."""
        return list(
            self.filter(post=post)
            .exclude(readable_by(reader, "source_post__"))
            .values_list("words", flat=True)
        )


class Quote(models.Model):
    """One quote block of a post whose words were found in another post.

    `start` and `length` are characters of `source_revision.plain`. Whether the words still stand
    there is found out when the quote is read, never stored.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="quotes")
    ordinal = models.PositiveSmallIntegerField()
    source_post = models.ForeignKey(Post, models.PROTECT, related_name="quoted_in")
    source_revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    words = models.TextField()

    objects = QuoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["post", "ordinal"], name="quote_ordinal"),
            models.CheckConstraint(
                condition=~models.Q(post=models.F("source_post")), name="quote_of_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}[{self.ordinal}] <- {self.source_post_id}"
