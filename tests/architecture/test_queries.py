"""The cost of a request: a fixed number of queries, none from a template, and few files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import FrameType
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.template import Context, Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.markup.rendered_post import render
from forum.models import Board, Category, Ignore, ModerationAction, Post, RateLimit, Role, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.undo import undo

FEW, MANY = 1, 12

# Savepoints and the statement timeout are not counted.
NOT_COUNTED = ("SAVEPOINT", "RELEASE", "ROLLBACK", "SELECT set_config", "BEGIN", "COMMIT")


def count_queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return sum(not query["sql"].startswith(NOT_COUNTED) for query in captured.captured_queries)


def add_to_front_page(board: Board, opening: Post, bob: User, count: int) -> str:
    before = Board.objects.count()
    for n in range(before, before + count):
        category = Category.objects.create(name=f"Shelf {n}")
        other = Board.objects.create(category=category, name=f"Board {n}", slug=f"board-{n}")
        add_threads(other, opening, bob, 2)
    return "/"


def add_threads(board: Board, opening: Post, bob: User, count: int) -> str:
    for n in range(count):
        thread = start_thread(board, author=bob, title=f"Thread {n}", source="So it begins.")
        reply_to(Post.objects.get(thread=thread), author=bob, source="And goes on.")
    return board.get_absolute_url()


def add_posts_of_member(board: Board, opening: Post, bob: User, count: int) -> str:
    for n in range(count):
        reply_to(opening, author=bob, source=f"Number {n}.")
    return bob.get_absolute_url()


def add_revisions(board: Board, opening: Post, bob: User, count: int) -> str:
    post = reply_to(opening, author=bob, source="> Does moss harm the bricks?\n\nNo.")
    reply_to(post, author=bob, source="An answer, so that edits are kept.")
    for n in range(count):
        edit_post(post, actor=bob, source=f"> Does moss harm the bricks?\n\nNo, for {n} reasons.")
    return f"/p/{post.pk}/history/"


def add_ancestors(board: Board, opening: Post, bob: User, count: int) -> str:
    post = opening
    for n in range(count):
        post = reply_to(post, author=bob, source=f"Number {n}, @alice and @bob.")
    return f"/p/{post.pk}/reply/"


def add_log_entries(board: Board, opening: Post, bob: User, count: int) -> str:
    carol = User.objects.filter(username="carol").first() or User.objects.create_user("carol")
    Role.objects.get_or_create(person=carol, board=None, kind=Role.Kind.MODERATOR)
    for n in range(count):
        post = reply_to(opening, author=bob, source=f"Number {n}.")
        hide_post(post, actor=carol, reason="Off the wall")
        undo(ModerationAction.objects.all()[0], actor=carol, reason="A mistake")
    return "/log/"


def add_notifications(board: Board, opening: Post, bob: User, count: int) -> str:
    for n in range(count):
        thread = start_thread(board, author=bob, title=f"Thread {n}", source="So, @alice?")
        reply_to(Post.objects.get(thread=thread), author=bob, source="What does @alice say?")
        reply_to(opening, author=bob, source="An answer.")
    return "/inbox/"


AddContent = Callable[[Board, Post, User, int], str]
# Number of queries for a visitor and for a member, including the session and the user.
PAGES: dict[str, tuple[AddContent, int | None, int]] = {
    "front page": (add_to_front_page, 3, 6),
    "board": (add_threads, 3, 6),
    "person": (add_posts_of_member, 4, 6),
    "inbox": (add_notifications, None, 6),
    "history": (add_revisions, 3, 5),
    "log": (add_log_entries, 3, 5),
    "reply": (add_ancestors, None, 7),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", PAGES)
def test_number_of_queries_does_not_grow_with_the_content(
    kind: str, board: Board, opening: Post, bob: User, visitor: Client, as_alice: Client
) -> None:
    add_content, for_visitors, for_members = PAGES[kind]
    empty = add_content(board, opening, bob, 0)
    count_queries(as_alice, empty)  # fills the caches of a new process
    counted = [
        (count_queries(visitor, empty) if for_visitors else None, count_queries(as_alice, empty))
    ]
    for count in (FEW, MANY):
        address = add_content(board, opening, bob, count)
        counted.append(
            (
                count_queries(visitor, address) if for_visitors else None,
                count_queries(as_alice, address),
            )
        )
    assert counted[1] == counted[2], "it grows"
    assert counted[2] == (for_visitors, for_members)


@pytest.mark.parametrize("address", ["/t/{thread}/map/", "/", "/inbox/", "thread", "search"])
def test_ignoring_fifty_people_takes_no_more_queries(
    board: Board, opening: Post, bob: User, alice: User, as_alice: Client, address: str
) -> None:
    add_ancestors(board, opening, bob, FEW)
    path = {
        "thread": opening.thread.get_absolute_url(),
        "search": "/search/?q=moss",
    }.get(address, address.format(thread=opening.thread_id))
    count_queries(as_alice, path)  # fills the caches of a new process
    before = count_queries(as_alice, path)
    crowd = User.objects.bulk_create(
        User(username=f"sparrow{n}", email=f"sparrow{n}@example.org") for n in range(49)
    )
    Ignore.objects.bulk_create(Ignore(member=alice, ignored=each) for each in (*crowd, bob))
    assert count_queries(as_alice, path) == before


# -- Writing --------------------------------------------------------------------------------------

HTMX = {"hx-request": "true"}
WORDS = "Only where they stay wet, and only in winter."
# Includes session, user and roles; statements of the transaction are not counted.
MAX_QUERIES = {
    "reply form": 7,
    "reply": 20,
    "reply, htmx": 25,
    "edit": 21,
    "thread": 16,
    "preview": 13,
    "autosave": 11,
}


class HiddenFields(HTMLParser):
    """The hidden fields of a composer, which a browser sends back."""

    def __init__(self, client: Client, address: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.feed(client.get(address).content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden" and attributes.get("name"):
            self.fields[attributes["name"]] = attributes.get("value") or ""


@pytest.mark.parametrize("what", MAX_QUERIES)
def test_writing_takes_the_expected_number_of_queries(
    what: str, board: Board, opening: Post, bob: User, as_bob: Client, settings: Any
) -> None:
    settings.NEW_MEMBER_POSTS = 1  # as in production, where the limits of new members are checked
    own_reply = reply_to(opening, author=bob, source="Not on mine.")
    own_reply.revisions.update(created_at=bob.date_joined - timedelta(days=1))
    address = {"edit": f"/p/{own_reply.pk}/edit/", "thread": f"/b/{board.slug}/new/"}.get(
        what, f"/p/{opening.pk}/reply/"
    )
    as_bob.get(address)  # fills the caches of a new process
    hidden = HiddenFields(as_bob, address).fields
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
    counted = [sql for sql in statements if not sql.startswith(NOT_COUNTED)]
    assert response.status_code in (200, 201, 302)
    assert len(counted) == MAX_QUERIES[what], "\n".join(counted)


def test_reply_with_mention_and_quote_takes_few_more_queries(
    opening: Post, bob: User, as_bob: Client, settings: Any
) -> None:
    settings.NEW_MEMBER_POSTS = 1
    reply_to(opening, author=bob, source="Not on mine.")
    address = f"/p/{opening.pk}/reply/"
    hidden = HiddenFields(as_bob, address).fields
    source = f"> {opening.source}\n\nNot on mine, @alice."
    with CaptureQueriesContext(connection) as captured:
        as_bob.post(address, hidden | {"source": source})
    statements = [query["sql"] for query in captured.captured_queries]
    assert sum(not sql.startswith(NOT_COUNTED) for sql in statements) <= 31
    assert not any("DELETE" in sql and "forum_draft" not in sql for sql in statements)


def test_reply_over_the_rate_limit_searches_no_quotes(
    opening: Post, bob: User, as_bob: Client
) -> None:
    address = f"/p/{opening.pk}/reply/"
    hidden = HiddenFields(as_bob, address).fields
    RateLimit.objects.create(key=f"posts:person:{bob.pk}", tokens=-1000, updated_at=timezone.now())
    source = "> Words that nobody said in this thread.\n\nNo."
    with CaptureQueriesContext(connection) as captured:
        response = as_bob.post(address, hidden | {"source": source}, headers=HTMX)
    assert response.status_code == 429
    assert not any("forum_revision" in query["sql"] for query in captured.captured_queries)


def test_reply_is_rendered_once(opening: Post, as_bob: Client) -> None:
    address = f"/p/{opening.pk}/reply/"
    hidden = HiddenFields(as_bob, address).fields
    rendered: list[str] = []

    def record_render(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code is render.__code__:
            rendered.append(frame.f_locals["source"])

    sys.setprofile(record_render)
    try:
        assert as_bob.post(address, hidden | {"source": WORDS}).status_code == 302
    finally:
        sys.setprofile(None)
    assert rendered == [WORDS]


# The most files that run for one request. Merge or leave out a stop before raising a number.
FILE_CEILINGS = {"reply": 30, "hide": 32, "undo": 29}
FORUM = str(Path(__file__).parents[2] / "forum")


@pytest.mark.parametrize("what", FILE_CEILINGS)
def test_request_runs_no_more_files_than_its_ceiling(
    what: str,
    reply: Post,
    as_bob: Client,
    carol: User,
    as_carol: Client,
    settings: Any,
) -> None:
    settings.NEW_MEMBER_POSTS = 1
    if what == "undo":
        hide_post(reply, actor=carol, reason="Off the wall")
    client, address, sent = {
        "reply": (as_bob, f"/p/{reply.parent_id}/reply/", {"source": WORDS, "nonce": str(uuid4())}),
        "hide": (as_carol, f"/p/{reply.pk}/hide/", {"reason": "Off the wall"}),
        "undo": (as_carol, f"/log/{newest_entry()}/undo/", {"reason": "A mistake"}),
    }[what]
    client.get(address)  # imports of a process that is new
    files: set[str] = set()

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(FORUM):
            files.add(frame.f_code.co_filename)

    sys.setprofile(note)
    try:
        response = client.post(address, sent)
    finally:
        sys.setprofile(None)
    assert response.status_code in (302, 303)
    assert len(files) <= FILE_CEILINGS[what], "\n".join(sorted(files))


def newest_entry() -> int | None:
    return ModerationAction.objects.values_list("pk", flat=True).first()


# -- Templates ------------------------------------------------------------------------------------


# Django's test runner replaces the first function by the second.
RENDERING = {"_render", "instrumented_test_render"}


def current_template() -> str | None:
    """Return the name of the template that is being rendered, but not while its context is made."""
    frame = sys._getframe()
    while frame is not None:
        code = frame.f_code
        if code.co_filename.endswith("django/template/context.py"):
            return None
        if code.co_name in RENDERING:
            return str(frame.f_locals["self"].name)
        frame = frame.f_back  # type: ignore[assignment]
    return None


def test_check_finds_queries_of_a_template(board: Board) -> None:
    templates: list[str | None] = []

    def record_query(execute: Any, *args: Any) -> Any:
        templates.append(current_template())
        return execute(*args)

    template = Template("{% for board in boards %}{{ board }}{% endfor %}", name="lazy")
    with connection.execute_wrapper(record_query):
        Board.objects.count()
        template.render(Context({"boards": Board.objects.all()}))
    assert templates == [None, "lazy"]
