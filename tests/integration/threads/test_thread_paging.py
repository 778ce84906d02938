"""Readers who page through a thread while others answer in it see every post once."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from forum.actions.loading import Written, load_thread
from forum.actions.posts import reply_to
from forum.models import Board, Category, Post, Thread, User
from tests.conftest import person

POSTS = re.compile(r'<article class="post(?: is-new)?" id="p(\d+)"')
LATER = re.compile(r'href="([^"]+)" rel="next"')
EARLIER = re.compile(r'href="([^"]+)" rel="prev"')
SIZE = 1000
A_PAGE = 10  # answers arrive during each
HTMX = {"hx-request": "true"}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def busy() -> Thread:
    """A conversation of two people, in which everybody answers anybody."""
    alice, bob = person("alice"), person("bob")
    board = Board.objects.create(
        category=Category.objects.create(name="Outdoors"), name="Gardens", slug="gardens"
    )
    chance = random.Random(11)
    posts = [
        Written(
            n,
            None if n == 0 else chance.choice([0, max(0, n - 1), chance.randrange(n)]),
            (alice, bob)[n % 2],
            f"Number {n}.",
            timezone.now(),
        )
        for n in range(SIZE)
    ]
    return load_thread(board, title="A busy one", posts=posts)


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
    yield answering
    answering.is_over = True
    answering.wanted.release()
    answering.join()


def read(
    client: Client, address: str, link: re.Pattern[str], others: Crowd, *, in_place: bool
) -> list[int]:
    """Page by page, or part by part, while others answer."""
    seen: list[int] = []
    following: str | None = address
    while following:
        for _answer in range(A_PAGE):
            others.wanted.release()
        # A part comes without what stands above it for context, which would count twice.
        part = client.get(following, headers=HTMX).content.decode()
        seen += [int(pk) for pk in POSTS.findall(part)]
        page = part if in_place else client.get(following).content.decode()
        found = link.search(page)
        following = unescape(found[1]) if found else None
        for _answer in range(A_PAGE):
            assert others.written.acquire(timeout=60)
    return seen


def test_every_post_that_was_there_is_seen_once_both_ways_while_200_arrive(busy: Thread) -> None:
    opening = Post.objects.opening_of(busy.pk).get().pk
    replies = {
        "tree": [post.pk for post in Post.objects.in_thread(busy)[1:]],
        "time": [post.pk for post in Post.objects.by_number(busy)[1:]],
    }
    were_there = set(replies["tree"])
    with crowd(busy, [opening, *replies["tree"]]) as others:
        for order, expected in replies.items():
            address = f"{busy.get_absolute_url()}?order={order}"
            client = Client()
            down = read(client, address, LATER, others, in_place=order == "tree")
            last = f"{address}&before=p{expected[-1]}"
            up = read(client, last, EARLIER, others, in_place=order == "time")
            assert [pk for pk in down if pk in were_there] == expected
            assert len(set(down)) == len(down)
            assert len(set(up)) == len(up)
            assert were_there - set(up) == {expected[-1]}
    busy.refresh_from_db()
    assert busy.post_count >= SIZE + 200
