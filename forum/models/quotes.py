"""Quotes: blocks of a post whose words come from another post."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from functools import cached_property
from typing import Any, NamedTuple

from django.db import models
from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    TextField,
    Value,
    When,
    Window,
)
from django.db.models.functions import RowNumber

from forum.lib.sql import IsAnyOf
from forum.markup.quotes import leaves_out, says, without_quoted
from forum.models.accounts import User
from forum.models.ignores import by_ignored
from forum.models.posts import Post
from forum.models.revisions import Revision
from forum.models.visibility import Reader, ReaderQuery, readable_by, visible_by


class QuoteStatus(Enum):
    """The relation between quoted words and their source as it is now."""

    EXACT = "exact"  # the source contains them and was not edited since
    KEPT = "kept"  # it was edited and still contains them
    CHANGED = "changed"  # it was edited and no longer contains them
    ALTERED = "altered"  # it never contained them: the quoting author changed them
    REMOVED = "removed"  # the reader may not read the source
    WITHDRAWN = "withdrawn"  # a moderator edited these words out of it


# The reader may not read the words.
UNREADABLE = (QuoteStatus.REMOVED, QuoteStatus.WITHDRAWN)


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
    thread_numbers: int  # `Thread.next_number` of its thread
    is_readable: bool
    is_ignored: bool  # the reader ignores the author
    is_latest: bool
    is_superseded: bool  # a moderator edited the source since; earlier texts are not for the reader
    is_withdrawn: bool  # … and chose to blank in quotes what the source no longer says
    start: int  # place of the words in the quoted revision
    length: int
    source_text: str  # the author's own words in the quoted revision
    says_now: str  # their own words now; empty unless edited since

    @property
    def written(self) -> str:
        """Return the text of the quoted revision at the place of the quote."""
        return self.source_text[self.start : self.start + self.length]

    @cached_property
    def status(self) -> QuoteStatus:
        """Return the relation of the words to their source, as far as the reader may read it."""
        if not self.is_readable:
            return QuoteStatus.REMOVED
        is_said_now = not self.is_latest and says(self.words, self.says_now)
        if self.is_withdrawn and not is_said_now:
            return QuoteStatus.WITHDRAWN
        if not says(self.words, self.source_text):
            # The original would show what the reader may not read.
            return QuoteStatus.WITHDRAWN if self.is_superseded else QuoteStatus.ALTERED
        if self.is_latest:
            return QuoteStatus.EXACT
        return QuoteStatus.KEPT if is_said_now else QuoteStatus.CHANGED

    @cached_property
    def leaves_out(self) -> bool:
        """Return whether the quote omits something between its words."""
        return leaves_out(self.words, self.source_text)


class SourceTexts(NamedTuple):
    """The texts of a quote's source revision; all None but with the first quote of a revision."""

    revision_id: int
    text: str
    quoted: list[Sequence[int]] | None
    now: str
    quoted_now: list[Sequence[int]]

    @property
    def is_first(self) -> bool:
        return self.quoted is not None

    def own_words(self) -> tuple[str, str]:
        """Return what the author said in the quoted revision, and says now."""
        assert self.quoted is not None
        return without_quoted(self.text, self.quoted), without_quoted(self.now, self.quoted_now)


# The fields of `QuoteRow` that come from the row itself, in its order: see `ROW_COLUMNS` of
# `forum.queries.thread_pages`. The last two, the texts, are shared by all quotes of a revision.
QUOTE_COLUMNS = [field.name for field in fields(QuoteRow)][:-2]

LATEST_NUMBER = F("source_post__latest_number")


def readable_source(reader: Reader) -> Q:
    """Return the condition for quotes whose source `reader` may read."""
    in_thread = visible_by(reader, "source_post__thread__")
    return readable_by(reader, "source_post__") & in_thread


def _edited_by_moderator(reader: Reader, **edit: Any) -> Q:
    """Return the condition for quotes whose source a moderator has edited since.

    The author of the source and moderators of its board read its earlier texts; for them, it is
    never true. `edit` narrows which edits count.
    """
    later = Revision.objects.filter(
        post=OuterRef("source_post"), number__gt=OuterRef("source_revision__number"), **edit
    ).exclude(editor=OuterRef("source_post__author"))
    edited = Q(Exists(later))
    if not isinstance(reader, User):
        return edited
    if reader.roles.is_site_moderator:
        return Q(pk__in=())
    concerned = Q(source_post__author=reader)
    if reader.roles.board_ids:
        concerned |= Q(source_post__thread__board__in=reader.roles.board_ids)
    return edited & ~concerned


def _text_if(condition: Q, field: str) -> Case:
    then = When(condition, then=F(field))
    return Case(then, default=Value(""), output_field=TextField())


