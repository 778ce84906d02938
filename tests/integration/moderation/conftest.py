"""Fixtures for moderation tests: snapshots and checks of trees, a board moderator, other places."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Post, Revision, Role, Thread, User
from forum.models.tree import faults


def _snapshot() -> dict[str, Any]:
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
def take_snapshot(db: None) -> Callable[[], dict[str, Any]]:
    """Return a function that takes a snapshot of everything that a move may change."""
    return _snapshot


def _assert_sound() -> None:
    """Assert that trees, numbers and counters agree everywhere."""
    with connection.cursor() as cursor:
        # Check the database constraints now instead of at the end of the transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    assert faults() == []
    for revision in Revision.objects.order_by("post_id", "-number").distinct("post_id"):
        assert revision.source == revision.post.source
    for thread in Thread.objects.filter(last_post=None):
        assert thread.last_post_at == thread.created_at


@pytest.fixture
def assert_sound(db: None) -> Callable[[], None]:
    """Return a function that asserts that trees, numbers and counters agree everywhere."""
    return _assert_sound


@pytest.fixture
def frank(board: Any) -> User:
    """Return a moderator of `board` only."""
    frank = User.objects.create_user("frank", "frank@example.org")
    Role.objects.create(person=frank, board=board, kind=Role.Kind.MODERATOR)
    return frank


@pytest.fixture
def other_thread(board: Board, bob: User) -> Thread:
    """Return a second thread in the same board, with two replies."""
    thread = start_thread(board, author=bob, title="Ivy", source="And ivy?")
    root = Post.objects.get(thread=thread, parent=None)
    for words in ("It holds on.", "It tears mortar."):
        reply_to(root, author=bob, source=words)
    return thread


@pytest.fixture
def other_board(board: Board) -> Board:
    """Return another board."""
    return Board.objects.create(category=board.category, name="Stones", slug="stones")
