"""Nested sets with sparse labels: django-mptt's tree with insertion in constant time.

Stock django-mptt numbers the edges of a tree 1, 2, 3 … and shifts half of the tree for each reply.
Here the numbers are spread over 62 bits, so that a reply takes two free ones inside its parent's
interval and touches no other post. When the gap at one place is used up, the labels of its
neighbourhood are spread again: the smallest surrounding range of labels that is not too dense, by
Bender, Cole, Demaine, Farach-Colton and Zito, "Two Simplified Algorithms for Maintaining Order in
a List" (ESA 2002). A reply relabels an amortised constant number of posts, whatever the shape.

Every write here needs the thread's lock (`Thread.objects.lock`); the database refuses it otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from django.db import connection
from mptt.exceptions import InvalidMove
from mptt.managers import TreeManager

from forum.lib.tree import LABEL_BITS, ROOT_LEFT, ROOT_RIGHT

if TYPE_CHECKING:
    from forum.models.posts import Post

# A new post takes one in so many of the free labels at its place; the rest is for its siblings …
BRANCH_SHARE = 4
# … but never more than this, so that millions of siblings fit below a root.
BRANCH_LIMIT = 1 << 40
# With fewer free labels per new label, the neighbourhood is spread first.
LEAST_GAP = 8
# The size in bits of the smallest neighbourhood tried; each further try is 4 times as wide.
NEIGHBOURHOOD_BITS = 8


class TreeIsFull(RuntimeError):
    """No label is left in a tree, which takes far more posts than a thread will ever have."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place for a new child: between the labels `low` and `high`, both taken."""

    tree_id: int
    level: int
    low: int
    high: int

    @property
    def gap(self) -> int:
        return self.high - self.low - 1


@dataclass(frozen=True, slots=True)
class Renumbering:
    """The change of the numbers of posts that move into another thread.

    Numbers from `first` to `last` are shifted by `shift`, all others by `shift_of_others`.
    """

    first: int = 0
    last: int = 0
    shift: int = 0
    shift_of_others: int = 0


UNCHANGED = Renumbering()