class QuoteQuerySet(models.QuerySet["Quote"]):
    def on_posts(self, ids: Collection[int], reader: Reader) -> dict[int, dict[int, QuoteRow]]:
        """Return the quotes in these posts, by post and ordinal; at most one query.

        Words that `reader` may not read are empty. The texts of a source are fetched once, with the
        first quote of that revision: a page may have thousands of quotes of one long post.
        """
        if not ids:
            return {}
        rows: list[tuple[Sequence[Any], SourceTexts]] = [
            (row[: len(QUOTE_COLUMNS)], SourceTexts(*row[len(QUOTE_COLUMNS) :]))
            for row in QUOTES_ON_POSTS.fetch(reader, list(ids))
        ]
        texts = {source.revision_id: source.own_words() for _, source in rows if source.is_first}
        by_post: dict[int, dict[int, QuoteRow]] = {}
        for row, source in rows:
            quote = QuoteRow(*[*row, *texts[source.revision_id]])
            by_post.setdefault(quote.post_id, {})[quote.ordinal] = quote
        return by_post

    def unreadable_with(self, words: str, reader: Reader) -> QuoteQuerySet:
        """Return quotes with these words that `reader` may not, or might not, read."""
        might_not = ~readable_source(reader) | _edited_by_moderator(reader)
        return self.filter(might_not, words__icontains=words)

    def unreadable_words(self, post_id: int, reader: Reader) -> list[str]:
        """Return the words that a post quotes and `reader` may not read in their source."""
        rows = self.on_posts([post_id], reader).get(post_id, {})
        shown = {ordinal for ordinal, row in rows.items() if row.status not in UNREADABLE}
        if len(shown) == len(rows):
            return []
        quotes = self.filter(post=post_id).exclude(words="")
        return list(quotes.exclude(ordinal__in=shown).values_list("words", flat=True))


class Quote(models.Model):
    """A quote block of a post whose words come from another post.

    `start` and `length` count characters of `source_revision.plain`: the place of the words, or of
    those that they are an altered form of. Whether they are altered, and whether the source still
    contains them, is determined on display and never stored.
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
        # In the order of the quoting posts: a page counts only the first of them.
        indexes = [models.Index(fields=["source_post", "post"], name="quote_by_source")]
        constraints = [
            models.UniqueConstraint(fields=["post", "ordinal"], name="quote_ordinal"),
            models.CheckConstraint(
                condition=~models.Q(post=models.F("source_post")), name="quote_of_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.post_id}[{self.ordinal}] <- {self.source_post_id}"


def _quotes_on_posts(reader: Reader, ids: list[int]) -> models.QuerySet[Quote, tuple[Any, ...]]:
    """Return the `QUOTE_COLUMNS` of the quotes in these posts, and those of `SourceTexts`."""
    readable = readable_source(reader)
    is_latest = Q(source_revision__number=LATEST_NUMBER)
    is_first = Q(nth_of_revision=1)
    latest = "source_post__revisions__"
    quotes = Quote.objects.filter(IsAnyOf("post", ids), **{f"{latest}number": LATEST_NUMBER})
    nth_of_revision = Window(RowNumber(), partition_by="source_revision")
    quotes = quotes.annotate(nth_of_revision=nth_of_revision)
    columns: dict[str, Any] = {
        "post_id": "post_id",
        "ordinal": "ordinal",
        "words": _text_if(readable, "words"),
        "source_id": "source_post_id",
        "author": "source_post__author__username",
        "level": "source_post__level",
        "thread_id": "source_post__thread_id",
        "thread_title": _text_if(readable, "source_post__thread__title"),
        "thread_slug": "source_post__thread__slug",
        "thread_numbers": "source_post__thread__next_number",
        "is_readable": ExpressionWrapper(readable, BooleanField()),
        "is_ignored": ExpressionWrapper(by_ignored(reader, "source_post__author"), BooleanField()),
        "is_latest": ExpressionWrapper(is_latest, BooleanField()),
        "is_superseded": ExpressionWrapper(_edited_by_moderator(reader), BooleanField()),
        "is_withdrawn": ExpressionWrapper(
            _edited_by_moderator(reader, withdraws=True), BooleanField()
        ),
        "start": "start",
        "length": "length",
    }
    texts_columns: dict[str, Any] = {
        "revision_id": "source_revision",
        "text": _text_if(is_first & readable, "source_revision__plain"),
        "quoted": Case(When(is_first, then="source_revision__quoted")),
        "now": _text_if(is_first & readable & ~is_latest, f"{latest}plain"),
        "quoted_now": Case(When(is_first, then=f"{latest}quoted")),
    }
    return quotes.values_list(
        *(columns[name] for name in QUOTE_COLUMNS),
        *(texts_columns[name] for name in SourceTexts._fields),
    )


QUOTES_ON_POSTS = ReaderQuery(_quotes_on_posts)
