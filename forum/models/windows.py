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
from forum.models.branches import closing
from forum.models.citations import Citation, citations
from forum.models.ids import any_of
from forum.models.orders import Order, Start, page_sql
from forum.models.posts import Post, if_readable, readable_by
from forum.models.reading import Marks
from forum.models.reports import open_reports
from forum.models.revisions import Revision
from forum.models.threads import Reader, Thread

# A thread of up to so many posts is whole on its page.
WINDOW = 200
# Of the posts above a window's first, so many are shown with it, the nearest.
CONTEXT = 10
# What remains is counted only so far.
COUNTED = 1000
# A page to which parts were added comes back whole, up to so many posts.
STRETCH = 1000
# In order of activity a reading lasts for so many numbers of its thread; then it begins anew.
READING = 1000
# How many levels a page spans below its first post: with those above it, its lists nest no deeper
# than 90. Chromium flattens them at 253; what is deeper is continued on the next page.
MOST_NESTED = 90
MOST_LEVELS = MOST_NESTED - CONTEXT


@dataclass(slots=True)
class Row:
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
    cited: list[Citation]  # the posts that quote it
    parent: Row | None = None


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A branch that goes on after the page: its head, and how many posts stand there, or more."""

    head_id: int
    remaining: int


@dataclass(slots=True)
class Window:
    """The rows of a page in tree order, the opening post and the context above included."""

    rows: list[Row]
    page: frozenset[int]  # ids of the rows that are the page itself
    has_earlier: bool = False
    remaining: int = 0  # posts after the page, counted up to `COUNTED`
    goes_on_below: int | None = None  # the post that the first one after the page answers
    order: Order = "tree"
    # In order of activity: the number of the thread at which reading began.
    as_of: int | None = None
    # The branches in which the page ends: that of the post above, and the top-level one around it.
    unfinished: tuple[Unfinished, ...] = ()
    # Of the page of one branch: its head, and the nearest posts above that, the nearest last.
    head_id: int | None = None
    path: tuple[Row, ...] = ()


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
NEXT_IN_TREE = """
SELECT id, parent_id, lft, level FROM forum_post WHERE tree_id = %(tree)s
   AND lft > (SELECT lft FROM last) AND lft < (SELECT last FROM edge) ORDER BY lft LIMIT 1
"""
NEXT_FOUND = """
SELECT id, parent_id, lft, level FROM numbered WHERE place = (SELECT place FROM over)
"""
THE_ONE_ASKED_FOR = "SELECT id, parent_id, lft, level FROM forum_post WHERE id = %(post)s"
NOTHING = f"{THE_ONE_ASKED_FOR} AND false"


def window_of(
    thread: Thread,
    reader: Reader,
    start: Start | None = None,
    post_id: int | None = None,
    *,
    order: Order = "tree",
    marks: Marks | None = None,
    branch: int | None = None,
    until: int | None = None,
    through: int | None = None,
    as_of: int | None = None,
) -> Window | None:
    """The page of `thread` that begins (or, before, ends) at a post; two queries at any size.

    With `branch` as if that post and those below it were all; its head comes with every page.
    With `until` the page ends with the branch of that post; with `through` it goes on to that post,
    as far as `STRETCH` allows. In order of activity branches stand as they did at the number
    `as_of` of the thread, unless that is long ago. None when there is nothing where the page
    should begin.
    """
    if branch and start is None:
        start, post_id = "after", branch
    values = {
        "tree": thread.pk,
        "post": post_id,
        "window": (STRETCH if through else WINDOW) + 1,
        "usual": WINDOW + 1,
        "span": MOST_LEVELS if order != "time" else thread.next_number,
        "context": CONTEXT if order != "time" else 0,
        "counted": COUNTED,
        "branch": branch,
        "until": until,
        "through": through,
        "as_of": _began(thread, as_of),
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
    rows = {row.id: row for row in rows_of(found, reader, answered=answered or (), marks=marks)}
    return Window(
        rows=[rows[post] for post in ids],
        page=frozenset(page),
        has_earlier=bool(earlier) and not is_beginning,
        remaining=remaining,
        goes_on_below=below,
        order=order,
        as_of=values["as_of"] if order == "active" else None,
        unfinished=tuple(Unfinished(*pair) for pair in rest or ()),
        head_id=branch,
        path=tuple(rows[post] for post in path if post in rows),
    )


def _began(thread: Thread, as_of: int | None) -> int:
    now = thread.last_number
    return as_of if as_of is not None and now - READING <= as_of <= now else now


def _window_sql(order: Order, start: Start | None) -> str:
    is_back = start == "before"
    if order == "tree":
        earlier, remaining, following = EARLIER_SQL, REMAINING_SQL, NEXT_IN_TREE
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
        following = THE_ONE_ASKED_FOR if is_back else NEXT_FOUND
        if order == "time":
            following = NOTHING  # no branch is left unfinished where there are none
    return WINDOW_SQL.format(
        page=page_sql(order, start),
        first="DESC" if is_back else "ASC",
        last="ASC" if is_back else "DESC",
        next=following,
        earlier=earlier,
        remaining=remaining,
    )


def rows_of(
    ids: set[int],
    reader: Reader,
    *,
    answered: Iterable[int | None],
    marks: Marks | None = None,
) -> list[Row]:
    """These posts as `reader` may see them, in tree order; one query.

    `answered` are the posts that they answer, which a row shows something of, too.
    """
    values = (
        Post.objects.filter(pk__in=any_of(ids.union(filter(None, answered))))
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
            Exists(closing()),
            ExpressionWrapper(readable_by(reader), BooleanField()),
            if_readable(reader, "html"),
            if_readable(reader, "excerpt"),
            "latest_number",
            _seen_revision(marks),
            _if_marked(marks.is_unread() if marks else None),
            _if_marked(marks.is_fresh() if marks else None),
            open_reports(reader),
            citations(reader),
        )
    )
    rows: dict[int, Row] = {}
    for *row, cited in values:
        row.append([Citation(**each) for each in cited])
        rows[row[0]] = Row(*row)
    for row in rows.values():
        row.parent = rows.get(row.parent_id or 0)
    return [row for row in rows.values() if row.id in ids]


def _seen_revision(marks: Marks | None) -> Expression:
    if marks is None:
        return Value(None, output_field=BigIntegerField())
    known = Revision.objects.filter(marks.has_seen("number"), post=OuterRef("pk"))
    latest = known.order_by("-number").values("number")[:1]
    # Most posts were never edited: nothing is looked for then.
    return Case(When(latest_number__gt=F("number"), then=Subquery(latest)))


def _if_marked(condition: Q | None) -> Expression:
    """Whether that holds of a post; false where nothing is marked."""
    if condition is None:
        return Value(False)
    return ExpressionWrapper(condition, BooleanField())
