"""What a member has not seen of a thread: how much of it, and what comes next."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from forum.models.accounts import User
from forum.models.ids import any_of
from forum.models.posts import Post, PostQuerySet, readable_by
from forum.models.reading import IsAmong, Marks, Seen
from forum.models.threads import Reader, Thread
from forum.models.windows import WINDOW, Window

# Unseen posts are counted, and put in order, up to so many; in lists of threads up to fewer.
COUNTED = 1000
LISTED = 100
# A page leaves those out that it shows.
FOUND = COUNTED + WINDOW

# From rows of `forum_seen` to the unread posts of their threads: of each range of numbers that is
# left of all when those seen are taken away, an index finds the posts. LATERAL, because the planner
# cannot know how many ranges there are: it would compare each with every post of the thread.
UNREAD_SQL = """
  FROM forum_seen AS seen
       CROSS JOIN unnest(int8multirange(int8range(1, %s)) - seen.numbers) AS unread
       CROSS JOIN LATERAL ({posts}) AS post
"""
LAST_NUMBER = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many unseen posts stand before and after a page; at least so many when `is_more`."""

    before: int = 0
    after: int = 0
    # Of those after it: how many in each branch that the page leaves unfinished.
    below: tuple[int, ...] = ()
    is_more: bool = False


def unseen_around(reader: User, marks: Marks, window: Window, shown: Iterable[int]) -> Unseen:
    """Of the posts that are not `shown`, the page's window aside; one query.

    What is before the page is known in the order of the tree only; else all are after it.
    """
    page = [row.id for row in window.rows if row.id in window.page]
    is_tree = window.order == "tree" and bool(page)
    lefts = Post.objects.order_by().values("lft")
    is_after = Q(lft__gt=Subquery(lefts.filter(pk=page[-1]))) if page else Q()
    is_before = Q(lft__lt=Subquery(lefts.filter(pk=page[0]))) if is_tree else Q(pk=None)
    elsewhere = ~Q(pk__in=any_of(shown))
    if window.head_id:
        elsewhere &= _is_below(window.head_id)
    heads = [branch.head_id for branch in window.unfinished]
    branches = {
        f"below_{place}": Count("pk", filter=elsewhere & is_after & _is_below(head))
        for place, head in enumerate(heads)
    }
    counted = _unread(marks, reader, most=FOUND).aggregate(
        found=Count("pk"),
        before=Count("pk", filter=elsewhere & is_before),
        after=Count("pk", filter=elsewhere & is_after if is_tree else elsewhere),
        **branches,
    )
    found, before, after, *below = counted.values()
    # There may be more in the branch than was found first in the thread.
    is_more = before + after >= COUNTED or bool(window.head_id and found == FOUND)
    return Unseen(before, after, tuple(below), is_more)


def _is_below(head_id: int) -> Q:
    head = Post.objects.order_by().filter(pk=head_id)
    return Q(lft__gt=Subquery(head.values("lft")), lft__lt=Subquery(head.values("rght")))


def note_unseen(threads: Collection[Thread], reader: Reader) -> None:
    """Let threads know how many posts are unseen in them, up to `LISTED`; one query for members.

    Where somebody was never, nothing is new to them.
    """
    if not isinstance(reader, User):
        return
    here = Seen.objects.filter(member=reader, thread__in=any_of(thread.pk for thread in threads))
    counts = dict(here.values_list("thread_id", _unread_count(reader, most=LISTED)))
    for thread in threads:
        thread.unseen_count = counts.get(thread.pk, 0)


def next_unseen(
    thread: Thread, reader: User, marks: Marks, *, after: Post | None = None
) -> Post | None:
    """The first unseen post of a thread in tree order; of those after a post, if one is given.

    Few are looked up one by one. Of many, one soon comes in the order of the tree.
    """
    posts = _unread(marks, reader, most=COUNTED)
    mine = Seen.objects.filter(member=reader, thread=thread)
    if mine.values_list(_unread_count(reader, most=COUNTED), flat=True).get() == COUNTED:
        posts = _by_others(reader).filter(marks.is_unread(), tree_id=thread.pk)
    if after is not None:
        posts = posts.filter(lft__gt=after.lft)
    return posts.order_by("tree_id", "lft").first()


def unseen_places(reader: User, marks: Marks) -> list[int]:
    """Where the unseen posts of a thread stand in the order of the tree; up to `COUNTED`."""
    return sorted(_unread(marks, reader, most=COUNTED).values_list("lft", flat=True))


def _unread(marks: Marks, reader: User, *, most: int) -> PostQuerySet:
    """The unread posts of the thread that `marks` are of, up to so many, the lowest numbers."""
    sql, parameters = _unread_sql(reader, most)
    ids = f"SELECT post.id {sql} WHERE seen.member_id = %s AND seen.thread_id = %s LIMIT %s"
    found = RawSQL(ids, [*parameters, marks.member_id, marks.thread_id, most])  # noqa: S611 (fixed text)
    unread: PostQuerySet = Post.objects.order_by().filter(pk__in=found)
    return unread


def _unread_count(reader: User, *, most: int) -> RawSQL:
    """How many posts are unread in the thread of a row of `forum_seen`, up to so many."""
    sql, parameters = _unread_sql(reader, most)
    ids = f"SELECT post.id {sql} WHERE seen.id = forum_seen.id LIMIT %s"
    count = f"SELECT count(*) FROM ({ids}) AS counted"  # noqa: S608 (fixed text)
    return RawSQL(count, [*parameters, most])  # noqa: S611


def _unread_sql(reader: User, most: int) -> tuple[str, list[object]]:
    """From rows of `forum_seen` to unread posts, up to so many of each range."""
    posts = _by_others(reader).filter(
        thread=RawSQL("seen.thread_id", []),
        latest_number__gte=RawSQL("lower(unread)", []),
        latest_number__lt=RawSQL("upper(unread)", []),
    )
    sql, parameters = posts.order_by("latest_number").values("id")[:most].query.sql_with_params()
    return UNREAD_SQL.format(posts=sql), [LAST_NUMBER, *parameters]


def _by_others(reader: User) -> PostQuerySet:
    """Posts of others that `reader` may read."""
    posts: PostQuerySet = Post.objects.order_by().filter(readable_by(reader))
    return posts.exclude(author=reader)


def answers_since(parent: Post, reader: User, known: int) -> PostQuerySet:
    """What others have answered to a post after the post with the id `known`, and is unseen.

    By ids, not numbers: the post answered may have moved to another thread meanwhile.
    """
    mine = Seen.objects.filter(member=reader, thread=OuterRef("thread"))
    seen = mine.filter(IsAmong(OuterRef("latest_number"), F("numbers")))
    posts: PostQuerySet = Post.objects.visible_to(reader).readable().select_related("author")
    others = posts.filter(parent=parent, pk__gt=known).exclude(author=reader)
    return others.exclude(Exists(seen)).order_by("pk")


def has_seen(post: Post, reader: User) -> bool:
    """Whether the latest wording of a post has been on the reader's screen."""
    mine = Seen.objects.filter(member=reader, thread=post.thread_id)
    number = Cast(Value(post.latest_number), BigIntegerField())
    return mine.filter(IsAmong(number, F("numbers"))).exists()
