"""Going to the next unread post, in tree order, each once, through a whole thread."""

from __future__ import annotations

import random
import re
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.read_state import mark_revisions_read, mark_thread_read
from forum.actions.threads import start_thread
from forum.models import Board, Category, Post, ReadState, Thread, User
from forum.moderation.actions.branch_moves import merge_thread, move_branch
from tests.html import Page
from tests.integration.threads.conftest import mark_all_read, open_page, unread_ids, write_reply
from tests.sampling import examples


def test_next_unread_follows_tree_order_and_never_goes_back_by_itself(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    first = write_reply(opening, bob, "One.")
    second = write_reply(opening, bob, "Two.")
    below = write_reply(first, bob, "Below one.")
    path = f"/t/{opening.thread_id}/next/"
    visited = []
    address = path
    for _step in range(3):
        response = as_alice.get(address)
        post = int(response.headers["Location"].rpartition("#p")[2])
        visited.append(post)
        address = f"{path}?from=p{post}"
    assert visited == [first.pk, below.pk, second.pk]
    at_the_end = Page(as_alice.get(address, follow=True))
    assert "No more unread posts." in at_the_end
    assert at_the_end.links["Go back to the first?"] == path
    mark_all_read(opening.thread, alice)
    response = Page(as_alice.get(path, follow=True))
    assert "No more unread posts." in response
    assert "Go back to the first?" not in response.links
    # A page searches from its last post onwards; a member who is reading above stays there.
    staying = as_alice.get(f"{address}&reading=p{first.pk}")
    assert staying.headers["Location"].endswith(f"#p{first.pk}")


def test_next_unread_continues_after_a_merge_or_move(
    opening: Post, alice: User, as_alice: Client, bob: User, carol: User
) -> None:
    other = start_thread(opening.thread.board, author=bob, title="Another", source="Words.")
    for thread in (opening.thread, other):
        mark_all_read(thread, alice)
    first, moved = write_reply(opening, bob, "One."), write_reply(opening, bob, "Two.")
    move_branch(moved, to=Post.objects.get(thread=other), actor=carol, reason="belongs there")
    path = f"/t/{opening.thread_id}/next/?from=p"
    assert as_alice.get(f"{path}{moved.pk}").headers["Location"].endswith(f"#p{first.pk}")
    merge_thread(opening.thread, into=other, actor=carol, reason="the same")
    response = as_alice.get(f"{path}{opening.pk}", follow=True)
    assert response.redirect_chain[0][0] == f"/t/{other.pk}/next/"
    assert response.redirect_chain[-1][0].startswith(other.get_absolute_url())
    for to in ("first", "last", "date&date=2026-01-01"):
        response = as_alice.get(f"/t/{opening.thread_id}/go/?to={to}", follow=True)
        assert response.redirect_chain[-1][0].startswith(other.get_absolute_url())


OUTLINE = re.compile(r'<nav class="outline".*?</nav>', re.DOTALL)


class Counters(HTMLParser):
    """The unread posts that a page counts on its outermost folds and links, or shows outside.

    The outline counts them once more.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.folds = 0
        self.is_handle = False
        self.total = 0
        self.feed(OUTLINE.sub("", html))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = dict(attrs).get("class") or ""
        self.folds += tag == "details"
        self.is_handle = (tag == "summary" and self.folds == 1) or (
            tag == "a" and "button" in classes
        )
        if tag == "article" and "is-unread" in classes and not self.folds:
            self.total += 1

    def handle_endtag(self, tag: str) -> None:
        self.folds -= tag == "details"
        self.is_handle = False

    def handle_data(self, data: str) -> None:
        if self.is_handle:
            self.total += sum(int(number) for number in re.findall(r", (\d+) unread", data))


class NextUnreadTests(TestCase):
    """Random trees and read states: every unread post is visited once, in tree order."""

    @settings(max_examples=examples(10))
    @given(seed=st.integers(0, 10**6), size=st.integers(2, 60), share=st.floats(0, 1))
    def test_every_unread_post_is_visited_once_in_tree_order(
        self, seed: int, size: int, share: float
    ) -> None:
        rng = random.Random(seed)
        category, _new = Category.objects.get_or_create(name="Shelf")
        board, _new = Board.objects.get_or_create(name="Board", slug="board", category=category)
        reader, _new = User.objects.get_or_create(username="reader")
        writer, _new = User.objects.get_or_create(username="writer")
        posts = [
            ImportedPost(n, rng.randrange(n) if n else None, writer, f"Post {n}.", timezone.now())
            for n in range(size)
        ]
        thread = import_thread(board, title="Any tree", posts=posts)
        tree = list(Post.objects.in_thread(thread))
        read_numbers = [post.number for post in tree if rng.random() < share]
        mark_revisions_read(thread, member=reader, numbers=read_numbers)
        expected = [post.pk for post in tree if post.number not in read_numbers]
        assert unread_ids(thread, reader) == expected


# -- A large thread with few unread posts ---------------------------------------------------------


@pytest.fixture
def large_thread(board: Board, alice: User, bob: User) -> tuple[Thread, list[int]]:
    """Return a thread of 2,000 posts, of which alice has not read 7, three on the first page."""
    rng = random.Random(7)
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else rng.choice([0, max(0, n - 1), rng.randrange(n)]),
            bob,
            f"Number {n} of many.",
            start + timedelta(minutes=n),
        )
        for n in range(2000)
    ]
    thread = import_thread(board, title="Two thousand", posts=posts)
    tree = list(Post.objects.in_thread(thread))
    unread_posts = [tree[index] for index in (30, 31, 150, 400, 777, 1500, 1999)]
    mark_thread_read(thread, member=alice)
    for post in unread_posts:
        mark_unread(post, alice)
    return thread, [post.pk for post in unread_posts]


def mark_unread(post: Post, member: User) -> None:
    """Make a single post unread, as if it had not been on the screen."""
    row = ReadState.objects.get(member=member, thread=post.thread_id)
    seen = {n for run in row.numbers for n in range(run.lower or 0, run.upper or 0)}
    ReadState.objects.all().delete()
    mark_revisions_read(post.thread, member=member, numbers=seen - {post.latest_number})


def test_seven_unread_of_two_thousand_posts_are_visited_and_counted_once(
    large_thread: tuple[Thread, list[int]], as_alice: Client
) -> None:
    thread, unread_posts = large_thread
    page = open_page(as_alice, thread)
    assert "7 unread" in page
    assert page.title.startswith("(7) ")
    assert len(page.find_all("[data-n]")) == 3
    assert "Show more replies, 4 unread" in page
    assert Counters(page.html).total == 7
    visited: list[int] = []
    address = f"/t/{thread.pk}/next/"
    for _press in range(7):
        place = as_alice.get(address).headers["Location"]
        post = int(place.rpartition("#p")[2])
        assert post in Page(as_alice.get(place)).post_ids
        visited.append(post)
        address = f"/t/{thread.pk}/next/?from=p{post}"
    assert visited == unread_posts
    middle = open_page(as_alice, thread, f"?at=p{unread_posts[4]}")
    assert "Earlier replies, 4 unread" in middle
    assert "Show more replies, 2 unread" in middle
    assert Counters(middle.html).total == 7
