"""A page of a thread: a stretch of its posts in tree order, at the same price in any thread.

Paged by keyset over the order of the tree, never by offset. Pages are named by posts, not by
labels: labels move.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    Exists,
    Expression,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)

from forum.lib.tree import ROOT_RIGHT
from forum.lib.unnest import unnest
from forum.models.posts import Post, if_readable, readable_by
from forum.models.read_state import ThreadReadState
from forum.models.reports import open_reports
from forum.models.revisions import Revision
from forum.models.threads import Reader, Thread
from forum.queries.backlinks import Backlink, backlink_column
from forum.queries.branches import enclosing_locked_branches
from forum.queries.sort_orders import PageStart, SortOrder, page_sql

# A thread of up to so many posts is whole on its page.
POSTS_PER_PAGE = 200
# Of the posts above a window's first, so many are shown with it, the nearest.
MAX_POSTS_ABOVE = 10
# What remains is counted only so far.
MAX_POSTS_COUNTED = 1000
# A page to which parts were added comes back whole, up to so many posts.
MAX_POSTS_ON_PAGE = 1000
# In order of activity a reading lasts for so many numbers of its thread; then it begins anew.
ACTIVITY_ORDER_LIFETIME = 1000
# How many levels a page spans below its first post: with those above it, its lists nest no deeper
# than 90. Chromium flattens them at 253; what is deeper is continued on the next page.
MAX_NESTING = 90
MAX_LEVELS = MAX_NESTING - MAX_POSTS_ABOVE


@dataclass(slots=True)
class PostRow:
    """A post as a page shows it; texts that the reader may not read are empty."""

    id: int
    parent_id: int | None
    number: int
    level: int
    author_id: int
    author: str
    created_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    hidden_at: datetime | None
    hidden_reason: str | None
    hidden_action_id: int | None
    edited_action_id: int | None
    erased_action_id: int | None
    # Of the head of a branch that is, or was, locked or slow.
    locked_at: datetime | None
    locked_until: datetime | None
    locked_by: str | None
    locked_reason: str | None
    slow_minutes: int | None
    slow_until: datetime | None
    slow_reason: str | None
    # Somewhere in a locked branch.
    is_closed: bool
    is_readable: bool
    html: str
    excerpt: str
    latest_number: int
    # Of a post that was edited since: the latest of its revisions that the reader has seen.
    seen_revision: int | None
    # Of others' posts: that what they say now was not on the reader's screen, and that they came
    # in this visit or just before.
    is_unread: bool
    is_fresh: bool
    reports: list[str]  # why it is reported, for moderators
    backlinks: list[Backlink]  # the posts that quote it
    parent: PostRow | None = None


@dataclass(frozen=True, slots=True)
class UnfinishedBranch:
    """A branch that goes on after the page: its head, and how many posts stand there, or more."""

    head_id: int
    remaining: int


@dataclass(slots=True)
class PostWindow:
    """The rows of a page in tree order, the opening post and the context above included."""

    rows: list[PostRow]
    page: frozenset[int]  # ids of the rows that are the page itself
    has_earlier: bool = False
    remaining: int = 0  # posts after the page, counted up to `MAX_POSTS_COUNTED`
    continues_below: int | None = None  # the post that the first one after the page answers
    order: SortOrder = "tree"
    # In order of activity: the number of the thread at which reading began.
    as_of: int | None = None
    # The branches in which the page ends: that of the post above, and the top-level one around it.
    unfinished: tuple[UnfinishedBranch, ...] = ()
    # Of the page of one branch: its head, and the nearest posts above that, the nearest last.
    head_id: int | None = None
    path: tuple[PostRow, ...] = ()


WINDOW_SQL = """
WITH RECURSIVE found AS MATERIALIZED ({page}),
-- In the order in which they were found: how many levels they span so far.
numbered AS (
    SELECT *, row_number() OVER () AS place, max(level) OVER so_far - min(level) OVER so_far AS span
      FROM found WINDOW so_far AS (ROWS UNBOUNDED PRECEDING)
),
edge AS (
    SELECT coalesce((SELECT lft FROM forum_post WHERE id = %(branch)s), 0) AS first,
           coalesce((SELECT rght FROM forum_post WHERE id = %(branch)s), %(most)s) AS last,
           coalesce((SELECT rght FROM forum_post WHERE id = %(until)s), %(most)s) AS until
),
-- Where the page is full, would nest too deep, or leaves the branch.
over AS (
    SELECT least(
        coalesce(
            (SELECT place + 1 FROM numbered WHERE id = %(through)s),
            CASE WHEN %(through)s IS NULL THEN %(window)s ELSE %(usual)s END),
        (SELECT min(place) FROM numbered, edge
          WHERE span > %(span)s OR lft <= edge.first OR lft > least(edge.last, edge.until))
    ) AS place
),
page AS (SELECT * FROM numbered WHERE place < (SELECT place FROM over)),
last AS (SELECT lft FROM page ORDER BY place {last} LIMIT 1),
next AS ({next}),
above AS (
    SELECT id, parent_id, 1 AS height FROM forum_post, edge
     WHERE id = (SELECT parent_id FROM page ORDER BY place {first} LIMIT 1)
       AND lft > edge.first AND %(context)s > 0
    UNION ALL
    SELECT post.id, post.parent_id, above.height + 1
      FROM above JOIN forum_post AS post ON post.id = above.parent_id, edge
     WHERE above.height < %(context)s AND post.lft > edge.first
),
path AS (
    SELECT parent_id AS id, 1 AS height FROM forum_post WHERE id = %(branch)s
    UNION ALL
    SELECT post.parent_id, path.height + 1
      FROM path JOIN forum_post AS post ON post.id = path.id WHERE path.height < %(context)s
),
unfinished AS (
    SELECT id, rght, level FROM forum_post WHERE id = (SELECT parent_id FROM next)
    UNION
    SELECT * FROM (
        SELECT id, rght, level FROM forum_post
         WHERE tree_id = %(tree)s AND level = 1 AND lft < (SELECT lft FROM next WHERE level > 1)
         ORDER BY lft DESC LIMIT 1) AS head
)
SELECT (SELECT array_agg(id ORDER BY place {first}) FROM page),
       (SELECT array_agg(id ORDER BY height DESC) FROM above),
       (SELECT array_agg(id ORDER BY height DESC) FROM path WHERE id IS NOT NULL),
       (SELECT array_agg(parent_id) FROM (
           SELECT parent_id FROM page UNION SELECT parent_id FROM above UNION
           SELECT parent_id FROM forum_post WHERE id = %(branch)s) AS answered),
       (SELECT id FROM forum_post WHERE tree_id = %(tree)s AND parent_id IS NULL),
       {earlier},
       {remaining},
       (SELECT parent_id FROM next),
       (SELECT array_agg(ARRAY[id, (SELECT count(*) FROM (
            SELECT 1 FROM forum_post AS post WHERE tree_id = %(tree)s AND deleted_at IS NULL
               AND lft > (SELECT lft FROM last) AND lft < unfinished.rght
             ORDER BY lft LIMIT %(counted)s) AS rest)] ORDER BY level DESC)
          FROM unfinished, edge WHERE level > 0 AND rght < edge.last)