class SparseTreeManager(TreeManager):
    """django-mptt's manager with its own insertion and moving; its other writes are refused."""

    # -- Called by django-mptt ------------------------------------------------------------------

    def insert_node(  # noqa: PLR0917 (the signature of django-mptt)
        self,
        node: Post,
        target: Post | None,
        position: str = "last-child",
        save: bool = False,
        allow_existing_pk: bool = False,
        refresh_target: bool = True,
    ) -> Post:
        """Give a new post its labels: a root's whole range, or free labels inside `target`."""
        if position != "last-child":
            raise NotImplementedError("siblings are in order of time: insert as last-child")
        if target is None:
            node.tree_id, node.level = node.thread_id, 0
            node.lft, node.rght = ROOT_LEFT, ROOT_RIGHT
        else:
            place = self._place_with_room(target.pk, labels=2)
            node.tree_id, node.level = place.tree_id, place.level
            node.lft = place.low + 1
            node.rght = node.lft + max(1, min(place.gap // BRANCH_SHARE, BRANCH_LIMIT))
        node.parent = target
        if node.level == 1:
            node.branch_number = node.number  # the head of a branch is its latest post
        if save:
            node.save(force_insert=True)
        return node

    def record_in_branch(self, post: Post) -> None:
        """Record a post inserted just now as the latest of its branch; needs the thread's lock.

        `insert_node` has done so for the head of a branch.
        """
        if post.level < 2:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                """
                UPDATE forum_post SET branch_number = %s WHERE id = (
                    SELECT id FROM forum_post WHERE tree_id = %s AND level = 1 AND lft <= %s
                     ORDER BY lft DESC LIMIT 1)
                """,
                [post.number, post.tree_id, post.lft],
            )

    def _refuse(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise NotImplementedError(
            "labels are sparse and trees are locked: see `reply_to`, `move_branch`, `repair`"
        )

    move_node = _move_node = _refuse
    rebuild = partial_rebuild = build_tree_nodes = _refuse
    disable_mptt_updates = delay_mptt_updates = _refuse
    # All other writes of django-mptt go through one of these.
    _manage_space = _create_tree_space = _get_next_tree_id = _refuse

    # -- Called by our actions ------------------------------------------------------------------

    def move_branch(
        self,
        branch: Post,
        *,
        thread_id: int,
        parent_id: int | None,
        before: int | None = None,
        numbers: Renumbering = UNCHANGED,
    ) -> int:
        """Move `branch` below another post or, with no parent, make it a root; return its size.

        It goes before the sibling with id `before`, or last. Rewrites only the posts of the branch:
        thread, tree, labels, levels and numbers, in one statement. The caller holds the locks of
        both threads. Raises `InvalidMove` when the parent is in the branch itself.
        """
        left, right, level, tree_id = self._edges(branch.pk)
        posts = self._count(tree_id, left, right)
        if parent_id is None:
            place = Place(thread_id, 0, ROOT_LEFT - 1, ROOT_RIGHT + 1)
        else:
            parent_left, _right, _level, parent_tree = self._edges(parent_id)
            if parent_tree == tree_id and left <= parent_left <= right:
                raise InvalidMove("a branch cannot hang on a post of its own")
            place = self._place_with_room(parent_id, labels=2 * posts, before=before)
            left, right, level, tree_id = self._edges(branch.pk)
        room = place.gap if parent_id is None else min(place.gap // 2, posts * BRANCH_LIMIT)
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH edge AS (
                    SELECT id, lft AS at FROM forum_post
                     WHERE tree_id = %(tree)s AND lft BETWEEN %(left)s AND %(right)s
                    UNION ALL
                    SELECT id, rght FROM forum_post
                     WHERE tree_id = %(tree)s AND rght BETWEEN %(left)s AND %(right)s
                ), spread AS (
                    SELECT id, %(low)s + %(step)s * row_number() OVER (ORDER BY at) AS at FROM edge
                ), moved AS (
                    SELECT id, min(at) AS lft, max(at) AS rght FROM spread GROUP BY id
                )
                UPDATE forum_post AS p
                   SET thread_id = %(thread)s, tree_id = %(thread)s,
                       level = p.level + %(deeper)s,
                       number = p.number + CASE
                         WHEN p.number BETWEEN %(first)s AND %(last)s THEN %(shift)s::bigint
                         ELSE %(shift_of_others)s END,
                       changed_number = CASE WHEN p.thread_id = %(thread)s
                         THEN p.changed_number ELSE 0 END,
                       parent_id = CASE WHEN p.id = %(branch)s THEN %(parent)s::bigint
                                   ELSE p.parent_id END,
                       lft = CASE WHEN p.id = %(branch)s AND %(parent)s::bigint IS NULL
                             THEN %(root_left)s ELSE moved.lft END,
                       rght = CASE WHEN p.id = %(branch)s AND %(parent)s::bigint IS NULL
                              THEN %(root_right)s ELSE moved.rght END
                  FROM moved WHERE p.id = moved.id
                """,
                {
                    "tree": tree_id,
                    "left": left,
                    "right": right,
                    "low": place.low,
                    "step": room // (2 * posts + 1),
                    "thread": thread_id,
                    "deeper": place.level - level,
                    "branch": branch.pk,
                    "parent": parent_id,
                    "root_left": ROOT_LEFT,
                    "root_right": ROOT_RIGHT,
                    "first": numbers.first,
                    "last": numbers.last,
                    "shift": numbers.shift,
                    "shift_of_others": numbers.shift_of_others,
                },
            )
        return posts

    # -- Finding and making room ----------------------------------------------------------------

    def _edges(self, post_id: int) -> tuple[int, int, int, int]:
        row: tuple[int, int, int, int] = (
            self.model._base_manager.order_by()
            .values_list("lft", "rght", "level", "tree_id")
            .get(pk=post_id)
        )
        return row

    def _count(self, tree_id: int, left: int, right: int) -> int:
        return int(
            self.model._base_manager.order_by()
            .filter(tree_id=tree_id, lft__gte=left, lft__lte=right)
            .count()
        )

    def _place(self, parent_id: int, before: int | None) -> Place:
        with connection.cursor() as cursor:
            cursor.execute(
                """
                SELECT parent.tree_id, parent.level + 1,
                       coalesce((SELECT child.rght FROM forum_post AS child
                                  WHERE child.parent_id = parent.id AND child.lft < next.lft
                                  ORDER BY child.lft DESC LIMIT 1), parent.lft),
                       next.lft
                  FROM forum_post AS parent,
                       LATERAL (SELECT coalesce((SELECT lft FROM forum_post
                           WHERE id = %s AND parent_id = parent.id), parent.rght) AS lft) AS next
                 WHERE parent.id = %s
                """,
                [before, parent_id],
            )
            return Place(*cursor.fetchone())

    def _place_with_room(self, parent_id: int, *, labels: int, before: int | None = None) -> Place:
        """Return the place before that sibling, or the last place, with a comfortable gap."""
        place = self._place(parent_id, before)
        if place.gap < labels * LEAST_GAP:
            self._spread_neighbourhood(place, labels)
            place = self._place(parent_id, before)
        return place

    def _spread_neighbourhood(self, place: Place, labels: int) -> None:
        """Spread the labels around `place` evenly, leaving room for `labels` more there.

        Takes the smallest range, aligned to a power of two, in which n labels are on average at
        least `growth ** bits` apart, and `LEAST_GAP`; `growth` depends on the size of the tree, for
        which the thread's next number is an upper bound.
        """
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH RECURSIVE size AS (
                    SELECT 4.0 * (2 * (SELECT next_number FROM forum_thread WHERE id = %(tree)s)
                                  + %(labels)s) AS edges
                ), range AS (
                    SELECT 0 AS bits, 0::bigint AS low, 0::bigint AS high, 0::bigint AS edges
                    UNION ALL
                    SELECT next.bits, next.low, next.high,
                           (SELECT count(*) FROM forum_post WHERE tree_id = %(tree)s
                              AND lft >= next.low AND lft < next.high)
                         + (SELECT count(*) FROM forum_post WHERE tree_id = %(tree)s
                              AND rght >= next.low AND rght < next.high)
                      FROM range, size,
                           LATERAL (SELECT CASE WHEN range.bits = 0 THEN %(first)s
                                           ELSE least(range.bits + 2, %(most)s) END AS bits) AS n,
                           LATERAL (SELECT n.bits,
                                greatest((%(at)s >> n.bits) << n.bits, %(least)s) AS low,
                                least((%(at)s >> n.bits << n.bits) + (1::bigint << n.bits) - 1,
                                      %(highest)s) AS high) AS next
                     WHERE range.bits < %(most)s
                       AND (range.bits = 0 OR range.high - range.low <
                            (range.edges + %(labels)s + 1) * greatest(%(least_gap)s,
                            (2 / size.edges ^ (1.0 / %(most)s)) ^ range.bits))
                )
                SELECT low, high, edges FROM range ORDER BY bits DESC LIMIT 1
                """,
                {
                    "tree": place.tree_id,
                    "labels": labels,
                    "least_gap": LEAST_GAP,
                    "first": NEIGHBOURHOOD_BITS,
                    "most": LABEL_BITS,
                    "at": place.high - 1,
                    "least": ROOT_LEFT + 1,
                    "highest": ROOT_RIGHT,
                },
            )
            low, high, edges = cursor.fetchone()
            step = (high - low) // (edges + labels + 1)
            if step < LEAST_GAP:
                raise TreeIsFull(f"thread {place.tree_id}")
            cursor.execute(
                """
                WITH edge AS (
                    SELECT id, lft AS at, true AS opens FROM forum_post
                     WHERE tree_id = %(tree)s AND lft >= %(low)s AND lft < %(high)s
                    UNION ALL
                    SELECT id, rght, false FROM forum_post
                     WHERE tree_id = %(tree)s AND rght >= %(low)s AND rght < %(high)s
                ), spread AS (
                    SELECT id, opens, %(low)s + %(step)s * (row_number() OVER (ORDER BY at)
                           + CASE WHEN at >= %(place)s THEN %(labels)s ELSE 0 END) AS at FROM edge
                ), moved AS (
                    SELECT id, max(at) FILTER (WHERE opens) AS lft,
                           max(at) FILTER (WHERE NOT opens) AS rght
                      FROM spread GROUP BY id
                )
                UPDATE forum_post AS p SET lft = coalesce(moved.lft, p.lft),
                                           rght = coalesce(moved.rght, p.rght)
                  FROM moved WHERE p.id = moved.id
                """,
                {
                    "tree": place.tree_id,
                    "low": low,
                    "high": high,
                    "step": step,
                    "place": place.high,
                    "labels": labels,
                },
            )


FAULTS_SQL = """
WITH edge AS (
    SELECT thread_id, lft AS at, 1 AS step, level FROM forum_post
    UNION ALL
    SELECT thread_id, rght, -1, NULL FROM forum_post
), walked AS (
    -- Walking a tree's edges in order, the number of open posts is the depth.
    SELECT thread_id, step, level, at,
           sum(step) OVER walk - 1 AS depth, lag(at) OVER walk AS before
      FROM edge
    WINDOW walk AS (PARTITION BY thread_id ORDER BY at, step DESC ROWS UNBOUNDED PRECEDING)
), posts AS (
    SELECT thread_id, greatest(max(number), max(changed_number)) AS number,
           count(*) FILTER (WHERE deleted_at IS NULL AND hidden_at IS NULL) AS living,
           max(id) FILTER (WHERE deleted_at IS NULL AND hidden_at IS NULL) AS last
      FROM forum_post GROUP BY 1
), revisions AS (
    SELECT thread_id, max(revision.number) AS number
      FROM forum_revision AS revision JOIN forum_post AS post ON post.id = revision.post_id
     GROUP BY 1
)
SELECT thread_id, 'two edges at one label', count(*) FROM walked WHERE at = before GROUP BY 1
UNION ALL
SELECT thread_id, 'at a wrong depth', count(*) FROM walked
 WHERE step = 1 AND depth <> level GROUP BY 1
UNION ALL
SELECT thread_id, 'not inside their parent', count(*) FROM forum_post AS post
 WHERE parent_id IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM forum_post AS parent
        WHERE parent.id = post.parent_id AND parent.thread_id = post.thread_id
          AND parent.level + 1 = post.level
          AND parent.lft < post.lft AND post.rght < parent.rght)
 GROUP BY 1
UNION ALL
SELECT thread_id, 'in the tree of another thread', count(*) FROM forum_post
 WHERE tree_id <> thread_id GROUP BY 1
UNION ALL
SELECT thread_id, 'not at the number of their latest revision', count(*)
  FROM forum_post AS post
 WHERE latest_number IS DISTINCT FROM (
       SELECT max(number) FROM forum_revision AS revision WHERE revision.post_id = post.id)
 GROUP BY 1
UNION ALL
SELECT thread_id, 'not at the number of the latest post of their branch', count(*)
  FROM forum_post AS head
 WHERE level = 1 AND branch_number IS DISTINCT FROM (
       SELECT max(number) FROM forum_post AS post
        WHERE post.tree_id = head.tree_id AND post.lft BETWEEN head.lft AND head.rght)
 GROUP BY 1
UNION ALL
SELECT thread_id, 'opening posts', count(*) FROM forum_post
 WHERE parent_id IS NULL GROUP BY 1 HAVING count(*) > 1
UNION ALL
SELECT thread.id, wrong.what, coalesce(posts.living, 0)
  FROM forum_thread AS thread
       LEFT JOIN posts ON posts.thread_id = thread.id
       LEFT JOIN revisions ON revisions.thread_id = thread.id,
       LATERAL (VALUES
         (thread.post_count <> coalesce(posts.living, 0), 'posts, but not as many are counted'),
         (thread.last_post_id IS DISTINCT FROM posts.last, 'posts, but another is the latest'),
         (thread.next_number <= greatest(posts.number, revisions.number),
          'posts, and the next number is taken')) AS wrong (so, what)
 WHERE wrong.so
ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault in a thread's tree or counters, with the number of posts affected."""

    thread_id: int
    what: str
    posts: int


def faults() -> list[Fault]:
    """Return all faults in any tree, found by one statement.

    Nesting is sound when every post is inside its parent and at its depth, no two edges share a
    label and each tree has one root: partly overlapping intervals would make some depth differ.
    """
    with connection.cursor() as cursor:
        cursor.execute(FAULTS_SQL)
        return [Fault(*row) for row in cursor.fetchall()]
