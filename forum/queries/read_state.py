"""Unread posts: how many there are in a thread, and which comes next."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from forum.lib.sql import unnest
from forum.models.accounts import User
from forum.models.posts import Post, PostQuerySet, readable_by
from forum.models.read_state import IsInSet, ReadState, ThreadReadState
from forum.models.threads import Reader, Thread
from forum.queries.thread_pages import POSTS_PER_PAGE, PostWindow

# Unread posts are counted up to this number in a thread; in lists of threads, up to fewer.
MAX_UNREAD_COUNTED = 1000
MAX_UNREAD_LISTED = 100
# Enough to count them after leaving out those that the page shows.
MAX_UNREAD_FOUND = MAX_UNREAD_COUNTED + POSTS_PER_PAGE

# From rows of `forum_readstate` to the unread posts of their threads: subtracts the numbers seen
# from all numbers and finds the posts in each remaining range by index. LATERAL, because the
# planner does not know how many ranges there are and would compare each with every post of the
# thread.
UNREAD_SQL = """
  FROM forum_readstate AS seen
       CROSS JOIN unnest(int8multirange(int8range(1, %s)) - seen.numbers) AS unread
       CROSS JOIN LATERAL ({posts}) AS post
"""
LAST_NUMBER = 2**63 - 1


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
    lefts = Post.objects.order_by().values("lft")
    is_after = Q(lft__gt=Subquery(lefts.filter(pk=page[-1]))) if page else Q()
    is_before = Q(lft__lt=Subquery(lefts.filter(pk=page[0]))) if is_tree else Q(pk=None)
    elsewhere = ~Q(pk__in=unnest(shown))
    if window.head_id:
        elsewhere &= _is_below(window.head_id)
    heads = [branch.head_id for branch in window.unfinished]
    branches = {
        f"below_{place}": Count("pk", filter=elsewhere & is_after & _is_below(head))
        for place, head in enumerate(heads)
    }
    counted = _unread(read_state, reader, most=MAX_UNREAD_FOUND).aggregate(
        found=Count("pk"),
        before=Count("pk", filter=elsewhere & is_before),
        after=Count("pk", filter=elsewhere & is_after if is_tree else elsewhere),
        **branches,
    )
    found, before, after, *below = counted.values()
    # The limit holds for the thread: the branch may have unread posts beyond those found.
    is_more = before + after >= MAX_UNREAD_COUNTED or bool(
        window.head_id and found == MAX_UNREAD_FOUND
    )
    return UnreadCounts(before, after, tuple(below), is_more)


def _is_below(head_id: int) -> Q:
    head = Post.objects.order_by().filter(pk=head_id)
    return Q(lft__gt=Subquery(head.values("lft")), lft__lt=Subquery(head.values("rght")))


def load_unread_counts(threads: Collection[Thread], reader: Reader) -> None:
    """Set `unread_count` of these threads, up to `MAX_UNREAD_LISTED`; one query for members.

    It stays 0 in threads that the reader never visited.
    """
    if not isinstance(reader, User):
        return
    here = ReadState.objects.filter(
        member=reader, thread__in=unnest(thread.pk for thread in threads)
    )
    counts = dict(here.values_list("thread_id", _unread_count(reader, most=MAX_UNREAD_LISTED)))
    for thread in threads:
        thread.unread_count = counts.get(thread.pk, 0)


def count_unread(thread: Thread, reader: User) -> int:
    """Return the number of unread posts in a thread that the reader has visited.

    Counts up to `MAX_UNREAD_COUNTED`.
    """
    mine = ReadState.objects.filter(member=reader, thread=thread)
    counted = mine.values_list(_unread_count(reader, most=MAX_UNREAD_COUNTED), flat=True).first()
    return counted or 0


def next_unread_post(
    thread: Thread, reader: User, read_state: ThreadReadState, *, after: Post | None = None
) -> Post | None:
    """Return the first unread post of a thread in tree order, if given: the first after `after`.

    A few unread posts are looked up by number; when there are many, one soon follows in tree order.
    """
    posts = _unread(read_state, reader, most=MAX_UNREAD_COUNTED)
    if count_unread(thread, reader) == MAX_UNREAD_COUNTED:
        posts = _by_others(reader).filter(read_state.is_unread(), tree_id=thread.pk)
    if after is not None:
        posts = posts.filter(lft__gt=after.lft)
    return posts.order_by("tree_id", "lft").first()


def unread_positions(reader: User, read_state: ThreadReadState) -> list[int]:
    """Return the positions (`lft`) of the unread posts, sorted; up to `MAX_UNREAD_COUNTED`."""
    return sorted(
        _unread(read_state, reader, most=MAX_UNREAD_COUNTED).values_list("lft", flat=True)
    )


def _unread(read_state: ThreadReadState, reader: User, *, most: int) -> PostQuerySet:
    """Return at most `most` unread posts of one thread, those with the lowest numbers."""
    sql, parameters = _unread_sql(reader, most)
    ids = f"SELECT post.id {sql} WHERE seen.member_id = %s AND seen.thread_id = %s LIMIT %s"
    found = RawSQL(ids, [*parameters, read_state.member_id, read_state.thread_id, most])  # noqa: S611 (fixed text)
    unread: PostQuerySet = Post.objects.order_by().filter(pk__in=found)
    return unread


def _unread_count(reader: User, *, most: int) -> RawSQL:
    """Return a column for `ReadState`: the unread posts of its thread, counted up to `most`."""
    sql, parameters = _unread_sql(reader, most)
    ids = f"SELECT post.id {sql} WHERE seen.id = forum_readstate.id LIMIT %s"
    count = f"SELECT count(*) FROM ({ids}) AS counted"  # noqa: S608 (fixed text)
    return RawSQL(count, [*parameters, most])  # noqa: S611


def _unread_sql(reader: User, most: int) -> tuple[str, list[object]]:
    """Return SQL from rows of `forum_readstate` to unread posts, at most `most` of each range."""
    posts = _by_others(reader).filter(
        thread=RawSQL("seen.thread_id", []),
        latest_number__gte=RawSQL("lower(unread)", []),
        latest_number__lt=RawSQL("upper(unread)", []),
    )
    sql, parameters = posts.order_by("latest_number").values("id")[:most].query.sql_with_params()
    return UNREAD_SQL.format(posts=sql), [LAST_NUMBER, *parameters]


def _by_others(reader: User) -> PostQuerySet:
    """Return others' posts that `reader` may read."""
    posts: PostQuerySet = Post.objects.order_by().filter(readable_by(reader))
    return posts.exclude(author=reader)


def replies_since(parent: Post, reader: User, last_seen_id: int) -> PostQuerySet:
    """Return others' unread replies to `parent` with ids after `last_seen_id`.

    Compares ids, not numbers: the parent may have moved to another thread meanwhile.
    """
    mine = ReadState.objects.filter(member=reader, thread=OuterRef("thread"))
    seen = mine.filter(IsInSet(OuterRef("latest_number"), F("numbers")))
    posts: PostQuerySet = Post.objects.visible_to(reader).readable().select_related("author")
    others = posts.filter(parent=parent, pk__gt=last_seen_id).exclude(author=reader)
    return others.exclude(Exists(seen)).order_by("pk")


def has_seen(post: Post, reader: User) -> bool:
    """Return whether the post's latest revision has been on the reader's screen."""
    mine = ReadState.objects.filter(member=reader, thread=post.thread_id)
    number = Cast(Value(post.latest_number), BigIntegerField())
    return mine.filter(IsInSet(number, F("numbers"))).exists()
