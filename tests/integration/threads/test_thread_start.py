"""Starting a thread."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from forum.models import Board, Post, Thread
from tests.html import Page

TITLE = "Which apple keeps until May?"
WORDS = "Ours are soft by February."


def send(client: Client, board: Board, **data: Any) -> Any:
    return client.post(f"/b/{board.slug}/new/", {"title": TITLE, "source": WORDS} | data)


def test_thread_is_started(as_bob: Client, board: Board) -> None:
    response = send(as_bob, board)
    thread = Thread.objects.get()
    post = Post.objects.get()
    assert response["Location"] == thread.get_absolute_url()
    assert (thread.title, thread.post_count, thread.last_post) == (TITLE, 1, post)
    assert (post.tree_id, post.level, post.number) == (thread.pk, 0, 1)
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert TITLE in page
    assert WORDS in page


def test_pressed_twice_it_is_one_thread(as_bob: Client, board: Board) -> None:
    nonce = str(uuid.uuid4())
    assert (
        send(as_bob, board, nonce=nonce)["Location"] == send(as_bob, board, nonce=nonce)["Location"]
    )
    assert Thread.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "source"),
    [("", WORDS), ("\u200b", WORDS), ("x" * 121, WORDS), (TITLE, ""), (TITLE, "x" * 20_001)],
    ids=["no title", "blank title", "long title", "no text", "long text"],
)
def test_bad_input_comes_back_whole(as_bob: Client, board: Board, title: str, source: str) -> None:
    response = send(as_bob, board, title=title, source=source)
    page = Page(response)
    assert response.status_code == 422
    assert page.has('[role="alert"]')
    assert page.find('[name="title"]')["value"].strip() == title.strip()
    assert page.find("textarea").source.removeprefix("\n") == source
    assert not Thread.objects.exists()


def test_title_is_one_line_of_text(as_bob: Client, board: Board) -> None:
    send(as_bob, board, title="<b>Apples</b>\r\nSubject: x  ")
    thread = Thread.objects.get()
    assert thread.title == "<b>Apples</b> Subject: x"
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert "<b>Apples</b>" not in page.html
    assert "<b>Apples</b>" in page


@pytest.mark.parametrize("title", ["日本語の題", "؟", "!!!", "..."])
def test_any_title_has_an_address(as_bob: Client, board: Board, title: str) -> None:
    send(as_bob, board, title=title)
    assert as_bob.get(Thread.objects.get().get_absolute_url()).status_code == 200


def test_visitor_is_led_to_log_in(visitor: Client, board: Board) -> None:
    response = visitor.get("/b/gardens/new/")
    assert response["Location"] == "/accounts/login/?next=/b/gardens/new/"


def test_logged_out_meanwhile_title_and_text_stay_in_the_form(
    visitor: Client, board: Board
) -> None:
    response = send(visitor, board)
    assert response.status_code == 401
    page = Page(response)
    assert page.find('[name="title"]')["value"] == TITLE
    assert page.find("textarea").text == WORDS


def test_suspended_member_cannot_start(as_dan: Client, board: Board) -> None:
    response = send(as_dan, board)
    assert response.status_code == 403
    assert WORDS in Page(response)
    assert not Thread.objects.exists()


def test_closed_board_takes_no_threads(as_bob: Client, board: Board) -> None:
    board.closed_at = timezone.now()
    board.save()
    assert as_bob.get("/b/gardens/new/").status_code == 423
    assert send(as_bob, board).status_code == 423
    assert not Thread.objects.exists()


def test_preview_starts_nothing(as_bob: Client, board: Board) -> None:
    response = send(as_bob, board, source="**soft**", do="preview")
    page = Page(response)
    assert page.texts("strong") == ["soft"]
    assert page.find('[name="title"]')["value"] == TITLE
    assert not Thread.objects.exists()


def test_unknown_board_is_not_found(as_bob: Client, db: None) -> None:
    assert as_bob.post("/b/nowhere/new/", {"title": TITLE}).status_code == 404


def test_more_than_the_limit_at_once_is_too_fast(as_bob: Client, board: Board) -> None:
    statuses = [send(as_bob, board, title=f"Thread {n}").status_code for n in range(4)]
    assert statuses == [302, 302, 302, 429]


@pytest.mark.parametrize(
    ("sent", "field"), [({"title": " "}, "title"), ({"source": " "}, "source")]
)
def test_refused_form_marks_the_invalid_field(
    as_bob: Client, board: Board, sent: dict[str, str], field: str
) -> None:
    response = send(as_bob, board, **sent)
    assert response.status_code == 422
    wrong = Page(response).find('[aria-invalid="true"]')
    assert wrong["name"] == field
    assert "data-focus" in wrong.attributes
