"""Loading a whole conversation at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.errors import Invalid
from forum.models import Board, Post, Quote, Thread, User
from forum.models.tree import FAULTS_SQL
from tests.html import Page

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)
SAID = "Only where the bricks stay wet all winter."

Load = Callable[..., Thread]


def faults() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        # The database's guards speak now instead of at the end of the transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(FAULTS_SQL)
        return list(cursor.fetchall())


@pytest.fixture
def load(board: Board, alice: User, bob: User) -> Load:
    """Load a thread from (parent, text) pairs, by alice and bob in turn, a minute each."""

    def load(*said: tuple[int | None, str], title: str = "Moss") -> Thread:
        posts = [
            ImportedPost(
                place, parent, (alice, bob)[place % 2], text, BEGAN + timedelta(minutes=place)
            )
            for place, (parent, text) in enumerate(said)
        ]
        return import_thread(board, title=title, posts=posts)

    return load


def test_loaded_thread_has_its_posts_in_tree_order(load: Load, alice: User) -> None:
    thread = load((None, "One"), (0, "Two"), (0, "Three"), (1, "Four"), (3, "Five"))
    posts = list(Post.objects.in_thread(thread).select_related("parent"))
    assert [post.source for post in posts] == ["One", "Two", "Four", "Five", "Three"]
    assert [post.level for post in posts] == [0, 1, 2, 3, 1]
    assert [post.number for post in posts] == [1, 2, 4, 5, 3]
    assert [post.parent and post.parent.source for post in posts] == [
        *(None, "One", "Two", "Four"),
        "One",
    ]
    assert {post.latest_revision().plain for post in posts} == {post.source for post in posts}
    assert faults() == []


def test_loaded_thread_is_counted(load: Load, alice: User) -> None:
    thread = load((None, "One"), (0, "Two"), (1, "Three"))
    thread.refresh_from_db()
    assert (thread.post_count, thread.next_number, thread.author) == (3, 4, alice)
    assert thread.created_at == BEGAN
    assert thread.last_post_at == BEGAN + timedelta(minutes=2)
    assert thread.last_post is not None
    assert thread.last_post.source == "Three"


def test_loaded_thread_can_be_read_and_answered(load: Load, as_bob: Client, bob: User) -> None:
    thread = load((None, "One"), (0, f"{SAID}"), (1, "Three"))
    answer = reply_to(Post.objects.get(source=SAID), author=bob, source="Every winter?")
    assert answer.number == 4
    assert faults() == []
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert page.text.index(SAID) < page.text.index("Three") < page.text.index("Every winter?")


def test_loaded_posts_keep_mentions_and_quotes(load: Load, alice: User, bob: User) -> None:
    load((None, "One"), (0, SAID), (1, f"> {SAID}\n\n@Bob really? @nobody-here"))
    source, quoting = Post.objects.filter(level__gt=0).order_by("number")
    mention = quoting.mentions.get()
    assert (mention.name, mention.person) == ("bob", bob)
    quote = Quote.objects.get(post=quoting)
    assert (quote.source_post, quote.words) == (source, SAID)
    assert quote.source_revision == source.latest_revision()


def test_posts_that_are_no_tree_are_refused_whole(load: Load) -> None:
    for broken in (
        [(None, "One"), (None, "Two")],  # two roots
        [(None, "One"), (7, "Two")],  # hangs on nothing
        [],
    ):
        with pytest.raises(ValueError, match="root"):
            load(*broken)
    assert not Thread.objects.exists()


def test_empty_post_is_refused_whole(load: Load) -> None:
    with pytest.raises(Invalid):
        load((None, "One"), (0, " "))
    assert not Thread.objects.exists()


def test_deep_and_wide_threads_load(load: Load) -> None:
    load((None, "One"), *((place, "On") for place in range(2000)), title="Deep")
    load((None, "One"), *((0, "On") for _place in range(2000)), title="Wide")
    assert faults() == []
    assert Post.objects.order_by("-level")[0].level == 2000
