"""Cost of finding and showing quotes of long posts with many revisions."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from psycopg import RawCursor

from forum.actions.posts import edit_post, reply_to
from forum.actions.quote_sources import find_sources
from forum.errors import Busy
from forum.markup.rendered_post import render
from forum.models import Post, Quote, User, revisions
from forum.models.quotes import QuoteStatus
from tests.loaded import counting_texts

pytestmark = pytest.mark.slow

SENTENCES = [f"Sentence number {n} of the long post is this one." for n in range(50)]
LONG = " ".join([*SENTENCES, "Moss grows slowly where the wall is dry. " * 200])


def quote_all(remark: str = "So it says.") -> str:
    return "\n\n".join([*(f"> {sentence}" for sentence in SENTENCES), remark])


@pytest.fixture
def long_post(opening: Post, bob: User, alice: User) -> Post:
    post = reply_to(opening, author=bob, source=LONG)
    reply_to(post, author=alice, source="An answer, so that edits are kept.")
    return post


def add_revisions(post: Post, count: int) -> None:
    """Add revisions to the post, as copies of its first one."""
    first = post.revisions.get(number=post.number)
    numbers = range(100, 100 + count)
    type(first).objects.bulk_create(
        type(first)(
            post=post,
            number=number,
            editor=first.editor,
            source=f"{first.source} {number}",
            plain=f"{first.plain} {number}",
        )
        for number in numbers
    )
    Post.objects.filter(pk=post.pk).update(latest_number=numbers[-1])
    post.thread.next_number = numbers[-1] + 1
    post.thread.save(update_fields=["next_number"])
    post.refresh_from_db()


def test_quoting_loads_only_the_latest_revisions_of_a_post(
    long_post: Post, alice: User, as_alice: Client
) -> None:
    add_revisions(long_post, 300)
    with counting_texts() as loaded:
        response = as_alice.post(f"/p/{long_post.pk}/reply/", {"source": quote_all()})
    assert response.status_code == 302
    assert Quote.objects.filter(source_post=long_post).count() == len(SENTENCES)
    # Several revisions of the long post, one of the opening post, and the latest once more.
    assert loaded.revisions <= revisions.VERSIONS_SEARCHED + 2
    assert loaded.characters <= (revisions.VERSIONS_SEARCHED + 2) * 2 * len(LONG)


def test_older_revisions_than_the_limit_are_not_searched(
    long_post: Post, bob: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "VERSIONS_SEARCHED", 3)
    for n in range(4):
        edit_post(
            long_post, actor=bob, source=f"Version {n} of it says these words.", is_approved=True
        )
    found = {
        n: find_sources(
            render(f"> Version {n} of it says these words.\n\nYes."), reader=alice, parent=long_post
        )
        for n in range(4)
    }
    assert [len(found[n]) for n in range(4)] == [0, 1, 1, 1]


def test_quotes_are_searched_in_current_text_before_revisions(
    long_post: Post, bob: User, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(revisions, "TEXTS_SEARCHED", 2)
    for n in range(3):
        edit_post(long_post, actor=bob, source=f"Version {n}.", is_approved=True)
    ids = [long_post.pk, long_post.parent_id]
    searched = revisions.Revision.objects.of_posts(ids, alice)
    assert [revision.post_id for revision in searched] == ids
    assert searched[0].plain == "Version 2."


@pytest.mark.parametrize("limit", ["near", "thread"])
def test_search_stops_at_a_number_of_bytes(
    long_post: Post, alice: User, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    objects = revisions.Revision.objects
    searches: dict[str, Any] = {
        "near": lambda: objects.of_posts([long_post.pk], alice),
        "thread": lambda: objects.in_thread_with(long_post.thread_id, "Sentence", alice),
    }
    add_revisions(long_post, 5)
    assert len(searches[limit]()) == 6
    monkeypatch.setattr(revisions, "BYTES_SEARCHED", 3 * (len(LONG) + 10))
    assert len(searches[limit]()) in (2, 3)


def test_page_fetches_the_text_of_a_source_only_once(
    long_post: Post, alice: User, bob: User, as_alice: Client
) -> None:
    quoting = [reply_to(long_post, author=alice, source=quote_all(f"Reply {n}.")) for n in (1, 2)]
    changed = LONG.replace("number 7 of", "number seven of")
    edit_post(long_post, actor=bob, source=changed, is_approved=True)
    fetched = 0

    def count_characters(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal fetched
        if 'FROM "forum_quote"' in sql and "plain" in sql:
            with RawCursor(connection.connection) as cursor:
                cursor.execute(sql, params)
                fetched += sum(
                    len(cell) for row in cursor.fetchall() for cell in row if isinstance(cell, str)
                )
        return execute(sql, params, many, context)

    with connection.execute_wrapper(count_characters):
        rows = Quote.objects.on_posts([post.pk for post in quoting], alice)
    assert [len(quotes) for quotes in rows.values()] == [50, 50]
    # The quoted text and the current text.
    assert 2 * len(LONG) - 1000 < fetched < 3 * len(LONG)
    for quotes in rows.values():
        assert [n for n, quote in quotes.items() if quote.status is QuoteStatus.CHANGED] == [7]
        assert quotes[8].status is QuoteStatus.KEPT
        assert quotes[8].written == SENTENCES[8]
        assert quotes[8].source_text is quotes[9].source_text


@pytest.mark.django_db(transaction=True)
def test_search_that_takes_too_long_is_cancelled(
    long_post: Post, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("forum.actions.quote_sources.SEARCH_TIMEOUT", "100ms")
    quote = render("> Sentence number 3 of the long post\n\nYes.")
    other_connection = connection.copy()
    with other_connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE forum_revision IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Busy):
            find_sources(quote, reader=alice, parent=long_post)
        cursor.execute("ROLLBACK")
    other_connection.close()
    assert find_sources(quote, reader=alice, parent=long_post)
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)
