"""Rebuilding derived data: counters and labels."""

from __future__ import annotations

from django.db import connection
from django.db.models import Max

from forum.actions.branches import renumber
from forum.actions.posts import recount
from forum.actions.transactions import retrying_transaction
from forum.lib.tree import label_tree
from forum.models import Post, Revision, Thread


@retrying_transaction
def recount_thread(thread_id: int) -> None:
    """Set a thread's counters from its posts."""
    thread = Thread.objects.locked(thread_id)
    numbers = Revision.objects.filter(post__thread=thread).aggregate(last=Max("number"))
    posts = Post.objects.filter(thread=thread)
    numbers |= posts.order_by().aggregate(post=Max("number"), change=Max("changed_number"))
    taken = max(number or 0 for number in numbers.values())
    thread.next_number = max(thread.next_number, taken + 1)
    thread.save(update_fields=["next_number"])
    renumber(thread_id)
    recount(thread, posts.published().count() - thread.post_count)


@retrying_transaction
def rebuild_labels(thread_id: int) -> int:
    """Rebuild a thread's labels from each post's parent; return the number of posts.

    Siblings are sorted by number. Raises ValueError if the posts are not one tree.
    """
    thread = Thread.objects.locked(thread_id)
    parents = dict(Post.objects.by_number(thread).values_list("pk", "parent_id"))
    labels = label_tree(parents)
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE forum_post AS post
               SET tree_id = post.thread_id, lft = label.lft, rght = label.rght,
                   level = label.level
              FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[], %s::integer[])
                   AS label (id, lft, rght, level)
             WHERE post.id = label.id
            """,
            [
                list(labels),
                [label.left for label in labels.values()],
                [label.right for label in labels.values()],
                [label.level for label in labels.values()],
            ],
        )
    return len(labels)
