"""Full-text search in the posts and titles that a reader may see.

The index finds posts without reading them, but their words are not stored: they have to be parsed
again to be ranked, a tenth of a millisecond a post. So only the newest matches are looked at, and
the density of the words is compared in the newest of these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from django.contrib.postgres.search import SearchQuery as DjangoSearchQuery
from django.contrib.postgres.search import SearchRank, TrigramSimilarity
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.expressions import RawSQL
from django.utils import timezone

from forum.lib.search import SearchQuery
from forum.lib.sql import unnest
from forum.markup.quotes import BLOT
from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.quotes import Quote
from forum.models.read_state import IsInSet, ReadState
from forum.models.revisions import Revision, RevisionQuerySet
from forum.models.search import OpeningWords, SearchWords, TitleWords
from forum.models.threads import Reader, Thread, listed_by

THREADS_PER_SEARCH_PAGE = 20
POSTS_PER_THREAD = 3
POSTS_OF_ONE_THREAD = 100  # when one thread or branch is searched
MAX_PEOPLE = MAX_BOARDS = MAX_SIMILAR_TITLES = 5
# Of the posts that match, the newest are found, and in the newest of these density is compared.
MAX_FOUND = 500
MAX_COMPARED = 200
MAX_TITLES = 100  # the newest of the titles that match
# Where the filters leave no more posts than this, all are read; else the index finds the words.
MAX_READ = 500
# When too few of the newest posts pass the filters, so many times as many are looked at.
WINDOW_GROWTH = 8

Order = Literal["relevance", "newest"]

# Cover density divided by the logarithm of the text's length.
DIVIDED_BY_LOG_LENGTH = Value(1)
# A title that matches outranks any density, even when it is old.
TITLE_BONUS = 10.0
LEAST_TITLE_RECENCY = 0.2
HALF_LIFE = 31_557_600  # seconds: a year; imports count from when they were written

# Materialized, so that the planner uses the index: it cannot know that few of the newest match.
NEWEST_HITS_SQL = """
WITH hits AS MATERIALIZED (
    SELECT id FROM forum_revision
     WHERE forum_search_words(plain, quoted) @@ %s::tsquery AND id > %s
) SELECT id FROM hits
"""

# Around matched words in excerpts, and what is left out of them: these, white space, and the
# places of quotes.
MARK_START, MARK_END = "\x02", "\x03"
_LESS_THAN = "\x04"  # for "<", as PostgreSQL leaves out of excerpts what looks like a tag
_NOT_SHOWN = re.compile(rf"[\s{MARK_START}{MARK_END}{_LESS_THAN}{BLOT}]+")
# An excerpt from far into a long text is not worth the time to find it.
EXCERPTS_SQL = """
SELECT ts_headline('public.forum_search', left(words, 10000), %s::tsquery, %s)
  FROM unnest(%s::text[]) WITH ORDINALITY AS texts (words, place) ORDER BY place
"""
EXCERPT_OPTIONS = f"StartSel={MARK_START}, StopSel={MARK_END}, MaxWords=45, MinWords=30"


class CompiledQuery(DjangoSearchQuery):
    """A tsquery given as its text."""

    template = "(%(expressions)s)::tsquery"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A post that matches: its current revision, and whether it was found by its title."""

    revision_id: int
    post_id: int
    thread_id: int
    created_at: datetime
    title: str = ""  # when it has all the words
    has_title_words: bool = False  # when it has some of them


@dataclass(frozen=True, slots=True)
class FoundPost:
    """A post that matches, with an excerpt in which the words are between marks."""

    post: Post
    excerpt: str


@dataclass(frozen=True, slots=True)
class FoundThread:
    """A thread with its best posts, and the number of others that match."""

    thread: Thread
    posts: list[FoundPost]
    others: int


@dataclass(slots=True)
class SearchResults:
    """A page of results."""

    threads: list[FoundThread] = field(default_factory=list)
    has_more: bool = False
    is_newest_only: bool = False  # too many match: only the newest were ranked
    # Filters that name nothing the reader can see: "author", "board", "in" or "under".
    not_found: str = ""


