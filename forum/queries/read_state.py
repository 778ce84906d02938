"""Unread posts: how many there are in a thread, and which comes next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    Count,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from forum.lib.sql import IsAnyOf
from forum.models.accounts import User
from forum.models.ignores import by_ignored
from forum.models.posts import Post, PostQuerySet
from forum.models.read_state import IsInSet, ReadConditions, ReadState, ThreadReadState
from forum.models.subscriptions import is_muted_by
from forum.models.threads import POSTS_PER_PAGE, Thread
from forum.models.visibility import Reader, ReaderQuery, readable_by
from forum.queries.thread_pages import PostWindow
from forum.queries.threads import Threads

# Unread posts are counted up to this number in a thread; in lists of threads, up to fewer.
MAX_UNREAD_COUNTED = 1000
MAX_UNREAD_LISTED = 100
# Enough to count them after leaving out those that the page shows.
MAX_UNREAD_FOUND = MAX_UNREAD_COUNTED + POSTS_PER_PAGE

LAST_NUMBER = 2**63 - 1

# What a member muted in a thread. Looked up only for members who muted anything.
MUTED_SQL = """
CROSS JOIN LATERAL (
         SELECT CASE WHEN EXISTS (SELECT FROM forum_subscription
                                   WHERE member_id = %s AND state = 'mute')
                THEN forum_muted(%s, thread.id) END AS labels OFFSET 0
       ) AS muted"""
# From threads to their unread posts. Visited threads: subtracts the numbers seen from all numbers
# and finds the posts in each remaining range by index. LATERAL, because the planner does not know
# how many ranges there are and would compare each with every post of the thread. Threads never
# opened: what was written since the member joined, or marked everything as read.
UNREAD_SQL = """
SELECT post.id
  FROM (VALUES ({}, {}, {})) AS thread (id, board_id, next_number)
       LEFT JOIN forum_readstate AS seen
              ON seen.thread_id = thread.id AND seen.member_id = %s
       LEFT JOIN forum_readmark AS mark
              ON mark.board_id = thread.board_id AND mark.member_id = %s
                 AND (seen.unmarked_at IS NULL OR mark.marked_at > seen.unmarked_at)
       {muted}
       CROSS JOIN LATERAL (
         (SELECT post.id
            FROM unnest(int8multirange(int8range(1, %s)) - seen.numbers) AS unread
                 CROSS JOIN LATERAL ({visited}) AS post
           WHERE seen.caught_up <> thread.next_number)
         UNION ALL
         (SELECT post.id FROM ({unopened}) AS post WHERE seen.id IS NULL)
       ) AS post
 LIMIT {most}
"""
# The same for threads that were never opened.
UNREAD_UNOPENED_SQL = """
SELECT post.id
  FROM (VALUES ({}, {})) AS thread (id, board_id)
       LEFT JOIN forum_readmark AS mark ON mark.board_id = thread.board_id AND mark.member_id = %s
       {muted}
       CROSS JOIN LATERAL ({unopened}) AS post
 LIMIT {most}
"""
IS_MARKED_SQL = """
coalesce((forum_post.id <= mark.up_to OR forum_post.id <@ mark.posts)
         AND NOT (coalesce(forum_post.edited_at > mark.marked_at, false)
                  AND forum_post.number <@ seen.numbers), false)
