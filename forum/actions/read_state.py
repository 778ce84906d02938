"""Recording read state: as posts are shown, or as members mark them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict

from django.db import connection

from forum.actions.transactions import retrying_transaction
from forum.models import Post, Revision, Thread, User
from forum.models.posts import PostQuerySet
from forum.models.read_state import VISIT_LENGTH
from forum.models.tree import Renumbering

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
UPDATE forum_readstate SET numbers = numbers + int8multirange(int8range(%s, %s, '[]'))
 WHERE member_id = %s AND thread_id = %s
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
   SET numbers = seen.numbers - lost.numbers, before = seen.before - lost.numbers
  FROM (SELECT range_agg(int8range(number, number, '[]')) AS numbers
          FROM forum_revision WHERE post_id = ANY (%(posts)s)) AS lost
 WHERE member_id = %(member)s AND thread_id = %(thread)s
"""

# Only the current revisions: earlier ones that were read stay read.
UNSEE_SQL = """
UPDATE forum_readstate AS seen
   SET numbers = seen.numbers - lost.numbers, before = seen.before - lost.numbers
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
def mark_revisions_read(thread: Thread, *, member: User, numbers: Iterable[int]) -> None:
    """Record that the revisions with these numbers were on the member's screen.

    Numbers that the thread has not given out yet are ignored.
    """
    given = Thread.objects.values_list("next_number", flat=True).get(pk=thread.pk)
    _mark(thread, member, [number for number in set(numbers) if 0 < number < given], given)
    _mark_notifications_read(thread, member)


@retrying_transaction
def mark_thread_read(thread: Thread, *, member: User) -> None:
    """Record everything in a thread, as it is now, as read."""
    given = Thread.objects.values_list("next_number", flat=True).get(pk=thread.pk)
    _mark(thread, member, [], given)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE forum_readstate SET numbers = int8multirange(int8range(1, %s))"
            " WHERE member_id = %s AND thread_id = %s",
            [given, member.pk, thread.pk],
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


def mark_own_post_read(post: Post, *, member: User) -> None:
    """Record a member's new post as read, in the caller's transaction."""
    number = post.latest_number
    with connection.cursor() as cursor:
        cursor.execute(OWN_SQL, [number, number, member.pk, post.thread_id])


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
