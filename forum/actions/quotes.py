"""Finding whose words a post quotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from forum.markup.quotes import find, worth_matching
from forum.markup.render import QuoteBlock
from forum.models import Post, Quote, Revision, User


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

    Looked for in the posts that the form pointed at, then in the post answered and those above
    it, nearest first, then in the whole thread, latest first; in every revision. A block whose
    words stand nowhere is left out. `but` is the quoting post itself, when it is edited.
    """
    found = []
    for block in blocks:
        for revision, named in _candidates(block, reader, parent, pointed_at):
            if but is not None and revision.post_id == but.pk:
                continue
            place = place_in(revision.plain, block.words, named=named)
            if place:
                found.append(Found(block.ordinal, block.words, revision, *place))
                break
    return found


def _candidates(
    block: QuoteBlock, reader: User, parent: Post | None, pointed_at: Iterable[int]
) -> Iterator[tuple[Revision, bool]]:
    named = list(pointed_at)
    for revision in Revision.objects.of_posts(named, reader):
        yield revision, True
    if parent is None:
        return
    for revision in Revision.objects.of_posts(Post.objects.path_to(parent.pk)[::-1], reader):
        yield revision, False
    for revision in Revision.objects.in_thread_with(parent.thread_id, _probe(block.words), reader):
        yield revision, False


def _probe(words: str) -> str:
    """The longest word of a quote: the cheapest thing that its source must contain."""
    return max(words.split(), key=len, default="").strip(".,;:!?…'\"“”‘’()[]")


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
