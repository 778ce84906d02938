"""Plans of lists: a page reads about as many rows in a forum of any size."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import OuterRef, Subquery
from django.test import Client
from django.utils import timezone

from forum.models import Board, Post, ReadState, Tag, Thread, User
from forum.models.tags import ThreadTag
from forum.presenters.thread_lists import list_address
from forum.queries.thread_lists import TABS_BY_SLUG
from tests.integration.threads.test_unread_cost import plans, rows_read

pytestmark = pytest.mark.slow

SMALL, LARGE = 300, 3000
# What the pages of one member depend on grows with what that member has done, which stays the same.
MOST_TIMES, MOST_MORE = 1.5, 60


def add_threads(board: Board, tag: Tag, author: User, count: int) -> None:
    """Add threads of one post each; every third has the tag."""
    now = timezone.now()
    threads = Thread.objects.bulk_create(
        Thread(
            board=board,
            title=f"Thread {n}",
            slug=f"thread-{n}",
            author=author,
            created_at=now - timedelta(minutes=count - n),
            last_post_at=now - timedelta(minutes=count - n),
            next_number=2,
            post_count=1,
        )
        for n in range(count)
    )
    Thread.objects.lock(*(thread.pk for thread in threads))
    Post.objects.bulk_create(
        Post(
            thread=thread,
            tree_id=thread.pk,
            author=author,
            number=1,
            latest_number=1,
            changed_number=1,
            branch_number=1,
            created_at=thread.created_at,
            source="Words.",
            html="<p>Words.</p>",
            excerpt="Words.",
            lft=1,
            rght=1000,
            level=0,
        )
        for thread in threads
    )
    openings = Post.objects.filter(thread=OuterRef("pk")).values("pk")
    Thread.objects.filter(last_post=None).update(last_post=Subquery(openings))
    ThreadTag.objects.bulk_create(
        ThreadTag(thread=thread, tag=tag, position=1) for thread in threads[::3]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def rows_of_lists(client: Client, addresses: dict[str, str]) -> dict[str, float]:
    """Return how many rows the queries of each list read."""
    return {
        name: sum(rows_read(plan) for _sql, plan in plans(client, address))
        for name, address in addresses.items()
    }


def test_lists_read_as_many_rows_among_ten_times_as_many_threads(
    board: Board, alice: User, bob: User, as_bob: Client, visitor: Client
) -> None:
    tag = Tag.objects.create(name="Moss", slug="moss")
    other = Board.objects.create(category=board.category, name="Roofs", slug="roofs")
    User.objects.update(date_joined=timezone.now() - timedelta(days=3650), read_up_to=0)
    scopes = {"all": None, "board": board, "tag": tag}
    addresses = {
        f"{tab.slug or 'active'} of {name}": list_address(tab, scope)
        for tab in TABS_BY_SLUG.values()
        for name, scope in scopes.items()
    }
    public = {
        f"{tab.slug or 'active'} of {name}": list_address(tab, scope)
        for tab in TABS_BY_SLUG.values()
        if not tab.is_for_members
        for name, scope in scopes.items()
    }
    cost = {}
    for size in (SMALL, LARGE):
        add_threads(board, tag, alice, (size - Thread.objects.count()) // 2)
        add_threads(other, tag, alice, size - Thread.objects.count())
        if size == SMALL:
            add_threads(board, tag, bob, 20)
            read = Thread.objects.order_by("-id")[:100]
            ReadState.objects.bulk_create(
                ReadState(member=bob, thread=thread, visited_at=timezone.now()) for thread in read
            )
        cost[size] = {
            **{f"{name}, bob": rows for name, rows in rows_of_lists(as_bob, addresses).items()},
            **{f"{name}, visitor": rows for name, rows in rows_of_lists(visitor, public).items()},
        }
    for name, rows in cost[LARGE].items():
        assert rows <= cost[SMALL][name] * MOST_TIMES + MOST_MORE, (name, cost[SMALL][name], rows)
