"""Changes in a thread since a page was made: new, edited and removed posts.

Every visible change takes the next number of its thread (`Post.changed_number`), so that comparing
with the thread's counter shows whether anything changed at all.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import QuerySet

from forum.lib.prepared_queries import PreparedQuery
from forum.models.threads import Thread

# Changes reported and shown at once.
MAX_CHANGES = 100


@dataclass(frozen=True, slots=True)
class PostChange:
    """A changed post and its place: its parent, and the post drawn before it."""

    id: int
    number: int  # of the change
    is_new: bool
    is_edited: bool
    author_id: int
    parent_author_id: int | None
    parent_id: int | None
    after_id: int | None


# The first changes by number, each found by the index on it, then sorted by place. Deleted posts
# may not be drawn, so the post before is the nearest one that is not deleted.
CHANGES_SQL = """
SELECT post.id, post.changed_number AS number, post.number > %(after)s AS is_new,
       post.latest_number > %(after)s AND post.number <= %(after)s AS is_edited,
       post.author_id, parent.author_id AS parent_author_id, post.parent_id,
       (SELECT id FROM forum_post AS before
         WHERE before.tree_id = %(thread)s AND before.lft < post.lft AND before.deleted_at IS NULL
         ORDER BY before.lft DESC LIMIT 1) AS after_id
  FROM (SELECT * FROM forum_post
         WHERE thread_id = %(thread)s AND changed_number > %(after)s
         ORDER BY thread_id, changed_number LIMIT %(most)s) AS post
       LEFT JOIN forum_post AS parent ON parent.id = post.parent_id
 ORDER BY post.lft
"""


def public_change_counter(thread_id: int) -> int | None:
    """Return the latest number of a thread that is open to everybody; one query.

    None when it is not: then the reader has to be checked.
    """
    found = PUBLIC_NUMBER.first(thread_id)
    return found[0] - 1 if found else None


def _public_number(thread_id: int) -> QuerySet[Thread, tuple[int]]:
    everybody = Thread.objects.visible_to(AnonymousUser()).filter(pk=thread_id, merged_into=None)
    return everybody.values_list("next_number")


PUBLIC_NUMBER = PreparedQuery(_public_number)


def fetch_changes(thread: Thread, after: int) -> list[PostChange]:
    """Return the changes in tree order; if there are more, the first `MAX_CHANGES` by number."""
    values = {"thread": thread.pk, "after": after, "most": MAX_CHANGES}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES_SQL, values)
        names = [column.name for column in cursor.description]
        return [PostChange(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]
