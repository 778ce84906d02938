"""Cost of unread posts: the same after little and after much reading; and correctness."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post
from forum.actions.read_state import mark_revisions_read
from forum.models import Board, Category, Post, ReadState, Thread, User
from forum.models.read_state import read_state_of
from forum.queries import read_state as unread_queries
from forum.queries.read_state import unread_positions, with_unread_counts
from forum.queries.threads import with_read_state
from tests.integration.threads.conftest import unread_ids
from tests.sampling import examples

pytestmark = pytest.mark.slow

STARTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
POSTS = 10_001
RANGES = 5_000
# Each page has its own query for unread posts.
PAGES = ["/", "/b/gardens/", "{thread}", "{thread}?at=p{middle}", "{map}", "{next}?from=p{middle}"]


def plans(client: Client, address: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the SELECT statements of a page and their query plans."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code in (200, 302)
    with connection.cursor() as cursor:
        for sql in (query["sql"] for query in captured):
            if sql.startswith("SELECT") and "forum_" in sql:
                cursor.execute(f"EXPLAIN (ANALYZE, TIMING off, FORMAT JSON) {sql}")
                plan = cursor.fetchone()[0]
                [explained] = json.loads(plan) if isinstance(plan, str) else plan
                yield sql, explained["Plan"]


def rows_read(plan: dict[str, Any]) -> float:
    """Return how many rows the scans of a plan read, including those filtered out."""
    kept = plan["Actual Rows"] if "Scan" in plan["Node Type"] else 0
    left_out = sum(plan[key] for key in plan if key.startswith("Rows Removed by"))
    below = sum(map(rows_read, plan.get("Plans", [])))
    return (kept + left_out) * plan["Actual Loops"] + below


def read_half(thread: Thread, member: User, *, ranges: int) -> None:
    """Mark half of the thread's posts as read, in a given number of ranges."""
    ReadState.objects.filter(member=member).delete()
    length = RANGES // ranges
    numbers = [n for n in range(1, POSTS) if (n - 1) // length % 2 == 0]
    mark_revisions_read(thread, member=member, numbers=numbers)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM forum_readstate, unnest(numbers)")
        assert cursor.fetchone() == (ranges,)


@pytest.fixture
def long_thread(board: Board, bob: User) -> Thread:
    parents = [None, *(0 if n % 7 == 1 else n - 1 for n in range(1, POSTS))]
    posts = [ImportedPost(n, parent, bob, "Words.", STARTED_AT) for n, parent in enumerate(parents)]
    return import_thread(board, title="Long", posts=posts)


def test_pages_read_no_more_rows_after_thousands_of_ranges(
    long_thread: Thread, alice: User, as_alice: Client
) -> None:
    numbers = dict(Post.objects.values_list("number", "pk"))
    places = {
        "thread": long_thread.get_absolute_url(),
        "map": f"/t/{long_thread.pk}/map/",
        "next": f"/t/{long_thread.pk}/next/",
        "middle": numbers[POSTS // 2],
    }
    cost: dict[int, dict[str, tuple[float, int]]] = {}
    for ranges in (10, RANGES):
        read_half(long_thread, alice, ranges=ranges)
        cost[ranges] = {}
        for page in PAGES:
            executed = list(plans(as_alice, page.format_map(places)))
            rows = sum(rows_read(plan) for _sql, plan in executed)
            cost[ranges][page] = rows, sum(len(sql) for sql, _plan in executed)
    for page in PAGES:
        few_rows, few_bytes = cost[10][page]
        many_rows, many_bytes = cost[RANGES][page]
        assert abs(many_bytes - few_bytes) < 100, page
        assert many_rows <= 1.5 * few_rows + unread_queries.MAX_UNREAD_FOUND, (
            page,
            few_rows,
            many_rows,
        )


class UnreadModelTests(TestCase):
    """Random posts and read states: unread posts are the same as computed with a set."""

    @settings(max_examples=examples(8))
    @given(seed=st.integers(0, 10**6), size=st.integers(2, 60), share=st.floats(0, 1))
    def test_unread_counts_positions_and_marks_match_a_set(
        self, seed: int, size: int, share: float
    ) -> None:
        rng = random.Random(seed)
        category, _new = Category.objects.get_or_create(name="Shelf")
        board, _new = Board.objects.get_or_create(name="Board", slug="board", category=category)
        reader, _new = User.objects.get_or_create(username="reader")
        writer, _new = User.objects.get_or_create(username="writer")
        thread = import_thread(
            board,
            title="Any thread",
            posts=[
                ImportedPost(
                    n,
                    rng.randrange(n) if n else None,
                    rng.choice([reader, writer, writer, writer]),
                    f"Post {n}.",
                    STARTED_AT,
                )
                for n in range(size)
            ],
        )
        tree = list(Post.objects.in_thread(thread))
        for post in rng.sample(tree[1:], k=min(3, size - 1)):
            delete_post(post, actor=post.author)
        thread.refresh_from_db()
        seen = {n for n in range(1, thread.next_number) if rng.random() < share}
        mark_revisions_read(thread, member=reader, numbers=seen)
        expected = [
            post
            for post in Post.objects.in_thread(thread)
            if post.author_id != reader.pk
            and post.deleted_at is None
            and post.latest_number not in seen
        ]
        fresh = with_read_state(Thread.objects.all(), reader).get(pk=thread.pk)
        read_state = read_state_of(fresh, reader)
        assert read_state is not None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(unread_queries, "MAX_UNREAD_LISTED", 10)
            counted = with_unread_counts(Thread.objects.all(), reader).get(pk=thread.pk)
        assert counted.unread_count == min(len(expected), 10)
        assert unread_positions(reader, read_state) == [post.lft for post in expected]
        assert set(
            Post.objects.filter(read_state.is_unread(), thread=thread, deleted_at=None)
        ) == set(expected)
        assert unread_ids(thread, reader) == [post.pk for post in expected]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(unread_queries, "MAX_UNREAD_COUNTED", 3)  # instead of many posts
            assert unread_ids(thread, reader) == [post.pk for post in expected]
