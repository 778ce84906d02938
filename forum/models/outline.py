"""A thread in outline: its top-level branches with how much is in each, and a post's neighbours."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any, Literal

from django.db import connection
from django.db.models import F, OrderBy, OuterRef, QuerySet, Subquery

from forum.models.accounts import User
from forum.models.posts import Post
from forum.models.reading import Marks
from forum.models.threads import Reader, Thread
from forum.models.unseen import unseen_places
from forum.models.windows import CONTEXT, COUNTED, Row, rows_of

# So many branches a page.
BRANCHES = 40
# Among so many answers beside a post its neighbour is looked for, to each side.
NEIGHBOURS = 200

Begin = Literal["after", "before", "at"]

# Heads of branches in which something stands, by the index of heads; one more than a page holds.
HEADS_SQL = """
SELECT head.id, head.lft, head.rght,
       (SELECT count(*) FROM (
           SELECT 1 FROM forum_post AS post
            WHERE post.tree_id = %(tree)s AND post.lft > head.lft AND post.lft < head.rght
              AND post.deleted_at IS NULL LIMIT %(counted)s) AS below)
  FROM forum_post AS head
 WHERE head.tree_id = %(tree)s AND head.level = 1 AND {condition}
   AND (head.deleted_at IS NULL OR EXISTS (
           SELECT 1 FROM forum_post AS post
            WHERE post.tree_id = %(tree)s AND post.lft > head.lft AND post.lft < head.rght
              AND post.deleted_at IS NULL))
 ORDER BY head.lft {way} LIMIT %(most)s
"""
# The head of the branch that a post is in.
HEAD_OF = """(
    SELECT head.lft FROM forum_post AS head, forum_post AS post
     WHERE post.id = %(post)s AND post.tree_id = %(tree)s
       AND head.tree_id = %(tree)s AND head.level = 1 AND head.lft <= post.lft
     ORDER BY head.lft DESC LIMIT 1)"""
CONDITIONS: dict[Begin, str] = {
    "after": f"head.lft > {HEAD_OF}",
    "before": f"head.lft < {HEAD_OF}",
    "at": f"head.lft >= coalesce({HEAD_OF}, 0)",  # of the opening post: the first
}

# From a post up, so many steps at most; the head of its branch too, however far that is.
WAY_SQL = """
WITH RECURSIVE up AS (
    SELECT id, parent_id, level, 1 AS height FROM forum_post
     WHERE id = %(post)s AND tree_id = %(tree)s
    UNION ALL
    SELECT post.id, post.parent_id, post.level, up.height + 1
      FROM forum_post AS post JOIN up ON post.id = up.parent_id
     WHERE up.height < {height}
)
SELECT (SELECT array_agg(id) FROM up WHERE level > 0),
       (SELECT id FROM forum_post WHERE tree_id = %(tree)s AND lft = {head}),
       EXISTS (SELECT 1 FROM forum_post
                WHERE tree_id = %(tree)s AND level = 1 AND lft < {head})
"""


@dataclass(slots=True)
class Branch:
    """A top-level branch: its head, how many posts stand below, how many of all are unseen."""

    head: Row
    size: int  # counted up to `COUNTED`
    unseen: int
    way: list[Row] = field(default_factory=list)  # from the head down to the post asked for


@dataclass(frozen=True, slots=True)
class Outline:
    """One page of a thread's branches, in the order of the tree."""

    branches: list[Branch]
    has_earlier: bool
    has_later: bool

    @property
    def first(self) -> int:
        return self.branches[0].head.id

    @property
    def last(self) -> int:
        return self.branches[-1].head.id


def outline_of(
    thread: Thread,
    reader: Reader,
    marks: Marks | None,
    begin: Begin | None = None,
    post_id: int | None = None,
) -> Outline:
    """The branches after, before or from that of a post; at most four queries at any size.

    The price grows with the posts in these branches, up to `COUNTED` in each.
    """
    values = {"tree": thread.pk, "post": post_id, "most": BRANCHES + 1, "counted": COUNTED}
    sql = HEADS_SQL.format(
        condition=CONDITIONS[begin] if begin else "true", way="DESC" if begin == "before" else "ASC"
    )
    way: list[int] = []
    head_id, has_earlier = None, begin is not None
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        heads = cursor.fetchall()
        if begin == "at":
            cursor.execute(WAY_SQL.format(head=HEAD_OF, height=CONTEXT), values)
            found, head_id, has_earlier = cursor.fetchone()
            way = found or []
    is_more = len(heads) > BRANCHES
    heads = heads[:BRANCHES]
    if begin == "before":
        heads.reverse()
    ids = {head[0] for head in heads}
    rows = {row.id: row for row in rows_of(ids.union(way), reader, answered=(), marks=marks)}
    unseen = unseen_places(reader, marks) if isinstance(reader, User) and marks else []
    branches = [
        Branch(rows[post], size, bisect_left(unseen, right) - bisect_left(unseen, left))
        for post, left, right, size in heads
    ]
    if branches and branches[0].head.id == head_id:
        branches[0].way = [row for row in rows.values() if row.id in way and row.level > 1]
    if begin == "before":
        return Outline(branches, has_earlier=is_more, has_later=bool(branches))
    return Outline(branches, has_earlier=has_earlier and bool(branches), has_later=is_more)


def siblings_of(post: Post) -> tuple[Post | None, Post | None]:
    """The answers to the same post right before and after this one, each as far as it stands.

    Of a deleted one it is the first post that stands below it; one with nothing below is not drawn.
    Nobody is looked for beyond the nearest `NEIGHBOURS`, of which all may have been deleted.
    """
    beside = Post.objects.order_by().filter(parent=post.parent_id).values("pk")
    before = beside.filter(lft__lt=post.lft).order_by("-lft")[:NEIGHBOURS]
    after = beside.filter(lft__gt=post.lft).order_by("lft")[:NEIGHBOURS]
    return _first_drawn(before, F("lft").desc()), _first_drawn(after, F("lft").asc())


def _first_drawn(siblings: QuerySet[Post, dict[str, Any]], way: OrderBy) -> Post | None:
    branch = Post.objects.order_by("tree_id", "lft").filter(
        tree_id=OuterRef("tree_id"), lft__gte=OuterRef("lft"), lft__lt=OuterRef("rght")
    )
    standing = Subquery(branch.standing().values("pk")[:1])
    drawn = Post.objects.order_by(way).filter(pk__in=siblings).annotate(standing=standing)
    first = drawn.exclude(standing=None).values("standing")[:1]
    places = Post.objects.order_by().only("pk", "level", "thread_id")
    return places.filter(pk=Subquery(first)).first()


def count_older_siblings(post: Post) -> int:
    """How many answers to the same post stand before this one; of the nearest `COUNTED`."""
    older = Post.objects.filter(parent=post.parent_id, lft__lt=post.lft).order_by("-lft")
    nearest = older.values("deleted_at")[:COUNTED]
    return sum(each["deleted_at"] is None for each in nearest)