class PostSearch:
    """A search by one reader."""

    def __init__(self, query: SearchQuery, reader: Reader, order: Order = "relevance") -> None:
        self.query = query
        self.reader = reader
        self.order = order if query.groups else "newest"
        self.tsquery, self.any_word, excluded = _compile(query)
        self.words = CompiledQuery(self.tsquery)
        self.excluded = CompiledQuery(excluded)

    def results(self, page: int = 1) -> SearchResults:
        """Return a page of the threads that match, best first; at most a dozen queries."""
        conditions = self._conditions()
        if isinstance(conditions, str):
            return SearchResults(not_found=conditions)
        candidates, has_more = self._candidates(conditions)
        scores = self._scores(candidates)
        threads: dict[int, list[Candidate]] = {}
        for found in sorted(candidates, key=lambda each: scores[each.revision_id], reverse=True):
            threads.setdefault(found.thread_id, []).append(found)
        start = (page - 1) * THREADS_PER_SEARCH_PAGE
        shown = list(threads.values())[start : start + THREADS_PER_SEARCH_PAGE]
        return SearchResults(
            threads=self._with_posts(shown),
            has_more=len(threads) > start + THREADS_PER_SEARCH_PAGE,
            is_newest_only=has_more,
        )

    def posts_in_tree_order(self) -> list[int]:
        """Return the ids of the posts that match, in the order of the tree; of one thread."""
        conditions = self._conditions()
        if isinstance(conditions, str):
            return []
        found, _has_more = self._in_texts(self._readable(conditions))
        ids = unnest(each.post_id for each in found)
        posts = Post.objects.filter(pk__in=ids).order_by("tree_id", "lft")
        return list(posts.values_list("pk", flat=True))

    def _conditions(self) -> Q | str:
        """Return the condition of all filters, or the name of a filter that finds nothing."""
        query = self.query
        condition = Q(number=F("post__latest_number"))
        if query.author:
            author = User.objects.named([query.author]).first()
            if author is None:
                return "author"
            condition &= Q(post__author=author)
        if query.board:
            board = Board.objects.filter(slug=query.board).first()
            if board is None:
                return "board"
            condition &= Q(post__thread__board=board)
        if query.thread_id:
            condition &= Q(post__thread=query.thread_id)
        if query.branch_id:
            head = Post.objects.visible_to(self.reader).filter(pk=query.branch_id).first()
            if head is None:
                return "under"
            condition &= Q(post__in=Post.objects.branch_of(head).values("pk"))
        if query.before:
            condition &= Q(post__created_at__lt=_midnight(query.before))
        if query.after:
            condition &= Q(post__created_at__gte=_midnight(query.after))
        return condition & self._flags()

    def _is_listed(self) -> Q:
        """Leave out unlisted threads, unless one thread is searched: its address is known then."""
        if self.query.thread_id or self.query.branch_id:
            return Q()
        return listed_by(self.reader, "post__thread__")

    def _flags(self) -> Q:
        flags = self.query.flags
        condition = Q()
        if "opening" in flags:
            condition &= Q(post__parent=None)
        if "mine" in flags:
            condition &= Q(post__author=self.reader.pk)
        if "unread" in flags:
            condition &= self._is_unread()
        if "unanswered" in flags:
            condition &= Q(~Exists(Post.objects.order_by().filter(parent=OuterRef("post"))))
        if "quote" in flags:
            condition &= Q(Exists(Quote.objects.filter(post=OuterRef("post"))))
        return condition

    def _is_unread(self) -> Q:
        """Return the condition for others' posts that were not on the reader's screen."""
        if not isinstance(self.reader, User):
            return Q(pk__in=[])
        seen = ReadState.objects.filter(
            IsInSet(OuterRef("post__latest_number"), F("numbers")),
            member=self.reader,
            thread=OuterRef("post__thread"),
        )
        return ~Q(post__author=self.reader) & ~Q(Exists(seen))

    def _readable(self, conditions: Q) -> RevisionQuerySet:
        """Return the current revisions that pass all filters."""
        readable = Revision.objects.readable_by(self.reader).filter(conditions, self._is_listed())
        if self.query.excluded:
            in_title = TitleWords("post__thread__title")
            allowed = Q(post__parent__isnull=False) | ~Q(title_words=self.excluded)
            readable = readable.alias(title_words=in_title).filter(allowed)
        return readable

    def _candidates(self, conditions: Q) -> tuple[list[Candidate], bool]:
        """Return the newest posts that match, and whether there are more."""
        readable = self._readable(conditions)
        by_title = {found.revision_id: found for found in self._by_titles(readable)}
        found, has_more = self._in_texts(readable)
        return list(({each.revision_id: each for each in found} | by_title).values()), has_more

    def _in_texts(self, readable: RevisionQuerySet) -> tuple[list[Candidate], bool]:
        """Return the newest posts whose texts match, and whether there are more."""
        if not self.tsquery:
            return _newest(readable)
        if not self.query.groups or _expected_rows(readable) <= MAX_READ:
            return _newest(
                readable.alias(found=SearchWords("plain", "quoted")).filter(found=self.words)
            )
        hits = Revision.objects.order_by().alias(found=SearchWords("plain", "quoted"))
        expected = _expected_rows(hits.filter(found=self.words))
        latest = Revision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        window = 2 * MAX_FOUND * latest // max(expected, 1)
        while True:
            newest = RawSQL(NEWEST_HITS_SQL, [self.tsquery, latest - window])  # noqa: S611 (fixed)
            found, has_more = _newest(readable.filter(pk__in=newest))
            if has_more or window >= latest:
                return found, has_more
            window *= WINDOW_GROWTH

    def _by_titles(self, readable: RevisionQuerySet) -> Iterator[Candidate]:
        """Yield the opening posts that match together with their titles."""
        if not self.query.groups:
            return
        full = self._titles(self.words)
        titles = full | self._titles(CompiledQuery(self.any_word))
        openings = readable.filter(post__parent=None, post__thread__in=unnest(titles))
        words = OpeningWords("post__thread__title", "plain", "quoted")
        found, _has_more = _newest(openings.alias(found=words).filter(found=self.words))
        for each in found:
            title = full.get(each.thread_id, "")
            yield replace(each, title=title, has_title_words=True)

    def _titles(self, words: CompiledQuery) -> dict[int, str]:
        """Return the newest threads whose titles match, by id."""
        threads = Thread.objects.visible_to(self.reader).alias(words=TitleWords("title"))
        found = threads.filter(words=words).order_by("-pk")
        return dict(found.values_list("pk", "title")[:MAX_TITLES])

    def _scores(self, candidates: Sequence[Candidate]) -> dict[int, float]:
        """Return the score of each candidate, by revision."""
        if self.order == "newest":
            return {each.revision_id: each.post_id for each in candidates}
        densities = self._densities(candidates)
        now = timezone.now()
        return {
            each.revision_id: self._score(each, densities.get(each.revision_id, 0.0), now)
            for each in candidates
        }

    def _densities(self, candidates: Sequence[Candidate]) -> dict[int, float]:
        newest = sorted(candidates, key=lambda each: (each.has_title_words, each.post_id))
        compared = unnest(each.revision_id for each in newest[-MAX_COMPARED:])
        density = SearchRank(
            SearchWords("plain", "quoted"),
            self.words,
            normalization=DIVIDED_BY_LOG_LENGTH,
            cover_density=True,
        )
        return dict(Revision.objects.filter(pk__in=compared).order_by().values_list("pk", density))

    def _score(self, found: Candidate, density: float, now: datetime) -> float:
        recency = 0.5 ** (max((now - found.created_at).total_seconds(), 0.0) / HALF_LIFE)
        score = density * recency
        if found.has_title_words:
            share = min(1.0, len(self.query.groups) / len(found.title.split() or [""]))
            bonus = TITLE_BONUS * (1 + share) if found.title else 1.0
            score += bonus * max(recency, LEAST_TITLE_RECENCY)
        return score

    def _with_posts(self, threads: Sequence[Sequence[Candidate]]) -> list[FoundThread]:
        """Return threads with their best posts and excerpts; `threads` are their candidates."""
        query = self.query
        limit = POSTS_OF_ONE_THREAD if query.thread_id or query.branch_id else POSTS_PER_THREAD
        ids = [each.revision_id for found in threads for each in found[:limit]]
        revisions = (
            Revision.objects.filter(pk__in=unnest(ids))
            .select_related("post__author", "post__thread__board")
            .defer("source", "post__source", "post__html")
            .in_bulk()
        )
        best = [revisions[pk] for pk in ids if pk in revisions]
        posts: dict[int, list[FoundPost]] = {}
        for revision, excerpt in zip(best, self._excerpts(best), strict=True):
            posts.setdefault(revision.post.thread_id, []).append(FoundPost(revision.post, excerpt))
        return [
            FoundThread(shown[0].post.thread, shown, len(found) - len(shown))
            for found in threads
            if (shown := posts.get(found[0].thread_id))
        ]

    def _excerpts(self, revisions: Sequence[Revision]) -> list[str]:
        texts = [
            _NOT_SHOWN.sub(" ", revision.own_words).replace("<", _LESS_THAN)
            for revision in revisions
        ]
        if not texts:
            return []
        with connection.cursor() as cursor:
            cursor.execute(EXCERPTS_SQL, [self.tsquery, EXCERPT_OPTIONS, texts])
            found = [excerpt for (excerpt,) in cursor]
        return [
            _with_ellipses(*pair).replace(_LESS_THAN, "<")
            for pair in zip(found, texts, strict=True)
        ]


