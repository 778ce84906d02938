"""Recording read state: as posts are shown, or as members mark them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Max, Min, Q
from psycopg.types.multirange import Int8Multirange, Multirange

from forum.actions.transactions import retrying_transaction
from forum.models import Board, Post, ReadMark, ReadState, Revision, Thread, User
from forum.models.posts import PostQuerySet
from forum.models.read_state import VISIT_LENGTH, RangesOf
from forum.models.tree import Renumbering
from forum.queries.read_state import HasUnread, count_unread

# Of the newest posts, gaps between their ids are looked at: some may still be committed.
RECENT_POSTS = 1000

# Adds numbers to those read before. On the first visit to a thread, existing posts are not marked
# as fresh: `before` contains all numbers so far.
MARK_SQL = """
INSERT INTO forum_readstate AS seen (member_id, thread_id, numbers, before, visited_at)
SELECT %(member)s, %(thread)s, numbers, int8multirange(int8range(1, %(next)s)), now()
  FROM (SELECT coalesce(range_agg(int8range(n, n, '[]')), '{}') AS numbers
          FROM unnest(%(numbers)s::bigint[]) AS n) AS shown
    ON CONFLICT (member_id, thread_id) DO UPDATE
   SET numbers = seen.numbers + excluded.numbers,
       before = CASE WHEN extract(epoch FROM now() - seen.visited_at) > %(visit)s
                THEN seen.numbers ELSE seen.before END,
       visited_at = now()
"""

# Changes nothing for members who never visited the thread.
OWN_SQL = """
UPDATE forum_readstate SET numbers = numbers + int8multirange(int8range(%(number)s, %(next)s)),
       caught_up = CASE caught_up WHEN %(number)s THEN %(next)s ELSE caught_up END
 WHERE member_id = %(member)s AND thread_id = %(thread)s
"""

# The numbers in the source thread stay as they are: the branch may be moved back.
CARRY_SQL = """
WITH revision AS (
    SELECT n AS number,
           n + CASE WHEN n BETWEEN %(first)s AND %(last)s THEN %(shift)s::bigint
               ELSE %(shift_of_others)s END AS moved
      FROM unnest(%(numbers)s::bigint[]) AS n
)
INSERT INTO forum_readstate AS seen (member_id, thread_id, numbers, before, visited_at)
SELECT member_id, %(target)s, range_agg(int8range(moved, moved, '[]')),
       int8multirange(int8range(1, %(next)s)), max(there.visited_at)
  FROM forum_readstate AS there JOIN revision ON revision.number <@ there.numbers
 WHERE thread_id = %(source)s GROUP BY member_id
    ON CONFLICT (member_id, thread_id) DO UPDATE
   SET numbers = seen.numbers + excluded.numbers, before = seen.before + excluded.numbers
"""

UNMARK_SQL = """
UPDATE forum_readstate AS seen
   SET numbers = seen.numbers + kept.numbers - lost.numbers, before = seen.before - lost.numbers,
       caught_up = 0, unmarked_at = statement_timestamp()
  FROM (SELECT range_agg(int8range(number, number, '[]')) AS numbers
          FROM forum_revision WHERE post_id = ANY (%(posts)s)) AS lost,
       (SELECT coalesce(range_agg(int8range(latest_number, latest_number, '[]')), '{}') AS numbers
          FROM forum_post AS post JOIN forum_thread AS thread ON thread.id = post.thread_id
               JOIN forum_readmark AS mark ON mark.board_id = thread.board_id
               JOIN forum_readstate AS mine USING (member_id, thread_id)
         WHERE post.thread_id = %(thread)s AND mark.member_id = %(member)s
               AND (post.id <= mark.up_to OR post.id <@ mark.posts)
               AND (mine.unmarked_at IS NULL OR mine.unmarked_at < mark.marked_at)) AS kept
 WHERE member_id = %(member)s AND thread_id = %(thread)s
