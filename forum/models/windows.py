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
    Expression,
    ExpressionWrapper,
    F,
    OuterRef,
    Subquery,
    Value,
    When,
)

from forum.models.ids import any_of
from forum.models.orders import Order, Start, page_sql
from forum.models.posts import Post, if_readable, readable_by
from forum.models.reading import IsAmong, Marks, NumbersField
from forum.models.revisions import Revision
from forum.models.threads import Reader, Thread

# A thread of up to so many posts is whole on its page.
WINDOW = 200
# Of the posts above a window's first, so many are shown with it, the nearest.
CONTEXT = 10
# What remains is counted only so far.
COUNTED = 1000


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
    is_readable: bool
    html: str
    excerpt: str
    latest_number: int
    # Of a post that was edited since: the latest of its revisions that the reader has seen.
    seen_revision: int | None
    parent: Row | None = None


@dataclass(slots=True)
class Window:
    """The rows of a page in tree order, the opening post and the context above included."""

    rows: list[Row]
    page: frozenset[int]  # ids of the rows that are the page itself
    has_earlier: bool
    remaining: int  # posts after the page, counted up to `COUNTED`
    goes_on_below: int | None = None  # the post that the first one after the page answers
    reads_back: bool = False  # its end is what was asked for, not its beginning
    order: Order = "tree"

    def cut_before(self, position: int) -> None:
        """End the page before the row at that position."""
        left_out = self.rows[position:]
        self.goes_on_below = left_out[0].parent_id
        self.rows = self.rows[:position]
        self.page -= {row.id for row in left_out}
        self.remaining = min(COUNTED, self.remaining + len(left_out))

    def begin_at(self, position: int) -> None:
        """Begin the page at the row at that position, below the nearest posts above it."""
        kept = self.rows[position:]
        by_id = {row.id: row for row in self.rows}
        context: list[Row] = []
        above = by_id.get(kept[0].parent_id or 0)
        while above is not None and len(context) < CONTEXT:
            context.append(above)
            above = by_id.get(above.parent_id or 0)
        opening = self.rows[0]
        self.rows = [opening, *(row for row in reversed(context) if row is not opening), *kept]
        self.page = frozenset(row.id for row in kept)
        self.has_earlier = True


WINDOW_SQL = """
WITH RECURSIVE found AS MATERIALIZED ({page}),
numbered AS (SELECT *, row_number() OVER () AS place FROM found),
page AS (SELECT * FROM numbered WHERE place < %(window)s),
above AS (
    SELECT id, parent_id, 1 AS height FROM forum_post
     WHERE id = (SELECT parent_id FROM page ORDER BY place {first} LIMIT 1) AND %(context)s > 0
    UNION ALL
    SELECT post.id, post.parent_id, above.height + 1
      FROM forum_post AS post JOIN above ON post.id = above.parent_id
     WHERE above.height < %(context)s
)
SELECT (SELECT array_agg(id ORDER BY place {first}) FROM page),
       (SELECT array_agg(id ORDER BY height DESC) FROM above),
       (SELECT array_agg(parent_id) FROM (
           SELECT parent_id FROM page UNION SELECT parent_id FROM above) AS answered),
       (SELECT id FROM forum_post WHERE tree_id = %(tree)s AND parent_id IS NULL),
       (SELECT count(*) FROM numbered WHERE place = %(window)s),
       (SELECT parent_id FROM numbered WHERE place = %(window)s),
       EXISTS ({before}),
       -- Each in the order of an index, lest the planner read the whole table for them.
       (SELECT parent_id IS NOT NULL FROM forum_post WHERE tree_id = %(tree)s
           AND lft < (SELECT min(lft) FROM page) ORDER BY lft DESC LIMIT 1),
       (SELECT count(*) FROM (SELECT 1 FROM forum_post WHERE tree_id = %(tree)s
           AND lft > (SELECT max(lft) FROM page) ORDER BY lft LIMIT %(counted)s) AS rest),
       (SELECT parent_id FROM forum_post WHERE tree_id = %(tree)s
           AND lft > (SELECT max(lft) FROM page) ORDER BY lft LIMIT 1)
"""


def window_of(
    thread: Thread,
    reader: Reader,
    start: Start | None = None,
    post_id: int | None = None,
    *,
    order: Order = "tree",
    marks: Marks | None = None,
) -> Window | None:
    """The page of `thread` that begins (or, before, ends) at a post; two queries at any size.

    None when that post is not in the thread.
    """
    is_back = start == "before"
    # Only where a page begins at a post is it not known whether there are posts before it.
    before = page_sql(order, "before").replace("%(window)s", "1")
    sql = WINDOW_SQL.format(
        page=page_sql(order, start),
        first="DESC" if is_back else "ASC",
        before=before if start == "at" and order != "tree" else "SELECT 1 WHERE false",
    )
    values = {
        "tree": thread.pk,
        "post": post_id,
        "window": WINDOW + 1,
        "context": CONTEXT if order != "time" else 0,
        "counted": COUNTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        page, above, answered, opening, more, over, before_at, *of_tree = cursor.fetchone()
    if page is None and (start or opening is None):
        return None
    page = page or []
    has_earlier, remaining, below = of_tree
    if order != "tree":
        # How much there is beyond the page is not counted: that there is more, one more tells.
        has_earlier = {"before": bool(more), "at": before_at, "after": True, None: False}[start]
        remaining = COUNTED if is_back or more else 0
        below = None if order == "time" or is_back else over
    ids = list(dict.fromkeys([opening, *(above or ()), *page]))
    rows = {row.id: row for row in rows_of(set(ids), reader, answered=answered or (), marks=marks)}
    return Window(
        rows=[rows[post] for post in ids],
        page=frozenset(page),
        has_earlier=bool(has_earlier),
        remaining=remaining,
        goes_on_below=below,
        reads_back=is_back,
        order=order,
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
            ExpressionWrapper(readable_by(reader), BooleanField()),
            if_readable(reader, "html"),
            if_readable(reader, "excerpt"),
            "latest_number",
            _seen_revision(marks),
        )
    )
    rows = {row[0]: Row(*row) for row in values}
    for row in rows.values():
        row.parent = rows.get(row.parent_id or 0)
    return [row for row in rows.values() if row.id in ids]


def _seen_revision(marks: Marks | None) -> Expression:
    if marks is None:
        return Value(None, output_field=BigIntegerField())
    seen = Value(marks.ranges, output_field=NumbersField())
    known = Revision.objects.filter(IsAmong(F("number"), seen), post=OuterRef("pk"))
    latest = known.order_by("-number").values("number")[:1]
    # Most posts were never edited: nothing is looked for then.
    return Case(When(latest_number__gt=F("number"), then=Subquery(latest)))
