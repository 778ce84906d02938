"""Branches that the outline of a thread lists, a page at a time, with their sizes.

The outline beside a page of posts needs no query: it lists the posts of that page. The links at
its ends lead to the branches before and after, which are fetched here, so that an outline costs the
same in a thread of ten and of a hundred thousand posts. `forum.presenters.outline` makes the HTML
of both.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Literal

from django.db import connection

from forum.models.accounts import User
from forum.models.read_state import ThreadReadState
from forum.models.threads import Thread
from forum.models.visibility import Reader
from forum.queries.read_state import unread_positions
from forum.queries.thread_pages import MAX_POSTS_ABOVE, MAX_POSTS_COUNTED, PostRow, fetch_rows

BRANCHES_PER_PAGE = 40

OutlineStart = Literal["after", "before", "at"]

# Heads of branches with posts that are not deleted, by the index of heads; one more than a page.
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
 ORDER BY head.lft {direction} LIMIT %(most)s
"""
# The head of the branch that a post is in.
BRANCH_HEAD_SQL = """(
    SELECT head.lft FROM forum_post AS head, forum_post AS post
     WHERE post.id = %(post)s AND post.tree_id = %(tree)s
       AND head.tree_id = %(tree)s AND head.level = 1 AND head.lft <= post.lft
     ORDER BY head.lft DESC LIMIT 1)"""
CONDITIONS: dict[OutlineStart, str] = {
    "after": f"head.lft > {BRANCH_HEAD_SQL}",
    "before": f"head.lft < {BRANCH_HEAD_SQL}",
    "at": f"head.lft >= coalesce({BRANCH_HEAD_SQL}, 0)",  # of the opening post: the first
}

# The nearest ancestors of a post, and the head of its branch however far away.
PATH_SQL = """
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
class OutlineBranch:
    """A top-level branch: its head, the number of posts below, and of unread posts in all."""

    head: PostRow
    size: int  # counted up to `MAX_POSTS_COUNTED`
    unread: int
    path: list[PostRow] = field(default_factory=list)  # below the head, down to the requested post


@dataclass(frozen=True, slots=True)
class Outline:
    """One page of a thread's top-level branches, in tree order."""

    branches: list[OutlineBranch]
    has_earlier: bool
    has_later: bool

    @property
    def first(self) -> int:
        return self.branches[0].head.id

    @property
    def last(self) -> int:
        return self.branches[-1].head.id


def fetch_outline(
    thread: Thread,
    reader: Reader,
    read_state: ThreadReadState | None,
    begin: OutlineStart | None = None,
    post_id: int | None = None,
) -> Outline:
    """Return the branches after, before or from the branch of a post; at most four queries.

    The cost grows with the posts in these branches, up to `MAX_POSTS_COUNTED` in each.
    """
    values = {
        "tree": thread.pk,
        "post": post_id,
        "most": BRANCHES_PER_PAGE + 1,
        "counted": MAX_POSTS_COUNTED,
    }
    sql = HEADS_SQL.format(
        condition=CONDITIONS[begin] if begin else "true",
        direction="DESC" if begin == "before" else "ASC",
    )
    path: list[int] = []
    head_id, has_earlier = None, begin is not None
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        heads = cursor.fetchall()
        if begin == "at":
            cursor.execute(PATH_SQL.format(head=BRANCH_HEAD_SQL, height=MAX_POSTS_ABOVE), values)
            found, head_id, has_earlier = cursor.fetchone()
            path = found or []
    is_more = len(heads) > BRANCHES_PER_PAGE
    heads = heads[:BRANCHES_PER_PAGE]
    if begin == "before":
        heads.reverse()
    ids = {head[0] for head in heads}
    rows = {
        row.id: row
        for row in fetch_rows(ids.union(path), reader, parents=(), read_state=read_state)
    }
    unread = unread_positions(reader, read_state) if isinstance(reader, User) and read_state else []
    branches = [
        OutlineBranch(rows[post], size, bisect_left(unread, right) - bisect_left(unread, left))
        for post, left, right, size in heads
    ]
    if branches and branches[0].head.id == head_id:
        branches[0].path = [row for row in rows.values() if row.id in path and row.level > 1]
    if begin == "before":
        return Outline(branches, has_earlier=is_more, has_later=bool(branches))
    return Outline(branches, has_earlier=has_earlier and bool(branches), has_later=is_more)