"""

# Only the current revisions: earlier ones that were read stay read.
UNSEE_SQL = """
UPDATE forum_readstate AS seen
   SET numbers = seen.numbers - lost.numbers, before = seen.before - lost.numbers, caught_up = 0
  FROM (SELECT thread_id, range_agg(int8range(latest_number, latest_number, '[]')) AS numbers
          FROM forum_post WHERE id = ANY (%s) GROUP BY thread_id) AS lost
 WHERE seen.member_id = ANY (%s) AND seen.thread_id = lost.thread_id
"""

# Notifications of posts that were read.
CLEAR_SQL = """
UPDATE forum_notification AS notice SET read_at = now()
  FROM forum_post AS post, forum_readstate AS seen
 WHERE notice.member_id = %s AND notice.read_at IS NULL
   AND post.id = notice.post_id AND post.thread_id = %s
   AND seen.member_id = notice.member_id AND seen.thread_id = post.thread_id
   AND post.latest_number <@ seen.numbers
"""


@retrying_transaction
def mark_revisions_read(thread: Thread, *, member: User, numbers: Iterable[int]) -> int:
    """Record that the revisions with these numbers were on the member's screen.

    Numbers that the thread has not given out yet are ignored. Returns how many posts are unread.
    """
    given = Thread.objects.values_list("next_number", flat=True).get(pk=thread.pk)
    _mark(thread, member, [number for number in set(numbers) if 0 < number < given], given)
    _mark_notifications_read(thread, member)
    unread = count_unread(thread, member)
    if not unread:
        # What came meanwhile has a higher number. Muted posts may be unmuted.
        all_read = Thread.objects.filter(~Q(HasUnread(member, counts_muted=True)), pk=thread.pk)
        caught_up = ReadState.objects.filter(member=member, thread__in=all_read)
        caught_up.update(caught_up=given)
    return unread


@retrying_transaction
def mark_thread_read(thread: Thread, *, member: User) -> None:
    """Record everything in a thread, as it is now, as read."""
    given = Thread.objects.values_list("next_number", flat=True).get(pk=thread.pk)
    _mark(thread, member, [], given)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE forum_readstate SET numbers = int8multirange(int8range(1, %s)), caught_up = %s"
            " WHERE member_id = %s AND thread_id = %s",
            [given, given, member.pk, thread.pk],
        )
    _mark_notifications_read(thread, member)


@retrying_transaction
def mark_branch_read(post: Post, *, member: User) -> None:
    """Record a post and its descendants as read."""
    branch = Post.objects.branch_of(post).values_list("latest_number", flat=True)
    given = Thread.objects.values_list("next_number", flat=True).get(pk=post.thread_id)
    _mark(post.thread, member, list(branch), given)
    _mark_notifications_read(post.thread, member)


@retrying_transaction
def mark_unread_from(post: Post, *, member: User) -> None:
    """Record a post and everything after it in tree order as unread."""
    given = Thread.objects.values_list("next_number", flat=True).get(pk=post.thread_id)
    _mark(post.thread, member, [], given)
    post = Post.objects.get(pk=post.pk)
    rest = Post.objects.from_post_onwards(post).values_list("pk", flat=True)
    with connection.cursor() as cursor:
        cursor.execute(
            UNMARK_SQL,
            {"posts": list(rest), "member": member.pk, "thread": post.thread_id},
        )


# Of the boards named: a page that is older than the last mark, or was sent twice, changes nothing.
MARK_BOARDS_SQL = """
INSERT INTO forum_readmark AS mark (member_id, board_id, up_to, posts, marked_at, previous_up_to)
SELECT %(member)s, board, %(up_to)s, %(posts)s, least(%(marked_at)s, statement_timestamp()), 0
  FROM unnest(%(boards)s::bigint[]) AS board ORDER BY board
    ON CONFLICT (member_id, board_id) DO UPDATE
   SET up_to = excluded.up_to, posts = excluded.posts, marked_at = excluded.marked_at,
       previous_up_to = mark.up_to, previous_posts = mark.posts,
       previous_marked_at = mark.marked_at
 WHERE mark.marked_at < excluded.marked_at
