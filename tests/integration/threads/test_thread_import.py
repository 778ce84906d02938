"""Importing whole threads at once."""

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

STARTED_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
TEXT = "Only where the bricks stay wet all winter."

Importer = Callable[..., Thread]


def find_faults() -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        # Check the constraints now instead of at the end of the transaction.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(FAULTS_SQL)
        return list(cursor.fetchall())


@pytest.fixture
def import_posts(board: Board, alice: User, bob: User) -> Importer:
    """Return a function that imports a thread from (parent, text) pairs, written a minute apart."""

    def import_posts(*written: tuple[int | None, str], title: str = "Moss") -> Thread:
        posts = [
            ImportedPost(
                place, parent, (alice, bob)[place % 2], text, STARTED_AT + timedelta(minutes=place)
            )
            for place, (parent, text) in enumerate(written)
        ]
        return import_thread(board, title=title, posts=posts)

    return import_posts


def test_imported_thread_has_its_posts_in_tree_order(import_posts: Importer, alice: User) -> None:
    thread = import_posts((None, "One"), (0, "Two"), (0, "Three"), (1, "Four"), (3, "Five"))
    posts = list(Post.objects.in_thread(thread).select_related("parent"))
    assert [post.source for post in posts] == ["One", "Two", "Four", "Five", "Three"]
    assert [post.level for post in posts] == [0, 1, 2, 3, 1]
    assert [post.number for post in posts] == [1, 2, 4, 5, 3]
    assert [post.parent and post.parent.source for post in posts] == [
        *(None, "One", "Two", "Four"),
        "One",
    ]
    assert {post.latest_revision().plain for post in posts} == {post.source for post in posts}
    assert find_faults() == []


def test_imported_thread_has_correct_counters(import_posts: Importer, alice: User) -> None:
    thread = import_posts((None, "One"), (0, "Two"), (1, "Three"))
    thread.refresh_from_db()
    assert (thread.post_count, thread.next_number, thread.author) == (3, 4, alice)
    assert thread.created_at == STARTED_AT
    assert thread.last_post_at == STARTED_AT + timedelta(minutes=2)
    assert thread.last_post is not None
    assert thread.last_post.source == "Three"


def test_imported_thread_can_be_read_and_replied_to(
    import_posts: Importer, as_bob: Client, bob: User
) -> None:
    thread = import_posts((None, "One"), (0, f"{TEXT}"), (1, "Three"))
    new_reply = reply_to(Post.objects.get(source=TEXT), author=bob, source="Every winter?")
    assert new_reply.number == 4
    assert find_faults() == []
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert page.text.index(TEXT) < page.text.index("Three") < page.text.index("Every winter?")


def test_imported_posts_have_mentions_and_quotes(
    import_posts: Importer, alice: User, bob: User
) -> None:
    import_posts((None, "One"), (0, TEXT), (1, f"> {TEXT}\n\n@Bob really? @nobody-here"))
    source, quoting = Post.objects.filter(level__gt=0).order_by("number")
    mention = quoting.mentions.get()
    assert (mention.name, mention.person) == ("bob", bob)
    quote = Quote.objects.get(post=quoting)
    assert (quote.source_post, quote.words) == (source, TEXT)
    assert quote.source_revision == source.latest_revision()


def test_posts_that_form_no_tree_are_not_imported(import_posts: Importer) -> None:
    for broken in (
        [(None, "One"), (None, "Two")],  # two roots
        [(None, "One"), (7, "Two")],  # no such parent
        [],
    ):
        with pytest.raises(ValueError, match="root"):
            import_posts(*broken)
    assert not Thread.objects.exists()


def test_thread_with_an_empty_post_is_not_imported(import_posts: Importer) -> None:
    with pytest.raises(Invalid):
        import_posts((None, "One"), (0, " "))
    assert not Thread.objects.exists()


def test_deep_and_wide_threads_can_be_imported(import_posts: Importer) -> None:
    import_posts((None, "One"), *((place, "On") for place in range(2000)), title="Deep")
    import_posts((None, "One"), *((0, "On") for _place in range(2000)), title="Wide")
    assert find_faults() == []
    assert Post.objects.order_by("-level")[0].level == 2000
