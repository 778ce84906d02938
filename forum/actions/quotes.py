"""Finding whose words a post quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from forum.markup.quotes import find, worth_matching
from forum.markup.render import QuoteBlock
from forum.models import Post, Quote, Revision, User

# More quotes than anybody makes in one post; the sources of further ones are not looked for.
MOST = 50
# So many of them are looked for in the whole thread, when no post near has their words.
MOST_ELSEWHERE = 10
# So many posts above the one answered are read through before the whole thread is searched.
NEAR = 100


@dataclass(frozen=True, slots=True)
class Found:
    """Where a quote block's words stand: so many characters of that revision's plain text."""

    ordinal: int
    words: str
    revision: Revision
    start: int
    length: int


def find_sources(
    blocks: Sequence[QuoteBlock],
    *,
    reader: User,
    parent: Post | None,
    pointed_at: Iterable[int] = (),
    but: Post | None = None,
) -> list[Found]:
    """The sources of quote blocks, among posts whose text `reader` may read.

    Looked for in the posts that the form pointed at, each in its turn, then in the post answered
    and those above it, nearest first, then in the whole thread, latest first; in every revision.
    A block whose
    words stand nowhere is left out. `but` is the quoting post itself, when it is edited: what it
    quoted before keeps its source, also when that was removed since.
    """
    if not blocks:
        return []
    kept = {quote.words: quote for quote in _quotes_of(but)} if but else {}
    turns = list(pointed_at)
    pointed = Revision.objects.of_posts(list(dict.fromkeys(turns)), reader)
    near = list(_near(reader, parent))
    thread_id = but.thread_id if but else parent.thread_id if parent else None
    searches = iter(range(MOST_ELSEWHERE))
    found = []
    for block in blocks[:MOST]:
        if block.words in kept:
            found.append(replace(kept[block.words], ordinal=block.ordinal))
            continue
        candidates = chain(
            _in_turn(pointed, turns), near, _elsewhere(block, reader, thread_id, searches)
        )
        for revision, named in candidates:
            if but is not None and revision.post_id == but.pk:
                continue
            place = place_in(revision.plain, block.words, named=named)
            if place:
                found.append(Found(block.ordinal, block.words, revision, *place))
                if revision.post_id in turns:
                    turns.remove(revision.post_id)
                break
    return found


def _quotes_of(post: Post) -> Iterator[Found]:
    for quote in post.quotes.select_related(
        "source_revision__post__author", "source_revision__post__thread"
    ):
        yield Found(quote.ordinal, quote.words, quote.source_revision, quote.start, quote.length)


def _in_turn(pointed: list[Revision], turns: list[int]) -> Iterator[tuple[Revision, bool]]:
    """What the form pointed at, first the posts whose quote was not found yet, in their order.

    A few words may stand in several of these posts; quotes are made in the order of the pointing.
    """
    order = {post_id: place for place, post_id in reversed(list(enumerate(turns)))}
    for revision in sorted(pointed, key=lambda each: order.get(each.post_id, len(turns))):
        yield revision, True


def _near(reader: User, parent: Post | None) -> Iterator[tuple[Revision, bool]]:
    """What is looked through for every block: the post answered and those above it."""
    if parent is not None:
        above = Post.objects.path_to(parent.pk)[: -NEAR - 1 : -1]
        for revision in Revision.objects.of_posts(above, reader):
            yield revision, False


def _elsewhere(
    block: QuoteBlock, reader: User, thread_id: int | None, searches: Iterator[int]
) -> Iterator[tuple[Revision, bool]]:
    """The rest of the thread, while there are searches left; nothing is asked before it is used."""
    if thread_id is not None and next(searches, None) is not None:
        probe = _probe(block.words)
        for revision in Revision.objects.in_thread_with(thread_id, probe, reader):
            yield revision, False


def _probe(words: str) -> str:
    """The longest word of a quote: the cheapest thing that its source must have to the letter."""
    return max(re.findall(r"\w+", words), key=len, default="")


def place_in(plain: str, words: str, *, named: bool = False) -> tuple[int, int] | None:
    """Start and length of the quoted words in `plain`; of elided ones, from first to last part.

    Words so few that they stand anywhere by chance count only when the source was `named`.
    """
    return find(words, plain) if named or worth_matching(words, plain) else None


def record_quotes(post: Post, found: Sequence[Found]) -> None:
    """Make the quotes of `post` exactly those that were found."""
    post.quotes.all().delete()
    Quote.objects.bulk_create(
        Quote(
            post=post,
            ordinal=quote.ordinal,
            source_post_id=quote.revision.post_id,
            source_revision=quote.revision,
            start=quote.start,
            length=quote.length,
            words=quote.words,
        )
        for quote in found
    )