def _with_ellipses(excerpt: str, text: str) -> str:
    """Return an excerpt with "…" where it leaves out the beginning or the end of the text."""
    plain = excerpt.replace(MARK_START, "").replace(MARK_END, "").strip()
    before = "" if text.strip().startswith(plain) else "… "
    after = "" if text.strip().endswith(plain) else " …"
    return f"{before}{excerpt}{after}"


def _newest(revisions: RevisionQuerySet) -> tuple[list[Candidate], bool]:
    """Return the newest `MAX_FOUND` revisions, and whether there are more."""
    columns = ("pk", "post_id", "post__thread_id", "post__created_at")
    rows = list(revisions.order_by("-pk").values_list(*columns)[: MAX_FOUND + 1])
    return [Candidate(*row) for row in rows[:MAX_FOUND]], len(rows) > MAX_FOUND


def _compile(query: SearchQuery) -> tuple[str, str, str]:
    """Return the texts of three tsqueries: the search, any of its words, any excluded word.

    Empty when there are no such terms, or no word is left of them.
    """
    wanted = [term for group in query.groups for term in group]
    any_group = " && ".join(f"({_any_of(group)})" for group in query.groups)
    full = " && ".join(
        filter(None, [any_group, *["!!forum_search_phrase(%s)"] * len(query.excluded)])
    )
    sql = ", ".join(
        f"({terms})::text" if terms else "''"
        for terms in (full, _any_of(wanted), _any_of(query.excluded))
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sql}", [*wanted, *query.excluded, *wanted, *query.excluded])
        full, any_word, excluded = cursor.fetchone()
        return full, any_word, excluded


