"""Full-text search in the posts and titles that a reader may see."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal

from django.contrib.postgres.search import SearchQuery as DjangoSearchQuery
from django.contrib.postgres.search import SearchRank, TrigramSimilarity
from django.db import connection
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FloatField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
    Window,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import RowNumber

from forum.lib.search import SearchQuery
from forum.markup.quotes import BLOT
from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.quotes import Quote
from forum.models.revisions import Revision, RevisionQuerySet
from forum.models.search import TitleWords
from forum.models.threads import Reader, Thread, listed_by

THREADS_PER_SEARCH_PAGE = 20
POSTS_PER_THREAD = 3
POSTS_OF_ONE_THREAD = 100  # when one thread or branch is searched
MAX_PEOPLE = MAX_BOARDS = MAX_SIMILAR_TITLES = 5
# When the planner expects more matches than this, only the newest are ranked.
MAX_RANKED = 10_000
NEWEST_RANKED = 1_000
MAX_TITLES = 200  # the newest of the titles that match

Order = Literal["relevance", "newest"]

# Cover density divided by the logarithm of the text's length.
DIVIDED_BY_LOG_LENGTH = Value(1)
TITLE_BONUS = 10.0
# Half a year-old post's rank is lost to its age; imports count from when they were written.
RECENCY = RawSQL(
    """exp(-ln(2) / 31557600
           * greatest(0, extract(epoch FROM now() - "forum_post"."created_at")))""",
    [],
    output_field=FloatField(),
)

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
        self.tsquery = _compile(query) if query.groups or query.excluded else ""
        self.words = CompiledQuery(self.tsquery)

    def results(self, page: int = 1) -> SearchResults:
        """Return a page of the threads that match, best first; at most nine queries."""
        conditions = self._conditions()
        if isinstance(conditions, str):
            return SearchResults(not_found=conditions)
        titles = self._titles()
        candidates, is_newest_only = self._candidates(conditions, titles)
        found = (
            Revision.objects.readable_by(self.reader)
            .filter(conditions, self._is_listed(), pk__in=candidates)
            .annotate(score=self._score(titles))
        )
        start = (page - 1) * THREADS_PER_SEARCH_PAGE
        threads = list(
            found.order_by()
            .values("post__thread")
            .annotate(best=Max("score"), count=Count("pk"))
            .order_by("-best", "-post__thread")[start : start + THREADS_PER_SEARCH_PAGE + 1]
        )
        shown = threads[:THREADS_PER_SEARCH_PAGE]
        return SearchResults(
            threads=self._with_posts(found, {row["post__thread"]: row["count"] for row in shown}),
            has_more=len(threads) > THREADS_PER_SEARCH_PAGE,
            is_newest_only=is_newest_only,
        )

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
        if "unanswered" in flags:
            condition &= Q(~Exists(Post.objects.order_by().filter(parent=OuterRef("post"))))
        if "quote" in flags:
            condition &= Q(Exists(Quote.objects.filter(post=OuterRef("post"))))
        return condition

    def _titles(self) -> list[int]:
        """Return the newest threads whose titles match."""
        if not self.query.groups:
            return []
        threads = Thread.objects.visible_to(self.reader).alias(words=TitleWords("title"))
        found = threads.filter(words=self.words).order_by("-pk")
        return list(found.values_list("pk", flat=True)[:MAX_TITLES])

    def _candidates(self, conditions: Q, titles: Sequence[int]) -> tuple[QuerySet[Any], bool]:
        """Return the revisions to rank, and whether they are only the newest of too many.

        A rare word is found by its index, and all that is found is ranked. For a common one that
        would take long, while reading backwards from the newest soon finds enough.
        """
        matching = Revision.objects.order_by().filter(conditions)
        if self.tsquery:
            matching = matching.filter(words=self.words)
        is_newest_only = not self.query.groups or _expected_rows(matching) > MAX_RANKED
        if is_newest_only:
            candidates = matching.order_by("-pk").values("pk")[:NEWEST_RANKED]
        else:
            candidates = matching.values("pk")[:MAX_RANKED]
        if not titles:
            return candidates, is_newest_only
        openings = Revision.objects.order_by().filter(
            conditions, post__thread__in=titles, post__parent=None
        )
        return candidates.union(openings.values("pk")), is_newest_only

    def _score(self, titles: Sequence[int]) -> Combinable:
        if self.order == "newest":
            return F("post_id")
        bonus = Case(
            When(post__thread__in=titles, post__parent=None, then=TITLE_BONUS), default=0.0
        )
        density = SearchRank(
            F("words"), self.words, normalization=DIVIDED_BY_LOG_LENGTH, cover_density=True
        )
        return (density + bonus) * RECENCY

    def _with_posts(self, found: RevisionQuerySet, counts: dict[int, int]) -> list[FoundThread]:
        """Return these threads, in this order, with their best posts and excerpts."""
        query = self.query
        limit = POSTS_OF_ONE_THREAD if query.thread_id or query.branch_id else POSTS_PER_THREAD
        place = Window(
            RowNumber(), partition_by="post__thread", order_by=[F("score").desc(), "-post_id"]
        )
        best = (
            found.filter(post__thread__in=counts)
            .annotate(place=place)
            .filter(place__lte=limit)
            .select_related("post__author", "post__thread__board")
            .defer("source", "post__source", "post__html", "words")
            .order_by("place")
        )
        revisions = list(best)
        excerpts = self._excerpts(revisions)
        posts: dict[int, list[FoundPost]] = {thread_id: [] for thread_id in counts}
        for revision, excerpt in zip(revisions, excerpts, strict=True):
            posts[revision.post.thread_id].append(FoundPost(revision.post, excerpt))
        return [
            FoundThread(found[0].post.thread, found, counts[thread_id] - len(found))
            for thread_id, found in posts.items()
            if found
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


def _compile(query: SearchQuery) -> str:
    """Return the text of the tsquery; empty when no word is left of the terms."""
    sql, terms = [], list[str]()
    for group in query.groups:
        sql.append(f"({' || '.join(['forum_search_phrase(%s)'] * len(group))})")
        terms += group
    for term in query.excluded:
        sql.append("!!forum_search_phrase(%s)")
        terms.append(term)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT ({' && '.join(sql)})::text", terms)
        return str(cursor.fetchone()[0])


def _expected_rows(queryset: QuerySet[Any]) -> int:
    """Return how many rows the planner expects, from its statistics of words."""
    return int(json.loads(queryset.explain(format="json"))[0]["Plan"]["Plan Rows"])


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def find_people(words: str) -> list[User]:
    """Return members whose names are like `words`, the most similar first."""
    people = User.objects.confirmed().filter(is_active=True, username__trigram_similar=words)
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
