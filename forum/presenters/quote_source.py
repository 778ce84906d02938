"""A quote beside its source: the context of the words, or the changes since."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from forum.markup.changes import TextChange, word_diff
from forum.markup.quote_context import ContextPart, changes_within, context_of, neighbourhood
from forum.markup.quotes import PARAGRAPHS
from forum.models import Post, Quote
from forum.models.quotes import UNREADABLE, QuoteRow, QuoteStatus
from forum.models.visibility import Reader
from forum.presenters.history import first_readable_revision, with_gaps_named
from forum.presenters.quote_captions import quoted_words_url


@dataclass(frozen=True, slots=True)
class QuoteSource:
    """A quote beside its source, with either `parts` or `changes`."""

    quote: QuoteRow
    heading: str
    address: str  # of the words, else of the post
    parts: list[ContextPart]
    changes: list[TextChange]


def find_quote_source(post: Post, ordinal: int, reader: Reader) -> QuoteSource | None:
    """Return the source of a post’s quote; None if unknown or not visible to `reader`."""
    row = Quote.objects.on_posts([post.pk], reader).get(post.pk, {}).get(ordinal)
    if row is None or row.status in UNREADABLE:
        return None
    names = {"name": row.author, "quoter": post.author.username}
    parts: list[ContextPart] = []
    changes: list[TextChange] = []
    match row.status:
        case QuoteStatus.ALTERED:
            heading = _("%(name)s’s text and how %(quoter)s quoted it") % names
            changes = word_diff(_in_lines(row.written), row.words)
        case QuoteStatus.CHANGED:
            heading = _("%(name)s’s text then and now") % names
            changes = _changes_since(post, row, reader)
            if not changes:
                heading = _("A moderator has since changed %(name)s’s text") % names
        case _:
            heading = _("%(name)s’s text in context") % names
            said = Post.objects.get(pk=row.source_id).latest_revision().own_words
            parts = [(kind, with_gaps_named(text)) for kind, text in context_of(row.words, said)]
    return QuoteSource(row, heading, quoted_words_url(row), parts, changes)


def _changes_since(post: Post, row: QuoteRow, reader: Reader) -> list[TextChange]:
    """Return the changes to the quoted paragraphs; none if `reader` may not see them."""
    quote = post.quotes.select_related("source_revision").get(ordinal=row.ordinal)
    source = Post.objects.select_related("thread__board").get(pk=row.source_id)
    if quote.source_revision.number < first_readable_revision(source, reader):
        return []
    said = quote.source_revision.own_words
    stretch = neighbourhood(said, quote.start, quote.start + quote.length)
    changes = changes_within(word_diff(said, row.says_now), *stretch)
    return [(op, with_gaps_named(text)) for op, text in changes]


def _in_lines(text: str) -> str:
    """Return text with the white space that quoted words have."""
    paragraphs = with_gaps_named(text).split(PARAGRAPHS)
    return PARAGRAPHS.join(" ".join(paragraph.split()) for paragraph in paragraphs)
