"""Top-level branches: a reply to the opening post with all its descendants.

The head of each holds the number of the latest post in its branch, so that branches can be sorted
by activity without reading their posts.
"""

from __future__ import annotations

from django.db import connection


def renumber(thread_id: int) -> None:
    """Set the numbers derived from others: `latest_number`, and `branch_number` of the heads.

    For threads whose posts were imported, moved or repaired. The caller holds the lock of the
    thread.
    """
    with connection.cursor() as cursor:
        cursor.execute(RENUMBER_SQL, {"tree": thread_id})


RENUMBER_SQL = """
WITH latest AS (
    SELECT post.id, post.lft, post.level, post.number, max(revision.number) AS revised
      FROM forum_post AS post
           LEFT JOIN forum_revision AS revision ON revision.post_id = post.id
     WHERE post.tree_id = %(tree)s GROUP BY post.id
), headed AS (
    -- In tree order, each head begins a branch.
    SELECT *, count(*) FILTER (WHERE level = 1) OVER (ORDER BY lft) AS branch FROM latest
), derived AS (
    SELECT id, coalesce(revised, number) AS latest_number,
           CASE WHEN level = 1 THEN max(number) OVER (PARTITION BY branch) ELSE 0 END
             AS branch_number
      FROM headed
)
UPDATE forum_post AS post
   SET latest_number = derived.latest_number,
       changed_number = greatest(post.changed_number, derived.latest_number),
       branch_number = derived.branch_number
  FROM derived
 WHERE post.id = derived.id
   AND ((post.latest_number, post.branch_number)
          IS DISTINCT FROM (derived.latest_number, derived.branch_number)
        OR post.changed_number < derived.latest_number)
"""