"""


def condition(sql: str) -> RawSQL:
    """Return a condition in SQL, for `filter`."""
    return RawSQL(sql, [], BooleanField())  # noqa: S611 (fixed text)


class UnreadPosts(Func):
    """A row for each of at most `most` unread posts of a thread, with its id.

    Posts that the reader muted are left out, unless `counts_muted`. For use in queries of threads;
    `wrapped` is the SQL around that query.
    """

    columns: tuple[str, ...] = ("pk", "board", "next_number")
    output_field: Any = BigIntegerField()
    wrapped = "unnest(ARRAY({}))"

    def __init__(
        self, reader: User, *, most: int, counts_muted: bool = False, **extra: Any
    ) -> None:
        super().__init__(*self.columns, **extra)
        self.reader = reader
        self.most = most
        self.counts_muted = counts_muted

    def as_sql(self, compiler: Any, *_arguments: Any, **_context: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        columns = [compiler.compile(each)[0] for each in self.get_source_expressions()]
        sql, parameters = self._unread(columns)
        return self.wrapped.format(sql), parameters

    def _unread(self, columns: list[str]) -> tuple[str, list[Any]]:
        """Return the SQL of the unread posts of the thread with these columns."""
        visited_sql, of_visited = self._visited().query.sql_with_params()
        unopened_sql, of_unopened = self._unopened().query.sql_with_params()
        sql = UNREAD_SQL.format(
            *columns, muted=MUTED_SQL, visited=visited_sql, unopened=unopened_sql, most=self.most
        )
        return sql, [*[self.reader.pk] * 4, LAST_NUMBER, *of_visited, *of_unopened]

    def _visited(self) -> QuerySet[Post, Any]:
        """Return the unread posts within a range of numbers that were not seen."""
        posts = self._counted().filter(
            ~Q(condition(IS_MARKED_SQL)),
            thread=RawSQL("thread.id", []),
            latest_number__gte=RawSQL("lower(unread)", []),
            latest_number__lt=RawSQL("upper(unread)", []),
        )
        return posts.order_by("latest_number").values("id")[: self.most]

    def _unopened(self) -> QuerySet[Post, Any]:
        """Return what was posted since the last mark or, without one, since the member joined."""
        since = "CASE WHEN mark.up_to IS NULL THEN %s ELSE '-infinity' END::timestamptz"
        posts = self._counted().filter(
            condition("NOT coalesce(forum_post.id <@ mark.posts, false)"),
            thread=RawSQL("thread.id", []),
            id__gt=RawSQL("coalesce(mark.up_to, %s)", [self.reader.read_up_to]),
            created_at__gt=RawSQL(since, [self.reader.date_joined]),  # noqa: S611 (fixed text)
        )
        return posts.order_by("thread", "id").values("id")[: self.most]

    def _counted(self) -> PostQuerySet:
        posts = _by_others(self.reader)
        if self.counts_muted:
            return posts
        return posts.filter(condition("coalesce(NOT forum_post.lft <@ muted.labels, true)"))


class UnreadCount(UnreadPosts):
    """The number of unread posts of a thread, counted up to `most`."""

    wrapped = "(SELECT count(*) FROM ({}) AS counted)"


class HasUnread(UnreadPosts):
    """A condition for threads: there are unread posts in it."""

    output_field = BooleanField()
    wrapped = "EXISTS ({})"

    def __init__(self, reader: User, *, counts_muted: bool = False, **extra: Any) -> None:
        super().__init__(reader, most=1, counts_muted=counts_muted, **extra)


class HasUnreadUnopened(HasUnread):
    """A condition for threads that the reader never opened: there are unread posts in it.

    Lists ask it of thousands of threads, and it takes a fraction of the time of `HasUnread`.
    """

    columns = ("pk", "board")

    def _unread(self, columns: list[str]) -> tuple[str, list[Any]]:
        unopened_sql, of_unopened = self._unopened().query.sql_with_params()
        sql = UNREAD_UNOPENED_SQL.format(
            *columns, muted=MUTED_SQL, unopened=unopened_sql, most=self.most
        )
        return sql, [*[self.reader.pk] * 3, *of_unopened]


@dataclass(frozen=True, slots=True)
class UnreadCounts:
    """The numbers of unread posts before and after a page; at least these when `is_more`."""

    before: int = 0
    after: int = 0
    # Of those after it, the number in each branch that the page leaves unfinished.
    below: tuple[int, ...] = ()
    is_more: bool = False


def count_unread_beyond_page(
    reader: User, read_state: ThreadReadState, window: PostWindow, shown: Iterable[int]
) -> UnreadCounts:
    """Count the unread posts outside a page's window that are not `shown`; one query.

    Whether a post comes before the page is known in tree order only; in other orders all count as
    after it.
    """
    page = [row.id for row in window.rows if row.id in window.page]
    is_tree = window.order == "tree" and bool(page)
    first, last = (page[0], page[-1]) if page else (None, None)
    heads = [branch.head_id for branch in window.unfinished]
    [(found, before, after, *below)] = UNREAD_BEYOND_PAGE.fetch(
        reader, read_state.thread_id, is_tree, first, last, list(shown), window.head_id, *heads
    )
    # The limit holds for the thread: the branch may have unread posts beyond those found.
    is_more = before + after >= MAX_UNREAD_COUNTED or bool(
        window.head_id and found == MAX_UNREAD_FOUND
    )
    return UnreadCounts(before, after, tuple(below), is_more)


def _unread_beyond_page(  # noqa: PLR0917 (as `ReaderQuery.fetch` hands them on)
    reader: User,
    thread_id: int,
    is_tree: bool,
    first: int | None,
    last: int | None,
    shown: list[int],
    head_id: int | None,
    *unfinished: int,
) -> QuerySet[Post, tuple[int, ...]]:
    """Count the unread posts of a thread: all, those before and after a page, and in branches."""
    lefts = Post.objects.order_by().values("lft")
    is_after = Q(lft__gt=Subquery(lefts.filter(pk=last))) if last else Q()
    is_before = Q(lft__lt=Subquery(lefts.filter(pk=first))) if is_tree else Q(pk=None)
    elsewhere = ~Q(IsAnyOf("pk", shown))
    if head_id:
        elsewhere &= _is_below(head_id)
    counts = [
        Count("pk"),
        Count("pk", filter=elsewhere & is_before),
        Count("pk", filter=elsewhere & is_after if is_tree else elsewhere),
        *(Count("pk", filter=elsewhere & is_after & _is_below(head)) for head in unfinished),
    ]
    # Grouped by a constant: one row.
    posts = _unread(thread_id, reader, most=MAX_UNREAD_FOUND).annotate(all=Value(1)).values("all")
    return posts.annotate(**{f"count_{n}": count for n, count in enumerate(counts)}).values_list(
        *(f"count_{n}" for n in range(len(counts)))
    )


UNREAD_BEYOND_PAGE = ReaderQuery(_unread_beyond_page)


def _is_below(head_id: int) -> Q:
    head = Post.objects.order_by().filter(pk=head_id)
    return Q(lft__gt=Subquery(head.values("lft")), lft__lt=Subquery(head.values("rght")))


def with_unread_counts(threads: Threads, reader: Reader) -> Threads:
    """Add `unread_count`, up to `MAX_UNREAD_LISTED`; 0 for visitors."""
    if not isinstance(reader, User):
        return threads
    return threads.annotate(unread_count=UnreadCount(reader, most=MAX_UNREAD_LISTED))


def count_unread(thread: Thread, reader: User) -> int:
    """Return the number of unread posts in a thread, counted up to `MAX_UNREAD_COUNTED`."""
    counts = Thread.objects.filter(pk=thread.pk).values_list(
        UnreadCount(reader, most=MAX_UNREAD_COUNTED), flat=True
    )
    return counts.first() or 0


def first_unread_unopened(thread: Thread, reader: User) -> Post | None:
    """Return the first unread post, in tree order, of a thread that the reader never opened."""
    return _unread(thread.pk, reader, most=MAX_UNREAD_COUNTED).order_by("tree_id", "lft").first()


def next_unread_post(
    thread: Thread, reader: User, read_state: ThreadReadState, *, after: Post | None = None
) -> Post | None:
    """Return the first unread post of a thread in tree order, if given: the first after `after`.

    A few unread posts are looked up by number; when there are many, one soon follows in tree order.
    """
    posts = _unread(read_state.thread_id, reader, most=MAX_UNREAD_COUNTED)
    if count_unread(thread, reader) == MAX_UNREAD_COUNTED:
        posts = _by_others(reader).filter(read_state.is_unread(), tree_id=thread.pk)
        posts = posts.exclude(is_muted_by(reader))
    if after is not None:
        posts = posts.filter(lft__gt=after.lft)
    return posts.order_by("tree_id", "lft").first()


def unread_positions(reader: User, read_state: ThreadReadState) -> list[int]:
    """Return the positions (`lft`) of the unread posts, sorted; up to `MAX_UNREAD_COUNTED`."""
    return sorted(
        _unread(read_state.thread_id, reader, most=MAX_UNREAD_COUNTED).values_list("lft", flat=True)
    )


def _unread(thread_id: int, reader: User, *, most: int) -> PostQuerySet:
    """Return at most `most` unread posts of one thread, those with the lowest numbers."""
    threads = Thread.objects.filter(pk=thread_id)
    found = threads.values_list(UnreadPosts(reader, most=most))
    unread: PostQuerySet = Post.objects.order_by().filter(pk__in=found)
    return unread


def unread_to(reader: User) -> Q:
    """Return the condition for posts of any threads that are unread to this member.

    The rule of `UnreadPosts`, asked of one post after the other.
    """
    conditions = ReadConditions(reader.pk, OuterRef("thread"), OuterRef("thread__board"))
    opened = ReadState.objects.filter(member=reader, thread=OuterRef("thread"))
    unopened = conditions.is_unread_before_opening(reader.read_up_to, reader.date_joined)
    is_unread = Q(Exists(opened)) & conditions.is_unread() | ~Q(Exists(opened)) & unopened
    return is_unread & ~by_ignored(reader) & ~Q(is_muted_by(reader))


def _by_others(reader: User) -> PostQuerySet:
    """Return the posts that `reader` may read, of others whom they do not ignore."""
    posts: PostQuerySet = Post.objects.order_by().filter(readable_by(reader))
    return posts.exclude(author=reader.pk).exclude(by_ignored(reader))


def replies_since(parent: Post, reader: User, last_seen_id: int) -> PostQuerySet:
    """Return others' unread replies to `parent` with ids after `last_seen_id`.

    Without those of people whom the reader ignores. Compares ids, not numbers: the parent may have
    moved to another thread meanwhile.
    """
    mine = ReadState.objects.filter(member=reader, thread=OuterRef("thread"))
    seen = mine.filter(IsInSet(OuterRef("latest_number"), F("numbers")))
    posts: PostQuerySet = Post.objects.visible_to(reader).readable().select_related("author")
    others = posts.filter(parent=parent, pk__gt=last_seen_id)
    others = others.exclude(author=reader.pk).exclude(by_ignored(reader))
    return others.exclude(Exists(seen)).order_by("pk")


def has_seen(post: Post, reader: User) -> bool:
    """Return whether the post's latest revision has been on the reader's screen."""
    mine = ReadState.objects.filter(member=reader, thread=post.thread_id)
    number = Cast(Value(post.latest_number), BigIntegerField())
    return mine.filter(IsInSet(number, F("numbers"))).exists()
