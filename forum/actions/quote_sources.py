"""Finding the sources of a post's quotes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, groupby
from operator import attrgetter

from django.conf import settings

from forum.actions.transactions import statements_limited
from forum.markup.altered_quotes import closest
from forum.markup.markdown import MAX_QUOTES
from forum.markup.quotes import find, is_patchwork, longest_word, worth_matching
from forum.markup.rendered_post import QuoteBlock, Rendered
from forum.models import Post, Quote, Revision, User

# Quotes of a post that are searched in the whole thread.
MOST_ELSEWHERE = 10
# Comparisons with posts that a quote may be an altered form of, per post.
MOST_COMPARED = 10
# Linked posts that are searched.
MAX_LINKED_POSTS = 5
# A post's permanent address, or its place in a thread's page.
POST_URL = re.compile(
    r"/p/([1-9][0-9]{0,17})/(?:[?#].*)?|/t/[0-9]+/[^#]*#p([1-9][0-9]{0,17})(?::~:.*)?"
)
# The time limit of one search.
SEARCH_TIMEOUT = "5s"
# Ancestors of the parent that are searched before the whole thread.
NEAR = 100


@dataclass(frozen=True, slots=True)
class FoundQuote:
    """The place of a quote block's words in a revision's plain text.

    Altered words count too: whether they were altered is determined each time they are read.
    """

    ordinal: int
    words: str
    revision: Revision
    start: int
    length: int


def find_sources(
    rendered: Rendered,
    *,
    reader: User,
    parent: Post | None,
    quoted_post_ids: Iterable[int] = (),
    exclude: Post | None = None,
) -> list[FoundQuote]:
    """Return the sources of a text's quotes, among posts whose text `reader` can read.

    Searched are, in this order: the posts that the form quoted from, the parent and its ancestors,
    the whole thread, and the posts that the text links to. Of each post the latest revisions are
    searched, and only the author's own words: a quote of a quote leads to the original. A block
    without a source is left out, unless it is an altered quote of a post that the form quoted from.
    `exclude` is the quoting post itself when it is edited: its earlier quotes keep their sources,
    even if these were removed since or the words are changed now. Raises `Busy` when a search takes
    too long.
    """
    if not rendered.quotes:
        return []
    with statements_limited(SEARCH_TIMEOUT):
        kept = list(_quotes_of(exclude)) if exclude else []
        search = Search(reader, parent, quoted_post_ids, exclude, kept, posts_in(rendered.links))
        known = {quote.words: quote for quote in kept}
        found = []
        for block in rendered.quotes[:MAX_QUOTES]:
            if block.words in known:
                found.append(replace(known[block.words], ordinal=block.ordinal))
            elif block.words and (source := search.source_of(block)):
                found.append(source)
    return found


def posts_in(addresses: Iterable[str]) -> list[int]:
    """Return the ids of posts of this site at these addresses; at most `MAX_LINKED_POSTS`."""
    site = settings.SITE_URL
    own = (address.removeprefix(site) for address in addresses if address.startswith(site))
    found = (match for match in map(POST_URL.fullmatch, own) if match)
    ids = dict.fromkeys(int(match[1] or match[2]) for match in found)
    return list(ids)[:MAX_LINKED_POSTS]


class Search:
    """The search for the sources of one post's quotes, with one budget for all of them."""

    def __init__(
        self,
        reader: User,
        parent: Post | None,
        quoted_post_ids: Iterable[int],
        exclude: Post | None,
        kept: Sequence[FoundQuote],
        linked: Sequence[int],
    ) -> None:
        self.reader = reader
        self.thread_id = exclude.thread_id if exclude else parent.thread_id if parent else None
        self.excluded_id = exclude.pk if exclude else None
        # The named posts whose quote was not found yet, in the order of the quotes.
        self.turns = list(quoted_post_ids)
        # Sources of its earlier quotes count as named, whoever may read them now.
        self.before = list({quote.revision.pk: quote.revision for quote in kept}.values())
        above = Post.objects.path_to(parent.pk)[: -NEAR - 1 : -1] if parent else []
        near = Revision.objects.of_posts(list(dict.fromkeys([*self.turns, *above])), reader)
        self.named_revisions = [revision for revision in near if revision.post_id in self.turns]
        self.above = [revision for revision in near if revision.post_id in set(above)]
        self._linked_ids = linked
        self.searches = MOST_ELSEWHERE
        self.comparisons = MOST_COMPARED

    def source_of(self, block: QuoteBlock) -> FoundQuote | None:
        """Return the source of this block's words."""
        for revision, named in chain(
            ((revision, True) for revision in self._in_turn()),
            ((revision, False) for revision in self.above),
            ((revision, True) for revision in self.before),
            self._elsewhere(block),
            self._linked(),
        ):
            if revision.post_id == self.excluded_id:
                continue
            place = place_in(revision.own_words, block.words, named=named)
            if place:
                return self._found(block, revision, place)
        return self._altered_from(block)

    def _found(self, block: QuoteBlock, revision: Revision, place: tuple[int, int]) -> FoundQuote:
        if revision.post_id in self.turns:
            self.turns.remove(revision.post_id)
        return FoundQuote(block.ordinal, block.words, revision, *place)

    def _in_turn(self) -> list[Revision]:
        """Return the revisions that the form named, first those whose quote was not found yet.

        Short quotes may match several of these posts.
        """
        order = {post_id: place for place, post_id in reversed(list(enumerate(self.turns)))}
        last = len(self.turns)
        return sorted(self.named_revisions, key=lambda each: order.get(each.post_id, last))

    def _elsewhere(self, block: QuoteBlock) -> Iterator[tuple[Revision, bool]]:
        """Yield revisions in the thread that may contain the words, while the budget lasts."""
        if self.thread_id is not None and self.searches:
            self.searches -= 1
            word = longest_word(block.words)
            for revision in Revision.objects.in_thread_with(self.thread_id, word, self.reader):
                yield revision, False

    def _linked(self) -> Iterator[tuple[Revision, bool]]:
        """Yield the posts that the text links to; queried only if no nearer post has the words."""
        for revision in self.linked:
            yield revision, False

    @cached_property
    def linked(self) -> list[Revision]:
        return Revision.objects.of_posts(self._linked_ids, self.reader)

    def _altered_from(self, block: QuoteBlock) -> FoundQuote | None:
        """Return the named post whose current words the block has changed."""
        grouped = groupby(self._in_turn(), key=attrgetter("post_id"))
        for latest in [*(next(revisions) for _post_id, revisions in grouped), *self.before]:
            if self.comparisons and latest.post_id != self.excluded_id:
                self.comparisons -= 1
                place = closest(block.words, latest.own_words)
                if place:
                    return self._found(block, latest, place)
        return None


