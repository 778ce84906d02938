"""Pages of a thread: windows of its posts in a sort order, at the same cost in any thread.

Paged by keyset, never by offset. Pages are addressed by posts, not by labels, since labels change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any

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
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import RawSQL

from forum.lib.prepared_queries import fetch_prepared
from forum.lib.sql import IsAnyOf
from forum.lib.tree import ROOT_RIGHT
from forum.models.bookmarks import is_bookmarked
from forum.models.ignores import ignored_ids
from forum.models.posts import Post
from forum.models.read_state import IsInSet, NumberSetField, ThreadReadState
from forum.models.reports import open_reports
from forum.models.revisions import Revision
from forum.models.threads import MAX_NESTING, POSTS_PER_PAGE, Thread
from forum.models.visibility import Reader, ReaderQuery, if_readable, readable_by
from forum.queries.backlinks import Backlink, backlink_column
from forum.queries.branches import enclosing_locked_branches
from forum.queries.sort_orders import PageStart, SortOrder, page_sql

# Bytes of HTML on a page, which ends earlier than usual there. Only posts that consist of little
# but formatting are so large: links to posts (`forum.models.posts`) do not expect it.
MAX_PAGE_BYTES = 5_000_000
# The nearest ancestors of a page's first post that are shown above it.
MAX_POSTS_ABOVE = 10
# Posts beyond the page are counted up to this number.
MAX_POSTS_COUNTED = 1000
# Posts of a page after "load more", which is restored as a whole up to this number.
MAX_POSTS_ON_PAGE = 1000
# The order of activity is kept for this many numbers of the thread; then it is computed again.
ACTIVITY_ORDER_LIFETIME = 1000
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
    hidden_by: str | None
    hidden_reason: str | None
    hidden_action_id: int | None
    edited_by: str | None  # the moderator whose edit is the latest
    edited_action_id: int | None
    erased_action_id: int | None
    # Set on the head of a branch that is, or was, locked or slow.
    locked_at: datetime | None
    locked_until: datetime | None
    locked_by: str | None
    locked_reason: str | None
    slow_minutes: int | None
    slow_until: datetime | None
    slow_reason: str | None
    # In a locked branch.
    is_closed: bool
    is_readable: bool
    html: str
    excerpt: str
    latest_number: int
    # The latest revision that the reader has seen; None unless the post was edited.
    seen_revision: int | None
    # See `ThreadReadState`; false for the reader's own posts.
    is_unread: bool
    is_fresh: bool
    is_muted: bool  # by the reader: it, or what it is in
    reports: list[str]  # why it is reported, for moderators
    is_bookmarked: bool
    backlinks: list[Backlink]  # the posts that quote it
    parent: PostRow | None = None
    is_ignored: bool = False  # the reader ignores the author


# The fields that come from the database, in the order of the dataclass: a column is found by the
# name of its field, and then passed by position, which costs nothing per post.
ROW_COLUMNS = [field.name for field in fields(PostRow)][:-2]


@dataclass(frozen=True, slots=True)
class UnfinishedBranch:
    """A branch that continues after the page: its head, and the posts left (up to a limit)."""

    head_id: int
    remaining: int


@dataclass(slots=True)
class PostWindow:
    """The rows of a page in its order, with the opening post and the context above."""

    rows: list[PostRow]
    page: frozenset[int]  # ids of the rows that are the page itself
    has_earlier: bool = False
    remaining: int = 0  # posts after the page, counted up to `MAX_POSTS_COUNTED`
    continues_below: int | None = None  # the parent of the first post after the page
    order: SortOrder = "tree"
    # In order of activity: the number of the thread at the first page.
    as_of: int | None = None
    # The branches in which the page ends: the innermost, and the top-level one around it.
    unfinished: tuple[UnfinishedBranch, ...] = ()
    # For the page of one branch: its head, and the nearest posts above, the nearest last.
    head_id: int | None = None
    path: tuple[PostRow, ...] = ()


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page of a thread that a URL asks for.

    It begins after or at the post `post_id`, or ends before it. With `branch` it is a page of that
    post and its descendants alone; its head comes with every page. With `until` the page ends with
    the branch of that post; with `through` it goes on to that post, at most `MAX_POSTS_ON_PAGE`. In
    order of activity, branches are sorted as of the thread's number `as_of`, unless that is long
    ago.
    """

    start: PageStart | None = None
    post_id: int | None = None
    order: SortOrder = "tree"
    branch: int | None = None
    until: int | None = None
    through: int | None = None
    as_of: int | None = None


