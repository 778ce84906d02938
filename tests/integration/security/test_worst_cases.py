"""The most that a member can make a request cost, compared with an ordinary one, at any address.

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
from tests.scene import undone

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

STARTED_AT = datetime(2026, 11, 1, tzinfo=UTC)
POSTS = 200  # a full page
REVISIONS = 300
MAX_BYTES = MAX_PAGE_BYTES + 1_000_000  # the page, and everything around its posts
# Much more text than usual takes longer, but no page takes minutes, or seconds per post.
MAX_RATIO = 25
MORE_QUERIES = 1  # mentions are fetched where a post has some
MORE_QUERIES_OF_FORMS = 8  # they are found, stored and notified as well
LEAST_SECONDS = 0.04  # of what takes less, the machine decides
MENTIONS = " ".join(f"@member{n}" for n in range(50))


@dataclass(frozen=True)
class Case:
    thread: Thread
    opening: Post
    reply: Post
    source: str  # what its author writes, too

    @property
    def author(self) -> Client:
        client = Client()
        client.force_login(self.opening.author)
        return client


@dataclass(frozen=True)
class Cost:
    status: int
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
    return Case(thread, found[0], found[-1], reply)


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


def forms_of(case: Case) -> dict[str, tuple[str, dict[str, str]]]:
    """Return addresses and forms by name: all routes of a thread and a post take one.

    Where a route is not named here, its form is empty.
    """
    opening, reply = case.opening.pk, case.reply.pk
    post_forms = {
        "post-edit": {"source": case.source},
        "post-report": {"kind": "other", "note": case.source[:500]},
    }
    found = {
        route: (reverse(route, args=[reply]), post_forms.get(route, {}))
        for route in routes_with({"post_id"})
    }
    numbers = ",".join(map(str, range(1, POSTS, 2)))  # as many runs as there can be
    thread_forms = {"thread-seen": {"numbers": numbers}}
    found |= {
        route: (reverse(route, args=[case.thread.pk]), thread_forms.get(route, {}))
        for route in routes_with({"thread_id"})
    }
    reply_path = reverse("post-reply", args=[opening])
    for button in ("post", "preview", "save"):
        found[f"reply, {button}"] = (reply_path, {"source": case.source, "do": button})
    board = reverse("thread-start", args=[case.thread.board.slug])
    for button in ("post", "preview"):
        form = {"title": case.thread.title, "source": case.source, "do": button}
        found[f"thread, {button}"] = (board, form)
    return found


def cost_of(address: str, client: Client, times: int, form: dict[str, str] | None = None) -> Cost:
    """Return the cost of a page or of sending a form, which is undone; the least of these times."""
    seconds = []
    for _ in range(times):
        with undone(), CaptureQueriesContext(connection) as captured:
            started_at = time.process_time()
            response = client.get(address) if form is None else client.post(address, form)
            seconds.append(time.process_time() - started_at)
    return Cost(response.status_code, len(captured), len(response.content), min(seconds))


def is_excessive(usual: Cost, extreme: Cost, more_queries: int = MORE_QUERIES) -> bool:
    seconds = MAX_RATIO * max(usual.seconds, LEAST_SECONDS)
    return (
        extreme.queries > usual.queries + more_queries
        or extreme.size > MAX_BYTES
        or extreme.seconds > seconds
    )


@pytest.mark.parametrize("reader", ["visitor", "author"])
@pytest.mark.parametrize("kind", ["quoting", "inflated"])
def test_worst_case_costs_a_limited_multiple_of_an_ordinary_case(
    ordinary: Case, kind: str, reader: str, request: pytest.FixtureRequest, visitor: Client
) -> None:
    worst: Case = request.getfixturevalue(kind)
    usual, extreme = addresses_of(ordinary), addresses_of(worst)
    is_visitor = reader == "visitor"
    first, second = (visitor, visitor) if is_visitor else (ordinary.author, worst.author)
    tried, excesses = set(), {}
    for name, address in usual.items():
        before, after = cost_of(address, first, 2), cost_of(extreme[name], second, 1)
        if {before.status, after.status} != {200}:  # nothing that they can see
            continue
        tried.add(name)
        if is_excessive(before, after):
            after = cost_of(extreme[name], second, 2)
            if is_excessive(before, after):
                excesses[name] = (before, after)
    assert not excesses
    assert {"thread", "post-history", "post-branch", "person-detail", "board-detail"} <= tried
    assert is_visitor or {"post-reply", "post-edit", "post-menu"} <= tried


@pytest.mark.parametrize("kind", ["quoting", "inflated"])
def test_sending_the_worst_form_costs_a_limited_multiple_of_an_ordinary_one(
    ordinary: Case, kind: str, request: pytest.FixtureRequest
) -> None:
    worst: Case = request.getfixturevalue(kind)
    usual, extreme = forms_of(ordinary), forms_of(worst)
    first, second = ordinary.author, worst.author
    accepted, excesses = set(), {}
    for name, (address, form) in usual.items():
        worst_address, worst_form = extreme[name]
        before = cost_of(address, first, 2, form)
        after = cost_of(worst_address, second, 2, worst_form)
        assert max(before.status, after.status) < 500, name
        if before.status in (200, 204, 302) and before.status == after.status:
            accepted.add(name)
        if is_excessive(before, after, MORE_QUERIES_OF_FORMS):
            excesses[name] = (before, after)
    assert not excesses
    assert {"reply, post", "reply, preview", "thread, post", "post-edit", "thread-seen"} <= accepted


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