"""
# Each in the order of an index, lest the planner read the whole table for them.
EARLIER_SQL = """
(SELECT id <> coalesce(%(branch)s, (SELECT id FROM forum_post
         WHERE tree_id = %(tree)s AND parent_id IS NULL))
   FROM forum_post WHERE tree_id = %(tree)s AND lft < (SELECT min(lft) FROM page)
  ORDER BY lft DESC LIMIT 1)
"""
REMAINING_SQL = """
(SELECT count(*) FROM (SELECT 1 FROM forum_post WHERE tree_id = %(tree)s AND deleted_at IS NULL
    AND lft > (SELECT lft FROM last) AND lft < (SELECT last FROM edge)
  ORDER BY lft LIMIT %(counted)s) AS rest)
"""
NEXT_IN_TREE_SQL = """
SELECT id, parent_id, lft, level FROM forum_post WHERE tree_id = %(tree)s
   AND lft > (SELECT lft FROM last) AND lft < (SELECT last FROM edge) ORDER BY lft LIMIT 1
"""
NEXT_FOUND_SQL = """
SELECT id, parent_id, lft, level FROM numbered WHERE place = (SELECT place FROM over)
"""
REQUESTED_POST_SQL = "SELECT id, parent_id, lft, level FROM forum_post WHERE id = %(post)s"
NO_POST_SQL = f"{REQUESTED_POST_SQL} AND false"


def fetch_window(
    thread: Thread,
    reader: Reader,
    start: PageStart | None = None,
    post_id: int | None = None,
    *,
    order: SortOrder = "tree",
    read_state: ThreadReadState | None = None,
    branch: int | None = None,
    until: int | None = None,
    through: int | None = None,
    as_of: int | None = None,
) -> PostWindow | None:
    """The page of `thread` that begins (or, before, ends) at a post; two queries at any size.

    With `branch` as if that post and those below it were all; its head comes with every page.
    With `until` the page ends with the branch of that post; with `through` it goes on to that post,
    at most `MAX_POSTS_ON_PAGE`. In order of activity branches stand as they did at the number
    `as_of` of the thread, unless that is long ago. Return None when there is nothing where the page
    should begin.
    """
    if branch and start is None:
        start, post_id = "after", branch
    values = {
        "tree": thread.pk,
        "post": post_id,
        "window": (MAX_POSTS_ON_PAGE if through else POSTS_PER_PAGE) + 1,
        "usual": POSTS_PER_PAGE + 1,
        "span": MAX_LEVELS if order != "time" else thread.next_number,
        "context": MAX_POSTS_ABOVE if order != "time" else 0,
        "counted": MAX_POSTS_COUNTED,
        "branch": branch,
        "until": until,
        "through": through,
        "as_of": _activity_snapshot(thread, as_of),
        "most": ROOT_RIGHT,
    }
    with connection.cursor() as cursor:
        cursor.execute(_window_sql(order, start), values)
        page, above, path, answered, opening, earlier, remaining, below, rest = cursor.fetchone()
    is_beginning = branch is not None and post_id == branch
    if page is None and (opening is None or (start and not is_beginning)):
        return None
    page, path = page or [], path or []
    ids = list(dict.fromkeys([opening, *([branch] if branch else ()), *(above or ()), *page]))
    found = {*ids, *path}
    rows = {
        row.id: row
        for row in fetch_rows(found, reader, answered=answered or (), read_state=read_state)
    }
    return PostWindow(
        rows=[rows[post] for post in ids],
        page=frozenset(page),
        has_earlier=bool(earlier) and not is_beginning,
        remaining=remaining,
        continues_below=below,
        order=order,
        as_of=values["as_of"] if order == "active" else None,
        unfinished=tuple(UnfinishedBranch(*pair) for pair in rest or ()),
        head_id=branch,
        path=tuple(rows[post] for post in path if post in rows),
    )


def _activity_snapshot(thread: Thread, as_of: int | None) -> int:
    now = thread.last_number
    return as_of if as_of is not None and now - ACTIVITY_ORDER_LIFETIME <= as_of <= now else now


def _window_sql(order: SortOrder, start: PageStart | None) -> str:
    is_back = start == "before"
    if order == "tree":
        earlier, remaining, following = EARLIER_SQL, REMAINING_SQL, NEXT_IN_TREE_SQL
    else:
        # How much there is beyond the page is not counted: that there is more, one more tells.
        more = "EXISTS (SELECT 1 FROM numbered WHERE place = (SELECT place FROM over))"
        before = page_sql(order, "before").replace("%(window)s", "1")
        # Only where a page begins at a post is it not known whether there are posts before it.
        earlier = {
            None: "false",
            "after": "true",
            "before": more,
            "at": f"EXISTS ({before})",
        }[start]
        remaining = "%(counted)s" if is_back else f"CASE WHEN {more} THEN %(counted)s ELSE 0 END"
        following = REQUESTED_POST_SQL if is_back else NEXT_FOUND_SQL
        if order == "time":
            following = NO_POST_SQL  # no branch is left unfinished where there are none
    return WINDOW_SQL.format(
        page=page_sql(order, start),
        first="DESC" if is_back else "ASC",
        last="ASC" if is_back else "DESC",
        next=following,
        earlier=earlier,
        remaining=remaining,
    )


def fetch_rows(
    ids: set[int],
    reader: Reader,
    *,
    answered: Iterable[int | None],
    read_state: ThreadReadState | None = None,
) -> list[PostRow]:
    """These posts as `reader` may see them, in tree order; one query.

    `answered` are the posts that they answer, which a row shows something of, too.
    """
    values = (
        Post.objects.filter(pk__in=unnest(ids.union(filter(None, answered))))
        .order_by("tree_id", "lft")
        .values_list(
            "pk",
            "parent_id",
            "number",
            "level",
            "author_id",
            "author__username",
            "created_at",
            "edited_at",
            "deleted_at",
            "hidden_at",
            "hidden_action__reason",
            "hidden_action_id",
            "edited_action_id",
            "erased_action_id",
            "locked_at",
            "locked_until",
            "locked_action__actor__username",
            "locked_action__reason",
            "slow_minutes",
            "slow_until",
            "slow_action__reason",
            Exists(enclosing_locked_branches()),
            ExpressionWrapper(readable_by(reader), BooleanField()),
            if_readable(reader, "html"),
            if_readable(reader, "excerpt"),
            "latest_number",
            _seen_revision(read_state),
            _if_marked(read_state.is_unread() if read_state else None),
            _if_marked(read_state.is_fresh() if read_state else None),
            open_reports(reader),
            backlink_column(reader),
        )
    )
    rows: dict[int, PostRow] = {}
    for *row, backlinks in values:
        row.append([Backlink(**each) for each in backlinks])
        rows[row[0]] = PostRow(*row)
    for row in rows.values():
        row.parent = rows.get(row.parent_id or 0)
    return [row for row in rows.values() if row.id in ids]


def _seen_revision(read_state: ThreadReadState | None) -> Expression:
    if read_state is None:
        return Value(None, output_field=BigIntegerField())
    known = Revision.objects.filter(read_state.has_seen("number"), post=OuterRef("pk"))
    latest = known.order_by("-number").values("number")[:1]
    # Most posts were never edited: nothing is looked for then.
    return Case(When(latest_number__gt=F("number"), then=Subquery(latest)))


def _if_marked(condition: Q | None) -> Expression:
    """Whether that holds of a post; false where nothing is marked."""
    if condition is None:
        return Value(False)
    return ExpressionWrapper(condition, BooleanField())