def _quotes_of(post: Post) -> Iterator[FoundQuote]:
    for quote in post.quotes.select_related(
        "source_revision__post__author", "source_revision__post__thread"
    ):
        yield FoundQuote(
            quote.ordinal, quote.words, quote.source_revision, quote.start, quote.length
        )


def place_in(said: str, words: str, *, named: bool = False) -> tuple[int, int] | None:
    """Return start and length of quoted words in a text; of shortened ones, of all parts together.

    Words that are too few to identify a place count only when the source was `named`.
    """
    place = find(words, said) if named or worth_matching(words, said) else None
    return None if place is None or is_patchwork(words, said) else place


def find_again(revisions: Collection[Revision]) -> None:
    """Find the quoted words in these revisions again, after their text was shortened."""
    quotes = Quote.objects.filter(source_revision__in=revisions).exclude(words="")
    for quote in quotes.select_related("source_revision"):
        said = quote.source_revision.own_words
        place = place_in(said, quote.words, named=True) or closest(quote.words, said)
        if place:
            quote.start, quote.length = place
            quote.save(update_fields=["start", "length"])


def replace_quotes(post: Post, found: Sequence[FoundQuote]) -> None:
    """Replace the quotes of `post` with those that were found."""
    post.quotes.all().delete()
    add_quotes(post, found)


def add_quotes(post: Post, found: Sequence[FoundQuote]) -> None:
    """Store the quotes of a post that has none yet."""
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
