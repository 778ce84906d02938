"""What changed in a thread since a reader's page was made: what came, was edited, was removed.

Everything that readers see change has a number of the thread's own (`Post.changed_number`), so
that one look at the thread's counter tells that nothing did.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db import connection

from forum.models.threads import Thread

# So many changes are told of, and shown, at once.
MAX_CHANGES = 100


@dataclass(frozen=True, slots=True)
class PostChange:
    """A post that changed, and where it stands: what it answers, and what comes before it."""

    id: int
    number: int  # of the change
    is_new: bool
    is_edited: bool
    author_id: int
    answers_author_id: int | None
    parent_id: int | None
    after_id: int | None


# The first by number, each found by the index on it; then by place. What stands before a post is
# the nearest one that is not deleted: deleted posts may not be drawn.
CHANGES_SQL = """
SELECT post.id, post.changed_number, post.number > %(after)s,
       post.latest_number > %(after)s AND post.number <= %(after)s,
       post.author_id, parent.author_id, post.parent_id,
       (SELECT id FROM forum_post AS before
         WHERE before.tree_id = %(thread)s AND before.lft < post.lft AND before.deleted_at IS NULL
         ORDER BY before.lft DESC LIMIT 1)
  FROM (SELECT * FROM forum_post
         WHERE thread_id = %(thread)s AND changed_number > %(after)s
         ORDER BY thread_id, changed_number LIMIT %(most)s) AS post
       LEFT JOIN forum_post AS parent ON parent.id = post.parent_id
 ORDER BY post.lft
"""


def public_change_counter(thread_id: int) -> int | None:
    """The latest number of a thread that everybody may see; one look-up.

    None when not everybody may: who asks has to be looked at then.
    """
    everybody = Thread.objects.visible_to(AnonymousUser()).filter(pk=thread_id, merged_into=None)
    following = everybody.values_list("next_number", flat=True).first()
    return None if following is None else following - 1


def changes_since(thread: Thread, after: int) -> list[PostChange]:
    """In the order of the tree; the first `MAX_CHANGES` by number if there are more."""
    values = {"thread": thread.pk, "after": after, "most": MAX_CHANGES}
    with connection.cursor() as cursor:
        cursor.execute(CHANGES_SQL, values)
        return [PostChange(*row) for row in cursor.fetchall()]
