"""Sort orders of a thread, as SQL statements that find one page.

Each statement finds the posts of a page and one more, by keyset: from a post on, never by offset.
Its cost is that of the page in any thread: top-level branches are found by the partial indexes on
their heads, and no more of each branch is read than fits on a page.
"""

from __future__ import annotations

from typing import Literal

from django.utils.translation import gettext_lazy as _

SortOrder = Literal["tree", "newest", "active", "time"]
PageStart = Literal["after", "before", "at"]

SORT_ORDERS: dict[SortOrder, object] = {
    "tree": _("Oldest first"),
    "newest": _("Newest first"),
    "active": _("Active first"),
    "time": _("Flat"),
}

# By place in the tree or by time, for which ids are used: a branch that moved here has new numbers.
SIMPLE_SQL = """
SELECT id, parent_id, lft, level, octet_length(html) AS size FROM forum_post
 WHERE {tree} = %(tree)s AND {condition}
 ORDER BY {tree} {direction}, {key} {direction} LIMIT %(window)s
"""
POSITION_SQL = "(SELECT {key} FROM forum_post WHERE id = %(post)s AND tree_id = %(tree)s)"

# By branch: the heads from that of the given post on, and the posts of each in tree order.
BRANCHES_SQL = """
SELECT post.id, post.parent_id, post.lft, post.level, post.size
  FROM (SELECT here.lft, head.key
          FROM (SELECT {here} AS lft) AS here LEFT JOIN LATERAL (
               SELECT {key_of_head} AS key FROM forum_post
                WHERE tree_id = %(tree)s AND level = 1 AND lft <= here.lft
                ORDER BY lft DESC LIMIT 1) AS head ON true) AS start,
       LATERAL ({heads}
        ORDER BY key {direction} LIMIT %(window)s + 1) AS head,  -- the first may have no more posts
       LATERAL (
       SELECT id, parent_id, lft, level, octet_length(html) AS size FROM forum_post
        WHERE tree_id = %(tree)s AND lft BETWEEN head.lft AND head.rght
          AND (start.lft IS NULL OR head.key <> start.key OR lft {from_post} start.lft)
        ORDER BY lft {within} LIMIT %(window)s) AS post
 ORDER BY head.key {direction}, post.lft {within} LIMIT %(window)s
"""
HEADS_BY_AGE_SQL = """
       SELECT lft, rght, number AS key FROM forum_post
        WHERE tree_id = %(tree)s AND level = 1
          AND (start.key IS NULL OR number {from_head} start.key)"""

# By activity as of the first page read, when the thread's number was `as_of`: the order stays the
# same while others reply. Most branches had no activity since. For those that had, the latest
# number up to `as_of` is searched: in a small branch among its posts, in a large one backwards
# through the thread, where it is soon found. Branches begun since come first, by age.
MOVED_BRANCHES_SQL = """
WITH moved AS MATERIALIZED (
    SELECT lft, rght, coalesce(CASE
               WHEN (SELECT count(*) FROM (
                    SELECT 1 FROM forum_post AS post
                     WHERE tree_id = %(tree)s AND post.lft BETWEEN head.lft AND head.rght
                     LIMIT {small} + 1) AS first_of_it) <= {small}
               THEN (SELECT max(number) FROM (
                    SELECT number FROM forum_post AS post
                     WHERE tree_id = %(tree)s AND post.lft BETWEEN head.lft AND head.rght
                     OFFSET 0) AS all_of_it WHERE number <= %(as_of)s)
               ELSE (SELECT number FROM forum_post AS post
                     WHERE thread_id = %(tree)s AND number <= %(as_of)s
                       AND post.lft BETWEEN head.lft AND head.rght
                     ORDER BY thread_id DESC, number DESC LIMIT 1) END, number) AS key
      FROM forum_post AS head
     WHERE tree_id = %(tree)s AND level = 1 AND branch_number > %(as_of)s
)"""
HEADS_BY_ACTIVITY_SQL = """
       SELECT lft, rght, key FROM (
           (SELECT lft, rght, branch_number AS key FROM forum_post
             WHERE tree_id = %(tree)s AND level = 1 AND branch_number <= %(as_of)s
               AND (start.key IS NULL OR branch_number {from_head} start.key)
             ORDER BY branch_number {direction} LIMIT %(window)s + 1)
           UNION ALL
           SELECT lft, rght, key FROM moved WHERE start.key IS NULL OR key {from_head} start.key
       ) AS heads"""
ACTIVITY_KEY_SQL = """
CASE WHEN branch_number <= %(as_of)s THEN branch_number
     ELSE (SELECT key FROM moved WHERE moved.lft = forum_post.lft) END"""
# Branches up to this size are read through.
SMALL_BRANCH = 1000

TREE_COLUMNS = {"tree": "tree_id", "key": "lft"}
TIME_COLUMNS = {"tree": "thread_id", "key": "id"}
COMPARISONS = {"after": ">", "at": ">=", "before": "<"}


def page_sql(order: SortOrder, start: PageStart | None) -> str:
    """Return the statement for (id, parent, lft, level, size) of a page and one post more.

    Its parameters are `tree`, `post`, `as_of` and `window` (the page's size plus one). Pages before
    a post come in reverse order.
    """
    if order in ("newest", "active"):
        return _branches_sql(start, is_by_activity=order == "active")
    names = TIME_COLUMNS if order == "time" else TREE_COLUMNS
    condition = f"{names['key']} > 0"
    if start:
        condition = f"{names['key']} {COMPARISONS[start]} {POSITION_SQL.format(**names)}"
    if order == "time":
        condition += " AND parent_id IS NOT NULL"
    return SIMPLE_SQL.format(
        condition=condition, direction="DESC" if start == "before" else "ASC", **names
    )


def _branches_sql(start: PageStart | None, *, is_by_activity: bool) -> str:
    back = start == "before"
    from_head, direction = (">=", "ASC") if back else ("<=", "DESC")
    heads = HEADS_BY_ACTIVITY_SQL if is_by_activity else HEADS_BY_AGE_SQL
    sql = BRANCHES_SQL.format(
        key_of_head=ACTIVITY_KEY_SQL if is_by_activity else "number",
        here=POSITION_SQL.format(key="lft") if start else "NULL::bigint",
        heads=heads.format(from_head=from_head, direction=direction),
        direction=direction,
        from_post=COMPARISONS[start or "at"],
        within="DESC" if back else "ASC",
    )
    return MOVED_BRANCHES_SQL.format(small=SMALL_BRANCH) + sql if is_by_activity else sql