"""


@retrying_transaction
def mark_boards_read(
    boards: Iterable[Board], *, member: User, newest_post: int, marked_at: datetime
) -> None:
    """Mark what a list showed in these boards as read: posts up to `newest_post`, at that time.

    One row a board, however many posts there are. Posts that had earlier ids and were not committed
    yet stay unread, as do edits after `marked_at`. Inverse: `undo_mark`.
    """
    newest = min(newest_post, _newest_post())
    before = max(newest - RECENT_POSTS, 0)
    there = Post.objects.order_by().filter(pk__gt=before, pk__lte=newest)
    up_to, later = before, list(there.aggregate(ranges=RangesOf("pk"))["ranges"] or ())
    if later and later[0].lower == before + 1:
        up_to = later.pop(0).upper - 1
    _mark_boards(boards, member, up_to, Multirange(later), marked_at)


@retrying_transaction
def mark_read_before(
    boards: Iterable[Board], *, member: User, day: datetime, marked_at: datetime
) -> None:
    """Mark posts in these boards as read if they were written before `day`, and no others.

    Inverse: `undo_mark`.
    """
    posts = Post.objects.order_by()
    first = posts.filter(created_at__gte=day).aggregate(first=Min("pk"))["first"]
    up_to = _newest_post() if first is None else first - 1
    _mark_boards(boards, member, up_to, Multirange(), marked_at)


@retrying_transaction
def undo_mark(*, member: User, marked_at: datetime) -> bool:
    """Set back what was marked as read at that time, unless boards were marked again since.

    Returns whether there was anything to set back.
    """
    marks = ReadMark.objects.filter(
        member=member, marked_at=marked_at, previous_up_to__isnull=False
    )
    deleted, _rows = marks.filter(previous_marked_at=None).delete()
    restored = marks.update(
        up_to=F("previous_up_to"),
        posts=F("previous_posts"),
        marked_at=F("previous_marked_at"),
        previous_up_to=None,
        previous_posts=None,
        previous_marked_at=None,
    )
    return bool(deleted + restored)


def _newest_post() -> int:
    """Return the highest id of all posts; 0 without any."""
    return Post.objects.aggregate(newest=Max("pk"))["newest"] or 0


def _mark_boards(
    boards: Iterable[Board], member: User, up_to: int, posts: Multirange[int], marked_at: datetime
) -> None:
    values: dict[str, Any] = {
        "member": member.pk,
        "boards": [board.pk for board in boards],
        "up_to": up_to,
        "posts": Int8Multirange(posts),
        "marked_at": marked_at,
    }
    with connection.cursor() as cursor:
        cursor.execute(MARK_BOARDS_SQL, values)


def mark_own_post_read(post: Post, *, member: User) -> None:
    """Record a member's new post as read, in the caller's transaction."""
    number = post.latest_number
    values = {"number": number, "next": number + 1}
    with connection.cursor() as cursor:
        cursor.execute(OWN_SQL, values | {"member": member.pk, "thread": post.thread_id})


def mark_posts_unread(posts: Collection[int], *, members: Collection[int]) -> None:
    """Make the current text of these posts unread, in the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(UNSEE_SQL, [list(posts), list(members)])


def copy_read_state(
    source: Thread, target: Thread, branch: PostQuerySet, change: Renumbering
) -> None:
    """Copy the read state of a branch to the thread that it moves to.

    The caller holds the locks of both threads, and the branch still has its old numbers.
    """
    revisions = Revision.objects.filter(post__in=branch.values("pk")).order_by()
    with connection.cursor() as cursor:
        cursor.execute(
            CARRY_SQL,
            {
                "numbers": list(revisions.values_list("number", flat=True)),
                "source": source.pk,
                "target": target.pk,
                "next": target.next_number,
                **asdict(change),
            },
        )


def _mark(thread: Thread, member: User, numbers: list[int], given: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            MARK_SQL,
            {
                "member": member.pk,
                "thread": thread.pk,
                "numbers": numbers,
                "next": given,
                "visit": VISIT_LENGTH.total_seconds(),
            },
        )


def _mark_notifications_read(thread: Thread, member: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(CLEAR_SQL, [member.pk, thread.pk])
