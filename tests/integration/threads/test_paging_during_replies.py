"""Paging through a thread while others reply: readers see every post once."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.models import Board, Category, Post, Thread, User
from forum.queries.sort_orders import SortOrder
from tests.conftest import person

POSTS = re.compile(r'<article class="post(?: is-unread)?" id="p(\d+)"')
LATER = re.compile(r'href="([^"]+)" rel="next"')
EARLIER = re.compile(r'href="([^"]+)" rel="prev"')
SIZE = 2500
REPLIES_PER_PAGE = 3
REPLIES_ABOVE = 1000  # the number of replies above the place where backward paging begins
HTMX = {"hx-request": "true"}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def busy_thread() -> Thread:
    """Import a thread of two members who reply to random posts."""
    alice, bob = person("alice"), person("bob")
    board = Board.objects.create(
        category=Category.objects.create(name="Outdoors"), name="Gardens", slug="gardens"
    )
    rng = random.Random(11)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else rng.choice([0, max(0, n - 1), rng.randrange(n), rng.randrange(n)]),
            (alice, bob)[n % 2],
            f"Number {n}.",
            timezone.now(),
        )
        for n in range(SIZE)
    ]
    return import_thread(board, title="A busy one", posts=posts)


class Replier(threading.Thread):
    """A member who replies to random posts, once for each time `wanted` is released."""

    def __init__(self, thread: Thread, ids: list[int]) -> None:
        super().__init__()
        self.thread, self.ids = thread, ids
        self.wanted, self.written = threading.Semaphore(0), threading.Semaphore(0)
        self.is_over = False

    def run(self) -> None:
        rng, author = random.Random(12), User.objects.get(username="bob")
        while True:
            self.wanted.acquire()
            if self.is_over:
                break
            parent = Post.objects.get(pk=rng.choice(self.ids))
            self.ids.append(reply_to(parent, author=author, source="Meanwhile.").pk)
            self.written.release()
        connection.close()


@contextmanager
def replier(thread: Thread, ids: list[int]) -> Iterator[Replier]:
    member = Replier(thread, list(ids))
    member.start()
    try:
        yield member
    finally:
        member.is_over = True
        member.wanted.release()
        member.join()


class Reading:
    """A reader who pages through a thread in one sort order."""

    def __init__(self, address: str, link: re.Pattern[str]) -> None:
        self.client = Client()
        self.link = link
        self.following: str | None = address
        self.seen: list[int] = []

    def read_on(self) -> None:
        # Fragments leave out the posts above for context, which would be counted twice.
        part = self.client.get(self.following, headers=HTMX).content.decode()
        self.seen += [int(pk) for pk in POSTS.findall(part)]
        found = self.link.search(part)
        self.following = unescape(found[1]) if found else None


def expected_orders(thread: Thread) -> dict[SortOrder, list[int]]:
    """Return the replies in each sort order, as long as nobody replies."""
    in_tree = list(Post.objects.in_thread(thread).values_list("pk", "level", "number"))[1:]
    branches: list[list[tuple[int, int]]] = []
    for pk, level, number in in_tree:
        if level == 1:
            branches.append([])
        branches[-1].append((number, pk))

    def ids_of(branches: Iterable[list[tuple[int, int]]]) -> list[int]:
        return [pk for branch in branches for _number, pk in branch]

    return {
        "tree": ids_of(branches),
        "newest": ids_of(sorted(branches, key=lambda branch: -branch[0][0])),
        "active": ids_of(sorted(branches, key=lambda branch: -max(branch)[0])),
        "time": sorted(ids_of(branches)),
    }


def test_every_post_is_shown_once_in_every_order_while_200_replies_arrive(
    busy_thread: Thread,
) -> None:
    orders = expected_orders(busy_thread)
    # The moment at which paging begins; a first page hands it on to the following pages.
    address = f"{busy_thread.get_absolute_url()}?asof={busy_thread.last_number}&order="
    down = {order: Reading(f"{address}{order}", LATER) for order in orders}
    up = {
        order: Reading(f"{address}{order}&before=p{ids[REPLIES_ABOVE]}", EARLIER)
        for order, ids in orders.items()
    }
    readings = [*down.values(), *up.values()]
    opening = Post.objects.opening_of(busy_thread.pk).get().pk
    with replier(busy_thread, [opening, *orders["tree"]]) as others:
        while unfinished := [reading for reading in readings if reading.following]:
            for reading in unfinished:
                others.wanted.release(REPLIES_PER_PAGE)
                reading.read_on()
                for _ in range(REPLIES_PER_PAGE):
                    assert others.written.acquire(timeout=60)
    existing = set(orders["tree"])
    for order, ids in orders.items():
        assert [pk for pk in down[order].seen if pk in existing] == ids, order
        assert sorted(pk for pk in up[order].seen if pk in existing) == sorted(
            ids[:REPLIES_ABOVE]
        ), order
    for reading in readings:
        assert len(set(reading.seen)) == len(reading.seen)
    busy_thread.refresh_from_db()
    assert busy_thread.post_count >= SIZE + 200
