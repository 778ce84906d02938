"""The most that a member can make a page cost, compared with an ordinary one, at public addresses.

The worst cases keep to every limit: the longest posts, with as many mentions, and quotes of a long
post that was edited often, as fit; and text that becomes as much HTML as possible. They may cost
more than an ordinary case of as many posts, but no more queries, and a bounded amount of time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.markup.rendered_post import MAX_SOURCE
from forum.models import Board, Post, Thread, User
from forum.queries.thread_pages import MAX_PAGE_BYTES
from tests.addresses import routes_with
from tests.html import Page
from tests.integration.quotes.test_quote_cost import LONG, add_revisions, quote_all

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STARTED_AT = datetime(2026, 11, 1, tzinfo=UTC)
POSTS = 200  # a full page
REVISIONS = 300
MAX_BYTES = MAX_PAGE_BYTES + 1_000_000  # the page, and everything around its posts
# Much more text than usual takes longer, but no page takes minutes, or seconds per post.
MAX_RATIO = 25
MORE_QUERIES = 1  # mentions are fetched where a post has some
LEAST_SECONDS = 0.04  # of what takes less, the machine decides
MENTIONS = " ".join(f"@member{n}" for n in range(50))


@dataclass(frozen=True)
class Case:
    thread: Thread
    opening: Post
    reply: Post


@dataclass(frozen=True)
class Cost:
    queries: int
    size: int  # bytes
    seconds: float  # of this process


def make_case(board: Board, author: User, opening: str, reply: str, title: str) -> Case:
    posts = [
        ImportedPost(
            key=n,
            parent=0 if n else None,
            author=author,
            source=reply if n else opening,  # the same text is rendered once
            created_at=STARTED_AT + timedelta(minutes=n),
        )
        for n in range(POSTS)
    ]
    thread = import_thread(board, title=title, posts=posts)
    found = list(Post.objects.filter(thread=thread).order_by("number"))
    return Case(thread, found[0], found[-1])


@pytest.fixture
def ordinary(board: Board, alice: User) -> Case:
    opening, reply = "Does moss harm the bricks?", "> moss harm the bricks\n\nNo."
    return make_case(board, alice, opening, reply, title="Moss on the wall")


@pytest.fixture
def inflated(board: Board, bob: User, ordinary: Case) -> Case:
    """Return a thread of 20 MB of HTML."""
    board = Board.objects.create(category=board.category, name="Stones", slug="stones")
    source = "http://a.b " * (MAX_SOURCE // 11 - 1)
    return make_case(board, bob, source, source, title="Moss " * 24)


@pytest.fixture
def quoting(board: Board, bob: User, ordinary: Case) -> Case:
    board = Board.objects.create(category=board.category, name="Stones", slug="stones")
    User.objects.bulk_create(User(username=f"member{n}") for n in range(50))
    case = make_case(board, bob, LONG, quote_all(MENTIONS), title="Moss " * 24)
    add_revisions(case.opening, REVISIONS)
    return case


def addresses_of(case: Case) -> dict[str, str]:
    """Return the addresses of the case by name: of all routes that take one of its objects."""
    values = {
        "thread_id": case.thread.pk,
        "post_id": case.reply.pk,
        "ordinal": 0,
        "name": case.opening.author.username,
        "slug": case.thread.board.slug,
    }
    found = {}
    for names in ({"thread_id"}, {"post_id"}, {"post_id", "ordinal"}, {"name"}, {"slug"}):
        for route in routes_with(names):
            found[route] = reverse(route, kwargs={name: values[name] for name in names})
    for route in ("post-history", "post-quoted", "post-branch", "post-menu"):
        found[f"{route} of the opening post"] = reverse(route, args=[case.opening.pk])
    thread = case.thread.get_absolute_url()
    found |= {f"thread by {order}": f"{thread}?order={order}" for order in ("newest", "time")}
    found |= {
        "thread": thread,
        "thread at a post": f"{thread}?at=p{case.reply.pk}",
        "search": f"/search/?q=moss+author:{values['name']}",
    }
    return found


def cost_of(address: str, client: Client, times: int) -> Cost | None:
    """Return the cost of a page, the least of these times; None if it is no page for visitors."""
    seconds = []
    for _ in range(times):
        started_at = time.process_time()
        with CaptureQueriesContext(connection) as captured:
            response = client.get(address)
        seconds.append(time.process_time() - started_at)
        if response.status_code != 200:
            return None
    return Cost(len(captured), len(response.content), min(seconds))


def is_excessive(usual: Cost, extreme: Cost) -> bool:
    seconds = MAX_RATIO * max(usual.seconds, LEAST_SECONDS)
    return (
        extreme.queries > usual.queries + MORE_QUERIES
        or extreme.size > MAX_BYTES
        or extreme.seconds > seconds
    )


@pytest.mark.parametrize("kind", ["quoting", "inflated"])
def test_worst_case_costs_a_limited_multiple_of_an_ordinary_case(
    ordinary: Case, kind: str, request: pytest.FixtureRequest, visitor: Client
) -> None:
    usual, extreme = addresses_of(ordinary), addresses_of(request.getfixturevalue(kind))
    tried, excesses = set(), {}
    for name, address in usual.items():
        before, after = cost_of(address, visitor, 2), cost_of(extreme[name], visitor, 1)
        if before is None or after is None:  # nothing that visitors can see
            continue
        tried.add(name)
        if is_excessive(before, after):
            after = cost_of(extreme[name], visitor, 2)
            assert after
            if is_excessive(before, after):
                excesses[name] = (before, after)
    assert not excesses
    assert {"thread", "post-history", "post-branch", "person-detail", "board-detail"} <= tried


def test_text_that_becomes_too_much_html_is_refused_and_shown_again(
    as_alice: Client, opening: Post
) -> None:
    text = "> a\n\nb\n\n" * 2_000
    for form in ({"source": text}, {"source": text, "do": "preview"}):
        response = as_alice.post(f"/p/{opening.pk}/reply/", form)
        assert response.status_code == 422
        page = Page(response)
        assert "Too much formatting" in page
        assert page.find("textarea").text.split() == text.split()
    assert not Post.objects.filter(parent=opening).exists()
