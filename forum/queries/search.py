"""Full-text search in the posts and titles that a reader may see.

The index finds posts without reading them, but their words are not stored: they have to be parsed
again to be ranked, a tenth of a millisecond a post. So only the newest matches are looked at, and
the density of the words is compared in the newest of these.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from django.contrib.postgres.search import SearchQuery as DjangoSearchQuery
from django.contrib.postgres.search import SearchRank, TrigramSimilarity
from django.db import connection
from django.db.models import Exists, F, JSONField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.expressions import RawSQL
from django.utils import timezone

from forum.lib.prepared_queries import PreparedQuery
from forum.lib.search import SearchQuery
from forum.lib.sql import IsAnyOf, unnest
from forum.markup.quotes import BLOT
from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post
from forum.models.quotes import Quote
from forum.models.revisions import Revision, RevisionQuerySet
from forum.models.search import OpeningWords, SearchWords, TitleWords
from forum.models.subscriptions import Subscription
from forum.models.tags import Tag, has_tag
from forum.models.threads import Thread
from forum.models.visibility import Reader, listed_by
from forum.queries.read_state import unread_to
from forum.queries.subscriptions import muted_posts

THREADS_PER_SEARCH_PAGE = 20
POSTS_PER_THREAD = 3
POSTS_OF_ONE_THREAD = 100  # when one thread or branch is searched
MAX_PEOPLE = MAX_BOARDS = MAX_TAGS_FOUND = MAX_SIMILAR_TITLES = 5
# Of the posts that match, the newest are found, and in the newest of these density is compared.
MAX_FOUND = 300
MAX_COMPARED = 60
MAX_TITLES = 20  # the newest of the titles that match
# Where the filters leave no more posts than this, all are read; else the index finds the words.
MAX_READ = 500
# About so many of the newest matches are looked at first.
MAX_HITS = 3 * MAX_FOUND // 2
# More hits than this are narrowed by the index of ids before they are read; fewer are read.
MAX_HITS_READ = 10_000
# When too few of the newest posts pass the filters, so many times as many are looked at.
WINDOW_GROWTH = 8
# So many texts are parsed for a phrase, words to leave out, or a common word in a large thread.
MAX_PARSED = 20_000

Order = Literal["relevance", "newest"]

# Cover density divided by the logarithm of the text's length.
DIVIDED_BY_LOG_LENGTH = Value(1)
# A title that matches outranks any density, even when it is old.
TITLE_BONUS = 10.0
LEAST_TITLE_RECENCY = 0.2
HALF_LIFE = 31_557_600  # seconds: a year; imports count from when they were written

# Materialized, so that the planner uses the index: it cannot know that few of the newest match.
# The index ignores the order of words. Matches are parsed to compare it, by a function rather than
# its operator `@@`, for which the index would be used once more.
HITS_SQL = """
WITH hits AS MATERIALIZED (
    SELECT {columns} FROM forum_revision
     WHERE forum_search_words(plain, quoted) @@ %s::tsquery AND {id} > %s
) SELECT id FROM hits {condition}
"""
EXACT = "WHERE ts_match_vq(forum_search_words(plain, quoted), %s::tsquery)"
_NEXT_TO = re.compile(r"<(?:-|[0-9]+)>")

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
MARKS = f"StartSel={MARK_START}, StopSel={MARK_END}"
EXCERPT_OPTIONS = f"{MARKS}, MaxWords=45, MinWords=30"
WHOLE_TEXT_OPTIONS = f"{MARKS}, HighlightAll=true"
_MARKED = re.compile(f"{MARK_START}([^{MARK_END}]+){MARK_END}")


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
    is_muted: bool = False  # by the reader


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
    # Filters that name nothing the reader can see: "author", "board", "tag" or "under".
    not_found: str = ""


class PostSearch:
    """A search by one reader."""

    def __init__(self, query: SearchQuery, reader: Reader, order: Order = "relevance") -> None:
        self.query = query
        self.reader = reader
        self.order = order if query.groups else "newest"
        self.tsquery, wanted, self.any_word, excluded = _compile(query)
        self.any_order = _NEXT_TO.sub("&", wanted)
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

    def in_tree_order(self) -> tuple[list[int], bool]:
        """Return the posts of one thread that match, in tree order, and whether there are more."""
        conditions = self._conditions()
        if isinstance(conditions, str):
            return [], False
        found, has_more = self._in_texts(conditions)
        ids = unnest(each.post_id for each in found)
        posts = Post.objects.filter(pk__in=ids).in_tree_order()
        return list(posts.values_list("pk", flat=True)), has_more

    def own_pending_posts(self) -> list[PendingPost]:
        """Return the reader's own pending posts with these words, the latest first; one query."""
        if not isinstance(self.reader, User):
            return []
        words = OpeningWords("title", "source", Value([], JSONField()))
        waiting = (
            PendingPost.objects.of_member(self.reader).waiting().with_context().alias(words=words)
        )
        return list(waiting.filter(words=self.words))

    def words_found(self, posts: Collection[int]) -> dict[int, set[str]]:
        """Return the words to mark in these posts, as they are written there; two queries."""
        current = Q(post__in=unnest(posts), number=F("post__latest_number"))
        revisions = list(Revision.objects.readable_by(self.reader).filter(current))
        texts = self._excerpts(revisions, WHOLE_TEXT_OPTIONS) if self.tsquery else [""] * len(posts)
        return {
            revision.post_id: {*_MARKED.findall(text)}
            for revision, text in zip(revisions, texts, strict=True)
        }

    def _conditions(self) -> Q | str:
        """Return the condition of all filters, or the name of a filter that finds nothing."""
        query, condition = self.query, Q()
        if query.author:
            author = User.objects.named([query.author]).first()
            if author is None:
                return "author"
            condition &= Q(post__author=author)
        if query.before:
            condition &= Q(post__created_at__lt=_midnight(query.before))
        if query.after:
            condition &= Q(post__created_at__gte=_midnight(query.after))
        places = self._places()
        return places if isinstance(places, str) else condition & places & self._flags()

    def _places(self) -> Q | str:
        """Return the condition of the filters by place, or the name of one that finds nothing."""
        query, condition = self.query, Q()
        if query.board:
            board = Board.objects.filter(slug=query.board).first()
            if board is None:
                return "board"
            condition &= Q(post__thread__board=board)
        if query.tag:
            tag = Tag.objects.select_related("synonym_of").filter(slug=query.tag).first()
            if tag is None:
                return "tag"
            tagged = Thread.objects.filter(has_tag((tag.synonym_of or tag).pk))
            condition &= Q(post__thread__in=tagged.values("pk"))
        if query.thread_id:
            condition &= Q(post__thread=query.thread_id)
        if query.branch_id:
            head = Post.objects.visible_to(self.reader).filter(pk=query.branch_id).first()
            if head is None:
                return "under"
            condition &= Q(post__in=Post.objects.branch_of(head).values("pk"))
        return condition

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
        if "followed" in flags:
            condition &= self._is_followed()
        if "unread" in flags:
            condition &= self._is_unread()
        if "unanswered" in flags:
            condition &= Q(~Exists(Post.objects.order_by().filter(parent=OuterRef("post"))))
        if "quote" in flags:
            condition &= Q(Exists(Quote.objects.filter(post=OuterRef("post"))))
        return condition

    def _is_unread(self) -> Q:
        """Return the condition for unread posts; visitors have none."""
        if not isinstance(self.reader, User):
            return Q(pk=None)
        posts = Post.objects.order_by().filter(unread_to(self.reader), pk=OuterRef("post"))
        return Q(Exists(posts))

    def _is_followed(self) -> Q:
        """Return the condition for posts in what the reader follows; visitors follow nothing."""
        mine = Subscription.objects.filter(member=self.reader.pk)
        nearest = Subquery(mine.enclosing_posts().values("state")[:1])
        posts = Post.objects.order_by().alias(nearest=nearest)
        return Q(Exists(posts.filter(nearest=Subscription.State.FOLLOW, pk=OuterRef("post"))))

    def _readable(self, conditions: Q) -> RevisionQuerySet:
        """Return the current revisions that pass all filters."""
        current = Q(number=F("post__latest_number"))
        readable = Revision.objects.readable_by(self.reader).filter(
            current, conditions, self._is_listed()
        )
        if self.query.excluded:
            in_title = TitleWords("post__thread__title")
            allowed = Q(post__parent__isnull=False) | ~Q(title_words=self.excluded)
            readable = readable.alias(title_words=in_title).filter(allowed)
        return readable

    def _candidates(self, conditions: Q) -> tuple[list[Candidate], bool]:
        """Return the newest posts that match, and whether there are more."""
        readable = self._readable(conditions)
        by_title = {found.revision_id: found for found in self._by_titles(readable)}
        found, has_more = self._in_texts(conditions)
        return list(({each.revision_id: each for each in found} | by_title).values()), has_more

    def _in_texts(self, conditions: Q) -> tuple[list[Candidate], bool]:
        """Return the newest posts whose texts match, and whether there are more."""
        readable = self._readable(conditions)
        if not self.tsquery:
            return _newest(readable)
        scope = _expected_rows(Revision.objects.order_by().filter(conditions))
        if not self.query.groups or scope <= MAX_READ:
            return self._in_scope(readable)
        hits = Revision.objects.order_by().alias(found=SearchWords("plain", "quoted"))
        expected = max(_expected_rows(hits.filter(found=CompiledQuery(self.any_order))), 1)
        latest = Revision.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        # Where the filters leave many posts, enough of the newest pass them.
        if expected > MAX_HITS_READ and scope <= min(MAX_PARSED, latest // 20):
            return self._in_scope(readable)
        return self._in_newest(readable, expected, latest)

    def _in_scope(self, readable: RevisionQuerySet) -> tuple[list[Candidate], bool]:
        """Return the same, by reading the texts that pass the filters, and no others."""
        scope = list(readable.order_by("-pk").values_list("pk", flat=True)[:MAX_PARSED])
        texts = readable.filter(pk__in=unnest(scope)).alias(found=SearchWords("plain", "quoted"))
        found, has_more = _newest(texts.filter(found=self.words))
        return found, has_more or len(scope) == MAX_PARSED

    def _in_newest(
        self, readable: RevisionQuerySet, expected: int, latest: int
    ) -> tuple[list[Candidate], bool]:
        """Return the same, from ranges of revisions up to `latest`; `expected` match in all."""
        window = latest if expected <= 2 * MAX_HITS else MAX_HITS * latest // expected
        while True:
            found, has_more = _newest(readable.filter(pk__in=self._hits(latest - window, expected)))
            if has_more or window >= latest:
                return found, has_more
            window *= WINDOW_GROWTH
            if self.any_order != self.tsquery and window * expected > MAX_PARSED * latest:
                return found, True

    def _hits(self, after: int, expected: int) -> RawSQL:
        """Return the revisions after that one whose texts match, of so many in all."""
        row = "id" if expected > MAX_HITS_READ else "id + 0"  # a sum is not looked up in an index
        if self.any_order == self.tsquery:
            sql = HITS_SQL.format(id=row, columns="id", condition="")
            return RawSQL(sql, [self.tsquery, after])  # noqa: S611 (fixed text)
        sql = HITS_SQL.format(id=row, columns="id, plain, quoted", condition=EXACT)
        return RawSQL(sql, [self.any_order, after, self.tsquery])  # noqa: S611 (fixed text)

    def _by_titles(self, readable: RevisionQuerySet) -> Iterator[Candidate]:
        """Yield the opening posts that match together with their titles."""
        if not self.query.groups:
            return
        titles = full = self._titles(self.tsquery)
        if self.any_word != self.tsquery:
            titles = full | self._titles(self.any_word)
        if not titles:
            return
        openings = readable.filter(post__in=Post.objects.openings_of(titles).values("pk"))
        words = OpeningWords("post__thread__title", "plain", "quoted")
        found, _has_more = _newest(openings.alias(found=words).filter(found=self.words))
        for each in found:
            title = full.get(each.thread_id, "")
            yield replace(each, title=title, has_title_words=True)

    def _titles(self, tsquery: str) -> dict[int, str]:
        """Return the newest threads whose titles match, by id.

        Planned each time: without knowing how rare the words are, PostgreSQL would read the titles
        of all threads, the newest first.
        """
        threads = Thread.objects.visible_to(self.reader).alias(words=TitleWords("title"))
        found = threads.filter(words=CompiledQuery(tsquery)).order_by("-pk")
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
        compared = [each.revision_id for each in newest[-MAX_COMPARED:]]
        return dict(DENSITIES.fetch(self.tsquery, compared))

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
        revisions = {revision.pk: revision for revision in REVISIONS_FOUND.fetch(ids)}
        best = [revisions[pk] for pk in ids if pk in revisions]
        muted = muted_posts([each.post_id for each in best], self.reader)
        posts: dict[int, list[FoundPost]] = {}
        for revision, excerpt in zip(best, self._excerpts(best), strict=True):
            found_post = FoundPost(revision.post, excerpt, revision.post_id in muted)
            posts.setdefault(revision.post.thread_id, []).append(found_post)
        return [
            FoundThread(shown[0].post.thread, shown, len(found) - len(shown))
            for found in threads
            if (shown := posts.get(found[0].thread_id))
        ]

    def _excerpts(self, revisions: Sequence[Revision], options: str = EXCERPT_OPTIONS) -> list[str]:
        texts = [
            _NOT_SHOWN.sub(" ", revision.own_words).replace("<", _LESS_THAN)
            for revision in revisions
        ]
        if not texts:
            return []
        with connection.cursor() as cursor:
            cursor.execute(EXCERPTS_SQL, [self.tsquery, options, texts])
            found = [excerpt for (excerpt,) in cursor]
        return [
            _with_ellipses(*pair).replace(_LESS_THAN, "<")
            for pair in zip(found, texts, strict=True)
        ]


def _densities(tsquery: str, ids: list[int]) -> QuerySet[Revision, tuple[int, float]]:
    """Return the density of the words in each of these revisions."""
    density = SearchRank(
        SearchWords("plain", "quoted"),
        CompiledQuery(tsquery),
        normalization=DIVIDED_BY_LOG_LENGTH,
        cover_density=True,
    )
    return Revision.objects.order_by().filter(IsAnyOf("pk", ids)).values_list("pk", density)


def _revisions_found(ids: list[int]) -> RevisionQuerySet:
    """Return these revisions with their posts and threads."""
    revisions: RevisionQuerySet = Revision.objects.order_by().filter(IsAnyOf("pk", ids))
    return revisions.select_related("post__author", "post__thread__board").defer(
        "source", "post__source", "post__html"
    )


DENSITIES = PreparedQuery(_densities)
REVISIONS_FOUND = PreparedQuery(_revisions_found)


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


def _compile(query: SearchQuery) -> Sequence[str]:
    """Return the texts of four tsqueries.

    They are the search, the search without what is excluded, any of its words, any excluded word.

    Empty when there are no such terms, or no word is left of them.
    """
    wanted = [term for group in query.groups for term in group]
    any_group = " && ".join(f"({_any_of(group)})" for group in query.groups)
    full = " && ".join(
        filter(None, [any_group, *["!!forum_search_phrase(%s)"] * len(query.excluded)])
    )
    sql = ", ".join(
        f"({terms})::text" if terms else "''"
        for terms in (full, any_group, _any_of(wanted), _any_of(query.excluded))
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {sql}", [*wanted, *query.excluded, *wanted, *wanted, *query.excluded]
        )
        compiled: Sequence[str] = cursor.fetchone()
        return compiled


def _any_of(terms: Sequence[str]) -> str:
    return " || ".join(["forum_search_phrase(%s)"] * len(terms))


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


def find_tags(words: str) -> list[Tag]:
    """Return tags whose names, or those of synonyms, contain `words`."""
    named = Q(name__icontains=words) | Q(synonyms__name__icontains=words)
    return list(Tag.objects.main().filter(named).distinct()[:MAX_TAGS_FOUND])


def find_similar_titles(words: str, reader: Reader) -> list[Thread]:
    """Return threads that lists show to the reader with titles like `words`."""
    threads = Thread.objects.listed_for(reader).filter(merged_into=None)
    similar = threads.annotate(likeness=TrigramSimilarity("title", words)).filter(
        Q(title__trigram_similar=words) | Q(title__trigram_word_similar=words)
    )
    return list(similar.order_by("-likeness", "-pk")[:MAX_SIMILAR_TITLES])
