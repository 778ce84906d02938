"""What a page asks of the database: a fixed number of queries, and none from a template."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from types import FrameType
from typing import Any

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.markup.render import render
from forum.models import Board, Category, ModerationAction, Post, RateLimit, Role, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.undo import undo
from tests.addresses import addresses
from tests.scene import Scene

FEW, MANY = 1, 12

# Savepoints and the statement's time limit are no questions.
NOT_ASKED = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config", "BEGIN", "COMMIT")


def asked(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(NOT_ASKED) for query in captured.captured_queries)


def grow_front(board: Board, opening: Post, bob: User, count: int) -> str:
    before = Board.objects.count()
    for n in range(before, before + count):
        shelf = Category.objects.create(name=f"Shelf {n}")
        other = Board.objects.create(category=shelf, name=f"Board {n}", slug=f"board-{n}")
        grow_board(other, opening, bob, 2)
    return "/"


def grow_board(board: Board, opening: Post, bob: User, count: int) -> str:
    for n in range(count):
        thread = start_thread(board, author=bob, title=f"Thread {n}", source="So it begins.")
        reply_to(Post.objects.get(thread=thread), author=bob, source="And goes on.")
    return board.get_absolute_url()


def grow_person(board: Board, opening: Post, bob: User, count: int) -> str:
    for n in range(count):
        reply_to(opening, author=bob, source=f"Number {n}.")
    return bob.get_absolute_url()


def grow_history(board: Board, opening: Post, bob: User, count: int) -> str:
    post = reply_to(opening, author=bob, source="> Does moss harm the bricks?\n\nNo.")
    reply_to(post, author=bob, source="An answer, so that edits are kept.")
    for n in range(count):
        edit_post(post, actor=bob, source=f"> Does moss harm the bricks?\n\nNo, for {n} reasons.")
    return f"/p/{post.pk}/history/"


def grow_reply(board: Board, opening: Post, bob: User, count: int) -> str:
    post = opening
    for n in range(count):
        post = reply_to(post, author=bob, source=f"Number {n}, @alice and @bob.")
    return f"/p/{post.pk}/reply/"


def grow_log(board: Board, opening: Post, bob: User, count: int) -> str:
    carol = User.objects.filter(username="carol").first() or User.objects.create_user("carol")
    Role.objects.get_or_create(person=carol, board=None, kind=Role.Kind.MODERATOR)
    for n in range(count):
        post = reply_to(opening, author=bob, source=f"Number {n}.")
        hide_post(post, actor=carol, reason="Off the wall")
        undo(ModerationAction.objects.all()[0], actor=carol, reason="A mistake")
    return "/log/"


def grow_inbox(board: Board, opening: Post, bob: User, count: int) -> str:
    for n in range(count):
        thread = start_thread(board, author=bob, title=f"Thread {n}", source="So, @alice?")
        reply_to(Post.objects.get(thread=thread), author=bob, source="What does @alice say?")
        reply_to(opening, author=bob, source="An answer.")
    return "/inbox/"


Grow = Callable[[Board, Post, User, int], str]
# So many for a visitor and for a member, the session and the person among them.
PAGES: dict[str, tuple[Grow, int | None, int]] = {
    "front page": (grow_front, 3, 7),
    "board": (grow_board, 2, 6),
    "person": (grow_person, 4, 7),
    "inbox": (grow_inbox, None, 5),
    "history": (grow_history, 3, 6),
    "log": (grow_log, 2, 5),
    "reply": (grow_reply, None, 8),
}


@pytest.mark.parametrize("kind", PAGES)
def test_page_asks_the_same_for_little_and_for_much(
    kind: str, board: Board, opening: Post, bob: User, visitor: Client, as_alice: Client
) -> None:
    grow, for_visitors, for_members = PAGES[kind]
    empty = grow(board, opening, bob, 0)
    asked(as_alice, empty)  # caches of a process that is new
    counted = [(asked(visitor, empty) if for_visitors else None, asked(as_alice, empty))]
    for count in (FEW, MANY):
        address = grow(board, opening, bob, count)
        counted.append(
            (asked(visitor, address) if for_visitors else None, asked(as_alice, address))
        )
    assert counted[1] == counted[2], "it grows"
    assert counted[2] == (for_visitors, for_members)


# -- What writing asks ----------------------------------------------------------------------------

HTMX = {"hx-request": "true"}
WORDS = "Only where they stay wet, and only in winter."
# Session, person and roles among them; statements of the transaction are not counted.
CEILINGS = {
    "reply form": 8,
    "reply": 20,
    "reply, htmx": 26,
    "edit": 23,
    "thread": 15,
    "preview": 14,
    "autosave": 12,
}


class Hidden(HTMLParser):
    """The hidden fields of a composer, as a browser sends them back."""

    def __init__(self, client: Client, address: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(client.get(address).content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = dict(attrs)
        if tag == "input" and known.get("type") == "hidden" and known.get("name"):
            self.fields[known["name"]] = known.get("value") or ""


@pytest.mark.parametrize("what", CEILINGS)
def test_writing_asks_no_more_than_its_ceiling(
    what: str, board: Board, opening: Post, bob: User, as_bob: Client, settings: Any
) -> None:
    settings.NEW_MEMBER_POSTS = 1  # as in production: whether somebody is new is asked
    mine = reply_to(opening, author=bob, source="Not on mine.")
    mine.revisions.update(created_at=bob.date_joined - timedelta(days=1))
    address = {"edit": f"/p/{mine.pk}/edit/", "thread": f"/b/{board.slug}/new/"}.get(
        what, f"/p/{opening.pk}/reply/"
    )
    as_bob.get(address)  # caches of a process that is new
    hidden = Hidden(as_bob, address).fields
    extra = {
        "thread": {"title": "Lichen"},
        "preview": {"do": "preview"},
        "autosave": {"do": "save", "autosave_seq": "1"},
    }.get(what, {})
    headers = HTMX if what in ("reply, htmx", "autosave") else None
    with CaptureQueriesContext(connection) as captured:
        if what == "reply form":
            response = as_bob.get(address)
        else:
            response = as_bob.post(address, hidden | extra | {"source": WORDS}, headers=headers)
    statements = [query["sql"] for query in captured.captured_queries]
    asked = [sql for sql in statements if not sql.startswith(NOT_ASKED)]
    assert response.status_code in (200, 201, 302)
    assert len(asked) == CEILINGS[what], "\n".join(asked)


def test_reply_with_mention_and_quote_asks_little_more(
    opening: Post, bob: User, as_bob: Client, settings: Any
) -> None:
    settings.NEW_MEMBER_POSTS = 1
    reply_to(opening, author=bob, source="Not on mine.")
    address = f"/p/{opening.pk}/reply/"
    hidden = Hidden(as_bob, address).fields
    source = f"> {opening.source}\n\nNot on mine, @alice."
    with CaptureQueriesContext(connection) as captured:
        as_bob.post(address, hidden | {"source": source})
    statements = [query["sql"] for query in captured.captured_queries]
    assert sum(not sql.startswith(NOT_ASKED) for sql in statements) <= 27
    assert not any("DELETE" in sql and "forum_draft" not in sql for sql in statements)


def test_reply_over_the_limit_searches_for_no_quotes(
    opening: Post, bob: User, as_bob: Client
) -> None:
    address = f"/p/{opening.pk}/reply/"
    hidden = Hidden(as_bob, address).fields
    RateLimit.objects.create(key=f"posts:person:{bob.pk}", tokens=-1000, updated_at=timezone.now())
    source = "> Words that nobody said in this thread.\n\nNo."
    with CaptureQueriesContext(connection) as captured:
        response = as_bob.post(address, hidden | {"source": source}, headers=HTMX)
    assert response.status_code == 429
    assert not any("forum_revision" in query["sql"] for query in captured.captured_queries)


def test_reply_is_rendered_once(opening: Post, as_bob: Client) -> None:
    address = f"/p/{opening.pk}/reply/"
    hidden = Hidden(as_bob, address).fields
    rendered: list[str] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is render.__code__:
            rendered.append(frame.f_locals["source"])

    sys.setprofile(note)
    try:
        assert as_bob.post(address, hidden | {"source": WORDS}).status_code == 302
    finally:
        sys.setprofile(None)
    assert rendered == [WORDS]


# -- Templates ask nothing ------------------------------------------------------------------------


# Django's test runner puts the second in the place of the first.
RENDERING = {"_render", "instrumented_test_render"}


def asked_by_a_template() -> str | None:
    """The template that is being rendered, if one is; its context was made before that."""
    frame = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if code.co_filename.endswith("django/template/context.py"):
            return None
        if code.co_name in RENDERING:
            return str(frame.f_locals["self"].name)
        frame = frame.f_back  # type: ignore[assignment]
    return None


def test_watch_sees_what_a_template_asks(board: Board) -> None:
    seen: list[str | None] = []

    def watch(execute: Any, *args: Any) -> Any:
        seen.append(asked_by_a_template())
        return execute(*args)

    template = Template("{% for board in boards %}{{ board }}{% endfor %}", name="lazy")
    with connection.execute_wrapper(watch):
        Board.objects.count()
        template.render(Context({"boards": Board.objects.all()}))
    assert seen == [None, "lazy"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["visitor", "mona"])
def test_templates_ask_nothing(scene: Scene, name: str) -> None:
    found: set[tuple[str, str, str]] = set()

    def watch(execute: Any, sql: str, *args: Any) -> Any:
        template = asked_by_a_template()
        if template:
            found.add((address, template, sql[:200]))
        return execute(sql, *args)

    client = scene.client(name)
    with connection.execute_wrapper(watch):
        for address in addresses(scene).values():
            client.get(address)
    assert found == set()