FIRST_PAGE = PageRequest()

WINDOW_SQL = """
WITH RECURSIVE found AS MATERIALIZED ({page}),
-- In the order found, with the levels spanned and the bytes so far.
numbered AS (
    SELECT *, row_number() OVER () AS place, sum(size) OVER so_far AS bytes,
           max(level) OVER so_far - min(level) OVER so_far AS span
      FROM found WINDOW so_far AS (ROWS UNBOUNDED PRECEDING)
),
edge AS (
    SELECT coalesce((SELECT lft FROM forum_post WHERE id = %(branch)s), 0) AS first,
           coalesce((SELECT rght FROM forum_post WHERE id = %(branch)s), %(most)s) AS last,
           coalesce((SELECT rght FROM forum_post WHERE id = %(until)s), %(most)s) AS until
),
-- The first place where the page is full, too large or too deep, or leaves the branch.
over AS (
    SELECT least(
        coalesce(
            (SELECT place + 1 FROM numbered WHERE id = %(through)s),
            CASE WHEN %(through)s IS NULL THEN %(window)s ELSE %(usual)s END),
        (SELECT min(place) FROM numbered, edge
          WHERE span > %(span)s OR (bytes > %(bytes)s AND place > 1)
             OR lft <= edge.first OR lft > least(edge.last, edge.until))
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
           SELECT parent_id FROM forum_post WHERE id = %(branch)s) AS parents),
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
# Each ordered by an index, so that the planner does not read the whole table.
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
    page: PageRequest = FIRST_PAGE,
    *,
    read_state: ThreadReadState | None = None,
) -> PostWindow | None:
    """Return that page of `thread`; two queries at any size.

    None when there is nothing where the page should begin.
    """
    start, post_id, order, branch = page.start, page.post_id, page.order, page.branch
    if branch and start is None:
        start, post_id = "after", branch
    values = {
        "tree": thread.pk,
        "post": post_id,
        "window": (MAX_POSTS_ON_PAGE if page.through else POSTS_PER_PAGE) + 1,
        "usual": POSTS_PER_PAGE + 1,
        "span": MAX_LEVELS if order != "time" else thread.next_number,
        "bytes": MAX_PAGE_BYTES,
        "context": MAX_POSTS_ABOVE if order != "time" else 0,
        "counted": MAX_POSTS_COUNTED,
        "branch": branch,
        "until": page.until,
        "through": page.through,
        "as_of": _activity_snapshot(thread, page.as_of),
        "most": ROOT_RIGHT,
    }
    # As texts: numbers of different sizes would be statements of different types.
    sent = {name: None if value is None else str(value) for name, value in values.items()}
    [found] = fetch_prepared(_window_sql(order, start), sent)
    posts, above, path, parents, opening, earlier, remaining, below, rest = found
    is_beginning = branch is not None and post_id == branch
    if posts is None and (opening is None or (start and not is_beginning)):
        return None
    posts, path = posts or [], path or []
    ids = list(dict.fromkeys([opening, *([branch] if branch else ()), *(above or ()), *posts]))
    rows = {
        row.id: row
        for row in fetch_rows({*ids, *path}, reader, parents=parents or (), read_state=read_state)
    }
    return PostWindow(
        rows=[rows[post] for post in ids],
        page=frozenset(posts),
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


@cache
def _window_sql(order: SortOrder, start: PageStart | None) -> str:
    """Return the statement for a page; all its parameters are numbers."""
    is_back = start == "before"
    if order == "tree":
        earlier, remaining, following = EARLIER_SQL, REMAINING_SQL, NEXT_IN_TREE_SQL
    else:
        # Posts beyond the page are not counted: one found beyond it says that there are more.
        more = "EXISTS (SELECT 1 FROM numbered WHERE place = (SELECT place FROM over))"
        before = page_sql(order, "before").replace("%(window)s", "1")
        # Only for "at" is it not known whether there are posts before the page.
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
    sql = WINDOW_SQL.format(
        page=page_sql(order, start),
        first="DESC" if is_back else "ASC",
        last="ASC" if is_back else "DESC",
        next=following,
        earlier=earlier,
        remaining=remaining,
    )
    return sql.replace(")s", ")s::bigint")


def fetch_rows(
    ids: set[int],
    reader: Reader,
    *,
    parents: Iterable[int | None],
    read_state: ThreadReadState | None = None,
) -> list[PostRow]:
    """Return these posts as `reader` may see them, in tree order; one query.

    `parents` are the ids of their parents, of which a row shows something too.
    """
    wanted = list(ids.union(filter(None, parents)))
    state: tuple[int | bool, ...] = ()
    if read_state:
        state = (read_state.thread_id, read_state.board_id, read_state.is_same_visit)
    values = POST_ROWS.fetch(reader, wanted, *state)
    rows = {row.id: row for row in (PostRow(*each) for each in values)}
    ignored = ignored_ids(reader)
    for row in rows.values():
        row.is_ignored = row.author_id in ignored
        row.parent = rows.get(row.parent_id or 0)
        row.backlinks = [Backlink(**each) for each in row.backlinks]  # type: ignore[arg-type]
    return [row for row in rows.values() if row.id in ids]


def _post_rows(reader: Reader, ids: list[int], *state: Any) -> QuerySet[Post, tuple[Any, ...]]:
    """Return the `ROW_COLUMNS` of these posts; `state` are the fields of a `ThreadReadState`."""
    read_state = ThreadReadState(reader.pk, *state) if state and reader.pk else None
    columns = _columns(reader, read_state)
    posts: QuerySet[Post] = Post.objects.filter(IsAnyOf("pk", ids)).order_by("tree_id", "lft")
    return posts.values_list(*(columns[name] for name in ROW_COLUMNS))


POST_ROWS = ReaderQuery(_post_rows)


def _columns(reader: Reader, read_state: ThreadReadState | None) -> dict[str, Any]:
    """Return the column or expression for each field of `PostRow`, by the field's name."""
    return {
        "id": "pk",
        "parent_id": "parent_id",
        "number": "number",
        "level": "level",
        "author_id": "author_id",
        "author": "author__username",
        "created_at": "created_at",
        "edited_at": "edited_at",
        "deleted_at": "deleted_at",
        "hidden_at": "hidden_at",
        "hidden_by": "hidden_action__actor__username",
        "hidden_reason": "hidden_action__reason",
        "hidden_action_id": "hidden_action_id",
        "edited_by": "edited_action__actor__username",
        "edited_action_id": "edited_action_id",
        "erased_action_id": "erased_action_id",
        "locked_at": "locked_at",
        "locked_until": "locked_until",
        "locked_by": "locked_action__actor__username",
        "locked_reason": "locked_action__reason",
        "slow_minutes": "slow_minutes",
        "slow_until": "slow_until",
        "slow_reason": "slow_action__reason",
        "is_closed": Exists(enclosing_locked_branches()),
        "is_readable": ExpressionWrapper(readable_by(reader), BooleanField()),
        "html": if_readable(reader, "html"),
        "excerpt": if_readable(reader, "excerpt"),
        "latest_number": "latest_number",
        "seen_revision": _seen_revision(read_state),
        "is_unread": _if_marked(read_state.is_unread() if read_state else None),
        "is_fresh": _if_marked(read_state.is_fresh() if read_state else None),
        "is_muted": _is_muted(read_state),
        "reports": open_reports(reader),
        "is_bookmarked": is_bookmarked(reader),
        "backlinks": backlink_column(reader),
    }


def _seen_revision(read_state: ThreadReadState | None) -> Expression:
    if read_state is None:
        return Value(None, output_field=BigIntegerField())
    known = Revision.objects.filter(read_state.has_seen("number"), post=OuterRef("pk"))
    latest = known.order_by("-number").values("number")[:1]
    # Most posts were never edited and need no subquery.
    return Case(When(latest_number__gt=F("number"), then=Subquery(latest)))


def _is_muted(read_state: ThreadReadState | None) -> Any:
    """Return the condition for muted posts as a column; only unread posts are concerned."""
    if read_state is None:
        return Value(False)
    # In a subquery, so that it is called once.
    labels = RawSQL(
        "(SELECT forum_muted(%s, %s))",
        [read_state.member_id, read_state.thread_id],
        NumberSetField(),
    )
    return IsInSet(F("lft"), labels)


def _if_marked(condition: Q | None) -> Expression:
    """Return the condition as a column; false where there is no read state."""
    if condition is None:
        return Value(False)
    return ExpressionWrapper(condition, BooleanField())