def _any_of(terms: Sequence[str]) -> str:
    return " || ".join(["forum_search_phrase(%s)"] * len(terms))


def _expected_rows(queryset: QuerySet[Any]) -> int:
    """Return how many rows the planner expects, from its statistics of words."""
    return int(json.loads(queryset.explain(format="json"))[0]["Plan"]["Plan Rows"])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def find_people(words: str) -> list[User]:
    """Return members whose names are like `words`, the most similar first."""
    people = User.objects.filter(is_active=True, username__trigram_similar=words)
    found = people.annotate(likeness=TrigramSimilarity("username", words)).order_by(
        "-likeness", "username"
    )
    return list(found[:MAX_PEOPLE])


def find_boards(words: str) -> list[Board]:
    """Return boards whose names contain `words`."""
    return list(Board.objects.filter(name__icontains=words)[:MAX_BOARDS])


def find_similar_titles(words: str, reader: Reader) -> list[Thread]:
    """Return threads that lists show to the reader with titles like `words`."""
    threads = Thread.objects.listed_for(reader).filter(merged_into=None)
    similar = threads.annotate(likeness=TrigramSimilarity("title", words)).filter(
        Q(title__trigram_similar=words) | Q(title__trigram_word_similar=words)
    )
    return list(similar.order_by("-likeness", "-pk")[:MAX_SIMILAR_TITLES])
