"""From one new post to the next, in the order of the tree, each once, across everything."""

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
from tests.integration.threads.conftest import open_page, say, see_all, unread


def test_next_leads_on_in_tree_order_and_never_back_by_itself(
    opening: Post, alice: User, as_alice: Client, bob: User
) -> None:
    mark_revisions_read(opening.thread, member=alice, numbers=[])
    first = say(opening, bob, "One.")
    second = say(opening, bob, "Two.")
    below = say(first, bob, "Below one.")
    path = f"/t/{opening.thread_id}/next/"
    walked = []
    address = path
    for _step in range(3):
        answer = as_alice.get(address)
        post = int(answer.headers["Location"].rpartition("#p")[2])
        walked.append(post)
        address = f"{path}?from=p{post}"
    assert walked == [first.pk, below.pk, second.pk]
    at_the_end = Page(as_alice.get(address, follow=True))
    assert "No more unread posts." in at_the_end
    assert at_the_end.links["Go back to the first?"] == path
    see_all(opening.thread, alice)
    answer = Page(as_alice.get(path, follow=True))
    assert "No more unread posts." in answer
    assert "Go back to the first?" not in answer.links
    # A page asks from its last post on; who reads further up is left there.
    stays = as_alice.get(f"{address}&reading=p{first.pk}")
    assert stays.headers["Location"].endswith(f"#p{first.pk}")


def test_walk_goes_on_where_a_thread_was_merged_or_a_post_moved(
    opening: Post, alice: User, as_alice: Client, bob: User, carol: User
) -> None:
    other = start_thread(opening.thread.board, author=bob, title="Another", source="Words.")
    for thread in (opening.thread, other):
        see_all(thread, alice)
    first, moved = say(opening, bob, "One."), say(opening, bob, "Two.")
    move_branch(moved, to=Post.objects.get(thread=other), actor=carol, reason="belongs there")
    path = f"/t/{opening.thread_id}/next/?from=p"
    assert as_alice.get(f"{path}{moved.pk}").headers["Location"].endswith(f"#p{first.pk}")
    merge_thread(opening.thread, into=other, actor=carol, reason="the same")
    answer = as_alice.get(f"{path}{opening.pk}", follow=True)
    assert answer.redirect_chain[0][0] == f"/t/{other.pk}/next/"
    assert answer.redirect_chain[-1][0].startswith(other.get_absolute_url())
    for to in ("first", "last", "date&date=2026-01-01"):
        answer = as_alice.get(f"/t/{opening.thread_id}/go/?to={to}", follow=True)
        assert answer.redirect_chain[-1][0].startswith(other.get_absolute_url())


class Counters(HTMLParser):
    """What the outermost handles of a page say is new below them, and what is new in none."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.folds = 0
        self.is_handle = False
        self.total = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        classes = dict(attrs).get("class") or ""
        self.folds += tag == "details"
        self.is_handle = (tag == "summary" and self.folds == 1) or (tag == "a" and "btn" in classes)
        if tag == "article" and "is-new" in classes and not self.folds:
            self.total += 1

    def handle_endtag(self, tag: str) -> None:
        self.folds -= tag == "details"
        self.is_handle = False

    def handle_data(self, data: str) -> None:
        if self.is_handle:
            self.total += sum(int(number) for number in re.findall(r", (\d+) unread", data))


class Walk(TestCase):
    """Any tree, anything seen of it: the walk visits what is new once each, in tree order."""

    @settings(max_examples=10)
    @given(seed=st.integers(0, 10**6), size=st.integers(2, 60), share=st.floats(0, 1))
    def test_walk_visits_each_once_in_the_order_of_the_tree(
        self, seed: int, size: int, share: float
    ) -> None:
        chance = random.Random(seed)
        shelf, _new = Category.objects.get_or_create(name="Shelf")
        board, _new = Board.objects.get_or_create(name="Board", slug="board", category=shelf)
        reader, _new = User.objects.get_or_create(username="reader")
        writer, _new = User.objects.get_or_create(username="writer")
        posts = [
            ImportedPost(
                n, chance.randrange(n) if n else None, writer, f"Post {n}.", timezone.now()
            )
            for n in range(size)
        ]
        thread = import_thread(board, title="Any tree", posts=posts)
        tree = list(Post.objects.in_thread(thread))
        known = [post.number for post in tree if chance.random() < share]
        mark_revisions_read(thread, member=reader, numbers=known)
        expected = [post.pk for post in tree if post.number not in known]
        assert unread(thread, reader) == expected


# -- The prepared case ----------------------------------------------------------------------------


@pytest.fixture
def prepared(board: Board, alice: User, bob: User) -> tuple[Thread, list[int]]:
    """2,000 posts of which alice has not seen 7, three of them on the first page."""
    chance = random.Random(7)
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else chance.choice([0, max(0, n - 1), chance.randrange(n)]),
            bob,
            f"Number {n} of many.",
            start + timedelta(minutes=n),
        )
        for n in range(2000)
    ]
    thread = import_thread(board, title="Two thousand", posts=posts)
    tree = list(Post.objects.in_thread(thread))
    new = [tree[at] for at in (30, 31, 150, 400, 777, 1500, 1999)]
    mark_thread_read(thread, member=alice)
    for post in new:
        mark_unread(post, alice)
    return thread, [post.pk for post in new]


def mark_unread(post: Post, member: User) -> None:
    """As if this one had not been on the screen."""
    row = ReadState.objects.get(member=member, thread=post.thread_id)
    seen = {n for run in row.numbers for n in range(run.lower or 0, run.upper or 0)}
    ReadState.objects.all().delete()
    mark_revisions_read(post.thread, member=member, numbers=seen - {post.latest_number})


def test_seven_of_two_thousand_are_visited_once_each_and_the_counters_say_seven(
    prepared: tuple[Thread, list[int]], as_alice: Client
) -> None:
    thread, new = prepared
    page = open_page(as_alice, thread)
    assert "7 unread" in page
    assert page.title.startswith("(7) ")
    assert len(page.find_all("[data-n]")) == 3
    assert "Show more replies, 4 unread" in page
    assert Counters(page.html).total == 7
    walked: list[int] = []
    address = f"/t/{thread.pk}/next/"
    for _press in range(7):
        place = as_alice.get(address).headers["Location"]
        post = int(place.rpartition("#p")[2])
        assert post in Page(as_alice.get(place)).post_ids
        walked.append(post)
        address = f"/t/{thread.pk}/next/?from=p{post}"
    assert walked == new
    middle = open_page(as_alice, thread, f"?at=p{new[4]}")
    assert "Earlier replies, 4 unread" in middle
    assert "Show more replies, 2 unread" in middle
    assert Counters(middle.html).total == 7
