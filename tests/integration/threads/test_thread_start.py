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
TEXT = "Ours are soft by February."


def submit(client: Client, board: Board, **data: Any) -> Any:
    return client.post(f"/b/{board.slug}/new/", {"title": TITLE, "source": TEXT} | data)


def test_thread_is_started(as_bob: Client, board: Board) -> None:
    response = submit(as_bob, board)
    thread = Thread.objects.get()
    post = Post.objects.get()
    assert response["Location"] == thread.get_absolute_url()
    assert (thread.title, thread.post_count, thread.last_post) == (TITLE, 1, post)
    assert (post.tree_id, post.level, post.number) == (thread.pk, 0, 1)
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert TITLE in page
    assert TEXT in page


def test_form_sent_twice_starts_one_thread(as_bob: Client, board: Board) -> None:
    nonce = str(uuid.uuid4())
    assert (
        submit(as_bob, board, nonce=nonce)["Location"]
        == submit(as_bob, board, nonce=nonce)["Location"]
    )
    assert Thread.objects.count() == 1


@pytest.mark.parametrize(
    ("title", "source"),
    [("", TEXT), ("\u200b", TEXT), ("x" * 121, TEXT), (TITLE, ""), (TITLE, "x" * 20_001)],
    ids=["no title", "blank title", "long title", "no text", "long text"],
)
def test_invalid_input_is_kept_in_the_form(
    as_bob: Client, board: Board, title: str, source: str
) -> None:
    response = submit(as_bob, board, title=title, source=source)
    page = Page(response)
    assert response.status_code == 422
    assert page.has('[role="alert"]')
    assert page.find('[name="title"]')["value"].strip() == title.strip()
    assert page.find("textarea").source.removeprefix("\n") == source
    assert not Thread.objects.exists()


def test_title_is_one_line_of_text(as_bob: Client, board: Board) -> None:
    submit(as_bob, board, title="<b>Apples</b>\r\nSubject: x  ")
    thread = Thread.objects.get()
    assert thread.title == "<b>Apples</b> Subject: x"
    page = Page(as_bob.get(thread.get_absolute_url()))
    assert "<b>Apples</b>" not in page.html
    assert "<b>Apples</b>" in page


@pytest.mark.parametrize("title", ["日本語の題", "؟", "!!!", "..."])
def test_any_title_has_a_working_address(as_bob: Client, board: Board, title: str) -> None:
    submit(as_bob, board, title=title)
    assert as_bob.get(Thread.objects.get().get_absolute_url()).status_code == 200


def test_visitor_is_redirected_to_the_login_page(visitor: Client, board: Board) -> None:
    response = visitor.get("/b/gardens/new/")
    assert response["Location"] == "/accounts/login/?next=/b/gardens/new/"


def test_title_and_text_stay_in_the_form_after_logging_out(visitor: Client, board: Board) -> None:
    response = submit(visitor, board)
    assert response.status_code == 401
    page = Page(response)
    assert page.find('[name="title"]')["value"] == TITLE
    assert page.find("textarea").text == TEXT


def test_suspended_member_cannot_start_a_thread(as_dan: Client, board: Board) -> None:
    response = submit(as_dan, board)
    assert response.status_code == 403
    assert TEXT in Page(response)
    assert not Thread.objects.exists()


def test_closed_board_accepts_no_threads(as_bob: Client, board: Board) -> None:
    board.closed_at = timezone.now()
    board.save()
    assert as_bob.get("/b/gardens/new/").status_code == 423
    assert submit(as_bob, board).status_code == 423
    assert not Thread.objects.exists()


def test_preview_does_not_start_a_thread(as_bob: Client, board: Board) -> None:
    response = submit(as_bob, board, source="**soft**", do="preview")
    page = Page(response)
    assert page.texts("strong") == ["soft"]
    assert page.find('[name="title"]')["value"] == TITLE
    assert not Thread.objects.exists()


def test_unknown_board_returns_404(as_bob: Client, db: None) -> None:
    assert as_bob.post("/b/nowhere/new/", {"title": TITLE}).status_code == 404


def test_more_threads_than_the_limit_are_rejected(as_bob: Client, board: Board) -> None:
    statuses = [submit(as_bob, board, title=f"Thread {n}").status_code for n in range(4)]
    assert statuses == [302, 302, 302, 429]


@pytest.mark.parametrize(
    ("sent", "field"), [({"title": " "}, "title"), ({"source": " "}, "source")]
)
def test_rejected_form_marks_the_invalid_field(
    as_bob: Client, board: Board, sent: dict[str, str], field: str
) -> None:
    response = submit(as_bob, board, **sent)
    assert response.status_code == 422
    wrong = Page(response).find('[aria-invalid="true"]')
    assert wrong["name"] == field
    assert "data-focus" in wrong.attributes


@pytest.mark.parametrize("letter", ["🎉", "👍🏽", "👨‍👩‍👧", "🇩🇪", "क्षि", "e\u0301", "苔", "a"])
def test_title_has_as_many_characters_as_people_count(
    as_bob: Client, board: Board, letter: str
) -> None:
    form = Page(as_bob.get(f"/b/{board.slug}/new/")).find('[name="title"]')
    assert "maxlength" not in form.attributes, "browsers count differently"
    response = submit(as_bob, board, title=letter * 121)
    assert response.status_code == 422
    assert "at most 120 characters; this one has 121" in Page(response)
    assert submit(as_bob, board, title=letter * 120).status_code == 302
    assert Thread.objects.get().title == letter * 120


def test_title_of_endless_marks_is_rejected(as_bob: Client, board: Board) -> None:
    response = submit(as_bob, board, title="a" + "\u0301" * 1000)
    assert response.status_code == 422
    assert "at most 120 characters; this one has 1001" in Page(response)
