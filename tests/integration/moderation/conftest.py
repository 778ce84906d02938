"""What tests of moderation ask of the whole forum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.db.models import Count, Q

from forum.models import Post, Revision, Role, Thread, User

WRONG_EDGES = """
WITH edge AS (
    SELECT tree_id, lft AS at, 1 AS step, level FROM forum_post
    UNION ALL SELECT tree_id, rght, -1, NULL FROM forum_post
), walked AS (
    SELECT step, level, sum(step) OVER (
        PARTITION BY tree_id ORDER BY at, step DESC ROWS UNBOUNDED PRECEDING) - 1 AS depth
      FROM edge
) SELECT count(*) FROM walked WHERE step = 1 AND depth <> level
"""
OUTSIDE_PARENT = """
SELECT count(*) FROM forum_post AS child JOIN forum_post AS parent ON parent.id = child.parent_id
 WHERE parent.thread_id <> child.thread_id OR child.lft <= parent.lft OR child.rght >= parent.rght
    OR child.level <> parent.level + 1
"""


def _forum() -> dict[str, Any]:
    threads = Thread.objects.order_by("pk")
    return {
        "posts": [
            list(Post.objects.in_thread(thread).values_list("pk", "parent_id", "number", "level"))
            for thread in threads
        ],
        "revisions": list(Revision.objects.order_by("pk").values_list("pk", "number")),
        "threads": list(
            threads.values("pk", "title", "post_count", "last_post", "last_post_at", "merged_into")
        ),
    }


@pytest.fixture
def forum(db: None) -> Callable[[], dict[str, Any]]:
    """Call it for everything that a move may change: places, order, numbers, counters."""
    return _forum


def _assert_sound() -> None:
    with connection.cursor() as cursor:
        # The database's own guards speak now instead of at the end of the transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        for question in (WRONG_EDGES, OUTSIDE_PARENT):
            cursor.execute(question)
            assert cursor.fetchone() == (0,)
    standing = Count("posts", filter=Q(posts__deleted_at=None, posts__hidden_at=None))
    for thread in Thread.objects.annotate(standing=standing):
        latest = Post.objects.filter(thread=thread).living().order_by("-id").first()
        assert thread.post_count == thread.standing
        assert thread.last_post_id == (latest.pk if latest else None)
        assert thread.last_post_at == (latest.created_at if latest else thread.created_at)
        assert not Post.objects.filter(thread=thread, number__gte=thread.next_number).exists()
    for revision in Revision.objects.order_by("post_id", "-number").distinct("post_id"):
        assert revision.source == revision.post.source


@pytest.fixture
def assert_sound(db: None) -> Callable[[], None]:
    """Call it to see that trees, numbers and counters agree everywhere."""
    return _assert_sound


@pytest.fixture
def frank(board: Any) -> User:
    """A moderator of `board` alone."""
    frank = User.objects.create_user("frank", "frank@example.org")
    Role.objects.create(person=frank, board=board, kind=Role.Kind.MODERATOR)
    return frank
