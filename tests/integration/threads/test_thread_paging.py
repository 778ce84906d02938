"""Readers who page through a thread while others answer in it see every post once."""

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

POSTS = re.compile(r'<article class="post(?: is-new)?" id="p(\d+)"')
LATER = re.compile(r'href="([^"]+)" rel="next"')
EARLIER = re.compile(r'href="([^"]+)" rel="prev"')
SIZE = 10_000
AT = 1000  # so many replies are above where somebody reads backwards
HTMX = {"hx-request": "true"}

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture
def busy() -> Thread:
    """A conversation of two people, in which everybody answers anybody."""
    alice, bob = person("alice"), person("bob")
    board = Board.objects.create(
        category=Category.objects.create(name="Outdoors"), name="Gardens", slug="gardens"
    )
    chance = random.Random(11)
    posts = [
        ImportedPost(
            n,
            None
            if n == 0
            else chance.choice([0, max(0, n - 1), chance.randrange(n), chance.randrange(n)]),
            (alice, bob)[n % 2],
            f"Number {n}.",
            timezone.now(),
        )
        for n in range(SIZE)
    ]
    return import_thread(board, title="A busy one", posts=posts)


class Crowd(threading.Thread):
    """Answers any posts of a thread, each answer as soon as it is asked for."""

    def __init__(self, thread: Thread, ids: list[int]) -> None:
        super().__init__()
        self.thread, self.ids = thread, ids
        self.wanted, self.written = threading.Semaphore(0), threading.Semaphore(0)
        self.is_over = False

    def run(self) -> None:
        chance, author = random.Random(12), User.objects.get(username="bob")
        while True:
            self.wanted.acquire()
            if self.is_over:
                break
            answered = Post.objects.get(pk=chance.choice(self.ids))
            self.ids.append(reply_to(answered, author=author, source="Meanwhile.").pk)
            self.written.release()
        connection.close()


@contextmanager
def crowd(thread: Thread, ids: list[int]) -> Iterator[Crowd]:
    answering = Crowd(thread, list(ids))
    answering.start()
    try:
        yield answering
    finally:
        answering.is_over = True
        answering.wanted.release()
        answering.join()


class Reading:
    """One browser that reads a thread in one order, part by part."""

    def __init__(self, address: str, link: re.Pattern[str]) -> None:
        self.client = Client()
        self.link = link
        self.following: str | None = address
        self.seen: list[int] = []

    def read_on(self) -> None:
        # A part comes without what stands above it for context, which would count twice.
        part = self.client.get(self.following, headers=HTMX).content.decode()
        self.seen += [int(pk) for pk in POSTS.findall(part)]
        found = self.link.search(part)
        self.following = unescape(found[1]) if found else None


def expected(thread: Thread) -> dict[SortOrder, list[int]]:
    """The replies in each order, as long as nobody answers."""
    in_tree = list(Post.objects.in_thread(thread).values_list("pk", "level", "number"))[1:]
    branches: list[list[tuple[int, int]]] = []
    for pk, level, number in in_tree:
        if level == 1:
            branches.append([])
        branches[-1].append((number, pk))

    def of(branches: Iterable[list[tuple[int, int]]]) -> list[int]:
        return [pk for branch in branches for _number, pk in branch]

    return {
        "tree": of(branches),
        "newest": of(sorted(branches, key=lambda branch: -branch[0][0])),
        "active": of(sorted(branches, key=lambda branch: -max(branch)[0])),
        "time": sorted(of(branches)),
    }


def test_every_post_that_was_there_is_seen_once_in_every_order_while_200_arrive(
    busy: Thread,
) -> None:
    orders = expected(busy)
    # The moment at which reading begins; a first page gives its own to the pages after it.
    address = f"{busy.get_absolute_url()}?asof={busy.last_number}&order="
    down = {order: Reading(f"{address}{order}", LATER) for order in orders}
    up = {
        order: Reading(f"{address}{order}&before=p{ids[AT]}", EARLIER)
        for order, ids in orders.items()
    }
    readings = [*down.values(), *up.values()]
    opening = Post.objects.opening_of(busy.pk).get().pk
    with crowd(busy, [opening, *orders["tree"]]) as others:
        while under_way := [reading for reading in readings if reading.following]:
            for reading in under_way:
                others.wanted.release()
                reading.read_on()
                assert others.written.acquire(timeout=60)
    were_there = set(orders["tree"])
    for order, ids in orders.items():
        assert [pk for pk in down[order].seen if pk in were_there] == ids, order
        assert sorted(pk for pk in up[order].seen if pk in were_there) == sorted(ids[:AT]), order
    for reading in readings:
        assert len(set(reading.seen)) == len(reading.seen)
    busy.refresh_from_db()
    assert busy.post_count >= SIZE + 200
