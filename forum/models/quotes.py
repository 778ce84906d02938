"""Whose words a post quotes."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Any

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    ExpressionWrapper,
    F,
    Q,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from forum.lib.unnest import unnest
from forum.markup.quotes import leaves_out, says, without_quoted
from forum.models.posts import Post, readable_by
from forum.models.revisions import Revision
from forum.models.threads import Reader, Thread, visible_by


class QuoteStatus(Enum):
    """What has become of quoted words in the text that they come from."""

    EXACT = "exact"  # they stand there, and it was not edited
    KEPT = "kept"  # it was edited, and they still stand there
    CHANGED = "changed"  # it was edited, and they do not stand there any more
    ALTERED = "altered"  # they never stood there like this: who quotes has changed them
    REMOVED = "removed"  # this reader may not read it


@dataclass(frozen=True)
class QuoteRow:
    """A quote as a page shows it. Texts that the reader may not read are empty.

    Quotes of one source share its texts: a page can have thousands of them.
    """

    post_id: int
    ordinal: int
    words: str
    source_id: int
    author: str
    level: int
    thread_id: int
    thread_title: str
    thread_slug: str
    thread_numbers: int  # how many numbers its thread has given out
    is_readable: bool
    is_latest: bool
    start: int  # where the words come from
    length: int
    source_text: str  # what its author said in the quoted revision
    says_now: str  # what its author says now; empty unless it was edited since

    @property
    def written(self) -> str:
        """What stands in the quoted revision where the words come from."""
        return self.source_text[self.start : self.start + self.length]

    @cached_property
    def status(self) -> QuoteStatus:
        if not self.is_readable:
            return QuoteStatus.REMOVED
        if not says(self.words, self.source_text):
            return QuoteStatus.ALTERED
        if self.is_latest:
            return QuoteStatus.EXACT
        return QuoteStatus.KEPT if says(self.words, self.says_now) else QuoteStatus.CHANGED

    @cached_property
    def leaves_out(self) -> bool:
        """Whether something that stands between the words was left out."""
        return leaves_out(self.words, self.source_text)


LATEST_NUMBER = F("source_post__latest_number")


def readable_source(reader: Reader) -> Q:
    """Of which quotes `reader` may read the source."""
    in_thread = visible_by(reader, "source_post__thread__")
    return readable_by(reader, "source_post__") & in_thread


def _text_if(condition: Q, field: str) -> Case:
    then = When(condition, then=F(field))
    return Case(then, default=Value(""), output_field=TextField())


class QuoteQuerySet(models.QuerySet["Quote"]):
    def on_posts(self, ids: Collection[int], reader: Reader) -> dict[int, dict[int, QuoteRow]]:
        """The quotes in these posts, by post and ordinal; words that may not be read are empty.

        The texts of a source are fetched once, with the first of the quotes of that revision: some
        page has thousands of quotes of one long post.
        """
        readable = readable_source(reader)
        is_latest = Q(source_revision__number=LATEST_NUMBER)
        is_first = Q(nth_of_revision=1)
        latest = "source_post__revisions__"
        quotes = self.filter(post__in=unnest(ids), **{f"{latest}number": LATEST_NUMBER}).annotate(
            nth_of_revision=Window(RowNumber(), partition_by="source_revision")
        )
        rows: Collection[Sequence[Any]] = quotes.values_list(
            "post_id",
            "ordinal",
            _text_if(readable, "words"),
            "source_post_id",
            "source_post__author__username",
            "source_post__level",
            "source_post__thread_id",
            _text_if(readable, "source_post__thread__title"),
            "source_post__thread__slug",
            "source_post__thread__next_number",
            ExpressionWrapper(readable, BooleanField()),
            ExpressionWrapper(is_latest, BooleanField()),
            "start",
            "length",
            "source_revision",
            _text_if(is_first & readable, "source_revision__plain"),
            Case(When(is_first, then="source_revision__quoted")),
            _text_if(is_first & readable & ~is_latest, f"{latest}plain"),
            Case(When(is_first, then=f"{latest}quoted")),
        )
        texts = {
            revision: [without_quoted(text, quoted), without_quoted(now, quoted_now)]
            for *_quote, revision, text, quoted, now, quoted_now in rows
            if quoted is not None
        }
        by_post: dict[int, dict[int, QuoteRow]] = {}
        for *row, revision, _text, _quoted, _now, _quoted_now in rows:
            quote = QuoteRow(*[*row, *texts[revision]])
            by_post.setdefault(quote.post_id, {})[quote.ordinal] = quote
        return by_post

    def sources_in(self, thread: Thread, ids: Collection[int]) -> set[int]:
        """The posts of a thread that these posts quote."""
        quotes = self.filter(post__in=unnest(ids), source_post__thread=thread)
        return set(quotes.values_list("source_post_id", flat=True))

    def unreadable_words(self, post: Post, reader: Reader) -> list[str]:
        """The words in `post` that were quoted from posts which `reader` may not read."""
        return list(
            self.filter(post=post).exclude(readable_source(reader)).values_list("words", flat=True)
        )


class Quote(models.Model):
    """One quote block of a post whose words come from another post.

    `start` and `length` are characters of `source_revision.plain`: where the words stand, or what
    they are an altered form of. Which of the two, and whether they still stand there, is found
    out when the quote is read, never stored.
    """

    post = models.ForeignKey(Post, models.PROTECT, related_name="quotes")
    ordinal = models.PositiveSmallIntegerField()
    source_post = models.ForeignKey(Post, models.PROTECT, related_name="quoted_in", db_index=False)
    source_revision = models.ForeignKey(Revision, models.PROTECT, related_name="+")
    start = models.PositiveIntegerField()
    length = models.PositiveIntegerField()
    words = models.TextField()

    objects = QuoteQuerySet.as_manager()

    class Meta:
        # In the order of the posts that quote one: a page counts the first of them only.
        indexes = [models.Index(fields=["source_post", "post"], name="quote_by_source")]
        constraints = [
            models.UniqueConstraint(fields=["post", "ordinal"], name="quote_ordinal"),
            models.CheckConstraint(
                condition=~models.Q(post=models.F("source_post")), name="quote_of_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}[{self.ordinal}] <- {self.source_post_id}"
