"""Plans of searches: by the index, and among the newest posts first."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.lib.search import parse_search
from forum.models import Board, Post, User
from forum.queries import search as search_queries
from forum.queries.search import PostSearch

pytestmark = pytest.mark.django_db

POSTS = 600


@pytest.fixture
def posts(board: Board, alice: User, bob: User) -> list[Post]:
    """Import a thread about clay, with granite in some posts; alice wrote only the opening post."""
    written = [
        ImportedPost(
            place,
            0 if place else None,
            bob if place else alice,
            f"Clay and number {place}." + (" Granite rocks." if place % 20 == 0 else ""),
            timezone.now(),
        )
        for place in range(POSTS)
    ]
    thread = import_thread(board, title="Pottery", posts=written)
    return list(Post.objects.by_number(thread))


def found(text: str, reader: User) -> list[Post]:
    threads = PostSearch(parse_search(text), reader, "newest").results().threads
    return [hit.post for each in threads for hit in each.posts]


@pytest.mark.parametrize("text", ["granite", '"granite rocks"', "granite -clay"])
def test_words_are_found_by_the_index_and_not_by_parsing_every_post(
    posts: list[Post], bob: User, text: str
) -> None:
    with CaptureQueriesContext(connection) as captured:
        found(text, bob)
    (sql,) = [
        query["sql"]
        for query in captured
        if "MATERIALIZED" in query["sql"] and not query["sql"].startswith("EXPLAIN")
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}")
        plan = "\n".join(line for (line,) in cursor)
    assert "Bitmap Index Scan on revision_words" in plan
    assert "Filter: (forum_search_words" not in plan


def test_range_of_newest_posts_grows_until_enough_pass_the_filters(
    posts: list[Post], bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("MAX_READ", 0),
        ("MAX_FOUND", 2),
        ("MAX_HITS", 3),
        ("MAX_HITS_READ", 9),
        ("MAX_PARSED", 0),
    ):
        monkeypatch.setattr(search_queries, name, value)
    assert found("clay", bob) == posts[:-3:-1]
    assert found("clay author:alice", bob) == [posts[0]]
