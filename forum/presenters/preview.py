"""The preview of a post, with captions and mentions."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString, mark_safe

from forum.actions.posts import PreparedPost
from forum.actions.quote_sources import FoundQuote
from forum.lib.languages import detect_language
from forum.lib.names import fold_name
from forum.models import Mention, Post, Revision, User
from forum.models.mentions import MentionRow
from forum.models.quotes import QuoteRow
from forum.presenters.history import first_readable_revision
from forum.presenters.post_html import also_addressed, fill_post_html


@dataclass(frozen=True, slots=True)
class Preview:
    """The rendered text, and the names that the “to” line takes from its first mentions."""

    text: SafeString
    folds: bool
    also: list[str]
    lang: str


def preview(
    prepared: PreparedPost, *, author: User, parent: Post | None, edits: Post | None = None
) -> Preview:
    """Return the text as it will be shown; `edits` is the post itself when it is edited."""
    rendered = prepared.rendered
    people = User.objects.confirmed().named([*rendered.leading, *rendered.mentions])
    mentions = [
        MentionRow(0, fold_name(person.username), person.pk, person.username, Mention.Kind.TEXT)
        for person in people
    ]
    parent_author = parent.author_id if parent else None
    also = also_addressed(rendered.html, mentions, parent_author)
    in_thread = edits or parent
    html = fill_post_html(
        rendered.html,
        mentions=mentions,
        quotes=quote_rows(prepared.quotes, author),
        thread_id=in_thread.thread_id if in_thread else 0,
        folds=also is not None,
        is_opening=parent is None,
    )
    return Preview(
        text=mark_safe(html),  # noqa: S308 (cleaned when rendered)
        folds=also is not None,
        also=also or [],
        lang=detect_language(rendered.excerpt()),
    )


def quote_rows(found: list[FoundQuote], reader: User) -> dict[int, QuoteRow]:
    """Return rows for quotes that are not stored yet."""
    if not found:
        return {}
    ids = {quote.revision.post_id for quote in found}
    latest = Revision.objects.latest_of(ids)
    sources = Post.objects.visible_to(reader).filter(pk__in=ids).readable()
    readable = set(sources.values_list("pk", flat=True))
    return {
        quote.ordinal: _row(quote, latest[post.pk], reader, is_readable=post.pk in readable)
        for quote in found
        for post in [quote.revision.post]
    }


def _row(quote: FoundQuote, now: Revision, reader: User, *, is_readable: bool) -> QuoteRow:
    post = quote.revision.post
    is_latest = now.pk == quote.revision.pk
    is_superseded = not is_latest and quote.revision.number < first_readable_revision(post, reader)
    later = Revision.objects.filter(post=post, number__gt=quote.revision.number)
    return QuoteRow(
        post_id=0,
        ordinal=quote.ordinal,
        words=quote.words,
        source_id=post.pk,
        author=post.author.username,
        level=post.level,
        thread_id=post.thread_id,
        thread_title=post.thread.title,
        thread_slug=post.thread.slug,
        thread_numbers=post.thread.next_number,
        is_readable=is_readable,
        is_ignored=False,  # the writer quotes them on purpose
        is_latest=is_latest,
        is_superseded=is_superseded,
        is_withdrawn=is_superseded and later.filter(withdraws=True).exists(),
        start=quote.start,
        length=quote.length,
        source_text=quote.revision.own_words,
        says_now=now.own_words,
    )
