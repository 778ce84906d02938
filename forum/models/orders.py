"""The orders in which a thread is read, as statements that find one page of it.

Each finds the posts of a page, one more if there is one, by keyset: from a post on, never from a
number of posts. The price is that of the page, in any thread: top-level branches are found by the
partial indexes on their heads, and no more of each is read than a page holds.
"""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _

Order = Literal["tree", "newest", "active", "time"]
Start = Literal["after", "before", "at"]

ORDERS: dict[Order, object] = {
    "tree": _("As it grew"),
    "newest": _("Newest branches first"),
    "active": _("Latest activity first"),
    "time": _("By time"),
}

# By place in the tree, and by time, which ids tell: a branch that moved here has new numbers.
SIMPLE = """
SELECT id, parent_id, lft, level FROM forum_post
 WHERE {tree} = %(tree)s AND {condition} ORDER BY {tree} {way}, {key} {way} LIMIT %(window)s
"""
HERE = "(SELECT {key} FROM forum_post WHERE id = %(post)s AND tree_id = %(tree)s)"

# By branch: heads from that of the given post on, and of each the posts in the order of the tree.
BRANCHES = """
SELECT post.id, post.parent_id, post.lft, post.level
  FROM (SELECT here.lft, head.{key} AS key
          FROM (SELECT {here} AS lft) AS here LEFT JOIN LATERAL (
               SELECT {key} FROM forum_post
                WHERE tree_id = %(tree)s AND level = 1 AND lft <= here.lft
                ORDER BY lft DESC LIMIT 1) AS head ON true) AS start,
       LATERAL (
       SELECT lft, rght, {key} AS key FROM forum_post
        WHERE tree_id = %(tree)s AND level = 1
          AND (start.key IS NULL OR {key} {from_head} start.key)
        ORDER BY {key} {way} LIMIT %(window)s + 1) AS head,  -- the first may have no more posts
       LATERAL (
       SELECT id, parent_id, lft, level FROM forum_post
        WHERE tree_id = %(tree)s AND lft BETWEEN head.lft AND head.rght
          AND (start.lft IS NULL OR head.key <> start.key OR lft {from_post} start.lft)
        ORDER BY lft {within} LIMIT %(window)s) AS post
 ORDER BY head.key {way}, post.lft {within} LIMIT %(window)s
"""

BY_TREE = {"tree": "tree_id", "key": "lft"}
BY_TIME = {"tree": "thread_id", "key": "id"}
COMPARED = {"after": ">", "at": ">=", "before": "<"}


def page_sql(order: Order, start: Start | None) -> str:
    """A statement for (id, parent, lft, level) of a page, one post more included.

    Its parameters are `tree`, `post` and `window`, which is that one more. Pages that are read
    back come in reverse.
    """
    if order in ("newest", "active"):
        key = "number" if order == "newest" else "branch_number"
        back = start == "before"
        return BRANCHES.format(
            key=key,
            here=HERE.format(key="lft") if start else "NULL::bigint",
            from_head=">=" if back else "<=",
            way="ASC" if back else "DESC",
            from_post=COMPARED[start or "at"],
            within="DESC" if back else "ASC",
        )
    names = BY_TIME if order == "time" else BY_TREE
    condition = f"{names['key']} > 0"
    if start:
        condition = f"{names['key']} {COMPARED[start]} {HERE.format(**names)}"
    if order == "time":
        condition += " AND parent_id IS NOT NULL"
    return SIMPLE.format(condition=condition, way="DESC" if start == "before" else "ASC", **names)
