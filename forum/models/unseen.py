"""What a member has not seen of a thread: how much of it, and what comes next."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import BigIntegerField, Count, Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast

from forum.models.accounts import User
from forum.models.counts import CountOf
from forum.models.ids import any_of
from forum.models.posts import Post, PostQuerySet, readable_by
from forum.models.reading import IsAmong, Marks, NumbersField, Seen
from forum.models.threads import Reader, Thread
from forum.models.windows import WINDOW, Window

# Unseen posts are counted, and put in order, up to so many; in lists of threads up to fewer.
COUNTED = 1000
LISTED = 100

# A thread's numbers but those seen are few runs, and an index finds the posts of each.
CANDIDATES_SQL = """
SELECT post.id
  FROM unnest(int8multirange(int8range(1, %s)) - %s::int8multirange) AS run
       JOIN forum_post AS post
         ON post.thread_id = %s AND post.latest_number >= lower(run)
            AND post.latest_number < upper(run)
 LIMIT %s
"""

# The same for every row of `forum_seen` that is asked about. Some of what is found may not count.
LISTED_SQL = """
SELECT post.id
  FROM unnest(int8multirange(int8range(1, %s)) - forum_seen.numbers) AS run
       JOIN forum_post AS post
         ON post.thread_id = forum_seen.thread_id AND post.latest_number >= lower(run)
            AND post.latest_number < upper(run)
 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Unseen:
    """How many unseen posts stand before and after a page; at least so many when `is_more`."""

    before: int = 0
    after: int = 0
    # Of those after it: how many in each branch that the page leaves unfinished.
    below: tuple[int, ...] = ()
    is_more: bool = False


def unseen_around(
    thread: Thread, reader: User, marks: Marks, window: Window, shown: Iterable[int]
) -> Unseen:
    """Of the posts that are not `shown`, the page's window aside; one query.

    What is before the page is known in the order of the tree only; else all are after it.
    """
    page = [row.id for row in window.rows if row.id in window.page]
    is_tree = window.order == "tree" and bool(page)
    lefts = Post.objects.order_by().values("lft")
    is_after = Q(lft__gt=Subquery(lefts.filter(pk=page[-1]))) if page else Q()
    posts = _not_seen(reader, marks).filter(pk__in=_candidates(thread, marks))
    if window.head_id:
        posts = posts.filter(_is_below(window.head_id))
    heads = [branch.head_id for branch in window.unfinished]
    branches = {
        f"below_{place}": Count("pk", filter=is_after & _is_below(head))
        for place, head in enumerate(heads)
    }
    is_before = Q(lft__lt=Subquery(lefts.filter(pk=page[0]))) if is_tree else Q(pk=None)
    counted = posts.exclude(pk__in=any_of(shown)).aggregate(
        before=Count("pk", filter=is_before),
        after=Count("pk", filter=is_after if is_tree else Q()),
        **branches,
    )
    before, after, *below = counted.values()
    is_more = before + after >= COUNTED or bool(window.head_id and not _are_few(thread, marks))
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
    found = RawSQL(LISTED_SQL, [2**63 - 1, 4 * LISTED])  # noqa: S611 (fixed text)
    posts = Post.objects.order_by().filter(readable_by(reader), pk__in=found)
    unseen = CountOf(posts.exclude(author=reader).values("pk")[:LISTED])
    here = Seen.objects.filter(member=reader, thread__in=any_of(thread.pk for thread in threads))
    counts = dict(here.values_list("thread_id", unseen))
    for thread in threads:
        thread.unseen_count = counts.get(thread.pk, 0)


def next_unseen(
    thread: Thread, reader: User, marks: Marks, *, after: Post | None = None
) -> Post | None:
    """The first unseen post of a thread in tree order; of those after a post, if one is given."""
    posts = _not_seen(reader, marks).filter(tree_id=thread.pk)
    if after is not None:
        posts = posts.filter(lft__gt=after.lft)
    if _are_few(thread, marks):
        posts = posts.filter(pk__in=_candidates(thread, marks))
    return posts.order_by("tree_id", "lft").first()


def unseen_places(thread: Thread, reader: User, marks: Marks) -> list[int]:
    """Where the unseen posts of a thread stand in the order of the tree; up to `COUNTED`."""
    posts = _not_seen(reader, marks).filter(pk__in=_candidates(thread, marks))
    return sorted(posts.values_list("lft", flat=True))


def _not_seen(reader: User, marks: Marks) -> PostQuerySet:
    """Posts of others that `reader` may read and has not; in whatever thread `marks` are of."""
    seen = Value(marks.ranges, output_field=NumbersField())
    posts: PostQuerySet = Post.objects.order_by().filter(readable_by(reader))
    return posts.exclude(author=reader).exclude(IsAmong(F("latest_number"), seen))


def _candidates(thread: Thread, marks: Marks) -> RawSQL:
    return RawSQL(CANDIDATES_SQL, _of(thread, marks))  # noqa: S611 (fixed text)


def _of(thread: Thread, marks: Marks) -> list[Any]:
    seen = NumbersField().get_prep_value(marks.ranges)
    return [thread.next_number, seen, thread.pk, COUNTED + WINDOW]


def _are_few(thread: Thread, marks: Marks) -> bool:
    """Whether so few numbers are not seen that their posts can be looked up one by one."""
    seen = sum(run.upper - run.lower for run in marks.ranges if run.upper and run.lower)
    return thread.next_number - seen <= COUNTED


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
