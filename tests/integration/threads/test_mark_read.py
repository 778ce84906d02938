"""Threads never opened are unread; marking a board or all boards as read, and undoing that."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import edit_post, reply_to
from forum.actions.read_state import (
    mark_boards_read,
    mark_read_before,
    mark_revisions_read,
    mark_unread_from,
    undo_mark,
)
from forum.actions.threads import start_thread
from forum.models import Board, Category, Post, ReadMark, ReadState, Revision, Thread, User
from forum.models.read_state import read_state_of
from forum.queries.read_state import (
    count_unread,
    first_unread_unopened,
    unread_positions,
    unread_to,
)
from forum.queries.thread_lists import fetch_boards
from forum.queries.threads import with_read_state
from tests.concurrency import wait_until
from tests.conftest import person
from tests.html import Form, Page

LATER = timedelta(seconds=1)


def unread_in(client: Client, address: str = "/") -> dict[str, str]:
    """Return the titles of a list with the counts of unread posts beside them."""
    rows = Page(client.get(address)).find_all("ol.list li")
    links = {row.find("h2 a").text: row.find_all("a.unread-mark") for row in rows}
    return {title: found[0].text.split()[0] for title, found in links.items() if found}


def form_of(client: Client, address: str = "/", button: str = "Mark all read") -> Form:
    return Page(client.get(address)).form(button)


def send(client: Client, form: Form, **fields: str) -> HttpResponse:
    return client.post(form.action, form.fields | fields, follow=True)


def press_mark_read(client: Client, address: str = "/") -> Page:
    return Page(send(client, form_of(client, address)))


def press_undo(client: Client, page: Page) -> Page:
    return Page(send(client, page.form("Undo")))


def counts(client: Client) -> tuple[str, str]:
    """Return what the tab and the title say."""
    page = Page(client.get("/"))
    return page.find('nav.tabs a[href="/threads/unread/"]').text, page.title


@pytest.fixture
def roads(board: Board) -> Board:
    return Board.objects.create(category=board.category, name="Roads", slug="roads")


# -- Never opened ---------------------------------------------------------------------------------


def test_new_thread_is_unread_for_members_and_not_for_its_author(
    as_erin: Client, as_bob: Client, as_alice: Client, alice: User, reply: Post, visitor: Client
) -> None:
    assert unread_in(as_erin) == {"Moss on the north wall": "2"}
    assert unread_in(as_alice) == unread_in(as_bob) == {"Moss on the north wall": "1"}
    assert unread_in(visitor) == {}
    assert counts(as_erin) == ("Unread (1)", "(1) Threads · Plait")


def test_only_later_posts_are_unread_in_a_thread_older_than_the_member(
    opening: Post, alice: User, client: Client
) -> None:
    dora = person("dora")
    client.force_login(dora)
    assert unread_in(client) == {}
    reply = reply_to(opening, author=alice, source="Nobody knows?")
    assert unread_in(client) == {"Moss on the north wall": "1"}
    assert client.get(f"/t/{opening.thread_id}/next/")["Location"].endswith(f"#p{reply.pk}")


def test_imported_history_is_not_unread(as_bob: Client, board: Board, alice: User) -> None:
    posts = [ImportedPost(1, None, alice, "Words.", datetime(2020, 1, 1, tzinfo=UTC))]
    import_thread(board, title="Old", posts=posts)
    assert unread_in(as_bob) == {}


def test_unread_link_of_a_thread_never_opened_leads_to_its_beginning(
    as_bob: Client, opening: Post
) -> None:
    link = Page(as_bob.get("/")).find("a.unread-mark")["href"]
    assert as_bob.get(link)["Location"] == opening.thread.get_absolute_url()


def test_edit_of_a_thread_never_opened_makes_nothing_unread(
    opening: Post, alice: User, client: Client
) -> None:
    client.force_login(person("dora"))
    Revision.objects.update(created_at=timezone.now() - timedelta(days=1))
    edit_post(opening, actor=alice, source="Does moss harm old bricks?")
    assert unread_in(client) == {}


# -- Marking --------------------------------------------------------------------------------------


def test_marking_all_read_and_undoing_it_restores_every_count(
    as_erin: Client, erin: User, reply: Post, roads: Board, alice: User, carol: User
) -> None:
    mark_revisions_read(reply.thread, member=erin, numbers=[1])
    kerbs = start_thread(roads, author=alice, title="Kerbs", source="How high?")
    before = unread_in(as_erin)
    assert before == {"Kerbs": "1", "Moss on the north wall": "1"}
    page = press_mark_read(as_erin)
    assert unread_in(as_erin) == {}
    assert counts(as_erin) == ("Unread", "Threads · Plait")
    assert as_erin.get(f"/t/{reply.thread_id}/next/")["Location"].endswith(f"#p{reply.parent_id}")
    reply_to(Post.objects.get(thread=kerbs), author=carol, source="This high.")
    assert unread_in(as_erin) == {"Kerbs": "1"}
    press_undo(as_erin, page)
    assert unread_in(as_erin) == {"Kerbs": "2", "Moss on the north wall": "1"}
    assert not ReadMark.objects.exists()


def test_marking_a_board_leaves_other_boards_unread(
    as_bob: Client, opening: Post, roads: Board, alice: User
) -> None:
    start_thread(roads, author=alice, title="Kerbs", source="How high?")
    page = press_mark_read(as_bob, "/b/gardens/")
    assert page.find("h1").text == "Gardens"
    assert unread_in(as_bob) == {"Kerbs": "1"}


def test_marking_twice_with_one_page_can_still_be_undone(as_bob: Client, opening: Post) -> None:
    form = form_of(as_bob)
    send(as_bob, form)
    page = Page(send(as_bob, form))
    press_undo(as_bob, page)
    assert unread_in(as_bob) == {"Moss on the north wall": "1"}
    again = press_undo(as_bob, page)
    assert "This was already undone" in again.messages[0]


def test_undo_restores_the_mark_before(as_bob: Client, opening: Post, alice: User) -> None:
    first = press_mark_read(as_bob)
    reply_to(opening, author=alice, source="Nobody knows?")
    second = press_mark_read(as_bob)
    assert unread_in(as_bob) == {}
    press_undo(as_bob, second)
    assert unread_in(as_bob) == {"Moss on the north wall": "1"}
    again = press_undo(as_bob, first)
    assert "you marked threads as read again" in again.messages[0]
    assert unread_in(as_bob) == {"Moss on the north wall": "1"}


def test_page_marks_no_more_than_it_has_shown(as_bob: Client, opening: Post, alice: User) -> None:
    form = form_of(as_bob)
    reply_to(opening, author=alice, source="Nobody knows?")
    send(as_bob, form)
    assert unread_in(as_bob) == {"Moss on the north wall": "1"}


def test_older_page_does_not_unmark_what_a_newer_one_marked(
    as_bob: Client, opening: Post, alice: User
) -> None:
    older = form_of(as_bob)
    reply_to(opening, author=alice, source="Nobody knows?")
    press_mark_read(as_bob)
    send(as_bob, older)
    assert unread_in(as_bob) == {}


def test_edit_after_marking_is_unread_if_the_post_was_on_the_screen(
    reply: Post, alice: User, as_alice: Client
) -> None:
    mark_revisions_read(reply.thread, member=alice, numbers=[reply.number])
    mark_boards_read(
        [reply.thread.board], member=alice, newest_post=reply.pk, marked_at=timezone.now()
    )
    Revision.objects.update(created_at=timezone.now() - timedelta(days=1))
    edit_post(reply, actor=reply.author, source="Only where bricks stay wet.")
    assert unread_in(as_alice) == {"Moss on the north wall": "1"}
    mark_boards_read(
        [reply.thread.board], member=alice, newest_post=reply.pk, marked_at=timezone.now()
    )
    assert unread_in(as_alice) == {}


def test_posts_marked_unread_after_that_are_unread_until_marked_again(
    as_erin: Client, erin: User, reply: Post
) -> None:
    press_mark_read(as_erin)
    mark_unread_from(reply, member=erin)
    assert unread_in(as_erin) == {"Moss on the north wall": "1"}
    page = press_mark_read(as_erin)
    assert unread_in(as_erin) == {}
    press_undo(as_erin, page)
    assert unread_in(as_erin) == {"Moss on the north wall": "1"}


def test_posts_before_a_chosen_day_are_marked_read(
    board: Board, alice: User, bob: User, as_bob: Client
) -> None:
    now = timezone.now()
    User.objects.filter(pk=bob.pk).update(date_joined=now - timedelta(days=400))
    for days, title in ((300, "Old"), (10, "Recent")):
        posts = [ImportedPost(1, None, alice, "Words.", now - timedelta(days=days))]
        import_thread(board, title=title, posts=posts)
    assert unread_in(as_bob) == {"Recent": "1", "Old": "1"}
    day = (now - timedelta(days=30)).date().isoformat()
    page = Page(send(as_bob, form_of(as_bob, button="Mark read"), before=day))
    assert unread_in(as_bob) == {"Recent": "1"}
    press_undo(as_bob, page)
    assert unread_in(as_bob) == {"Recent": "1", "Old": "1"}


@pytest.mark.parametrize("day", ["", "2026-13-40", "yesterday", "0001-01-01"])
def test_day_that_is_none_is_refused_and_marks_nothing(
    as_bob: Client, opening: Post, day: str
) -> None:
    response = send(as_bob, form_of(as_bob, button="Mark read"), before=day)
    assert (response.status_code, day) in ((422, day), (200, "0001-01-01"))
    assert unread_in(as_bob) == {"Moss on the north wall": "1"}


@pytest.mark.parametrize("changed", [{"newest": "x"}, {"at": "9" * 18}, {"at": ""}, {"tab": "no"}])
def test_form_that_was_tampered_with_is_refused(
    as_bob: Client, opening: Post, changed: dict[str, str]
) -> None:
    assert send(as_bob, form_of(as_bob), **changed).status_code == 422
    assert not ReadMark.objects.exists()


def test_marks_are_of_one_member(as_bob: Client, as_erin: Client, opening: Post) -> None:
    press_undo(as_erin, press_mark_read(as_bob))
    assert unread_in(as_bob) == {}
    assert unread_in(as_erin) == {"Moss on the north wall": "1"}


def test_marking_writes_one_row_a_board(board: Board, alice: User, bob: User) -> None:
    for n in range(20):
        start_thread(board, author=alice, title=f"Thread {n}", source="Words.")
    mark_boards_read([board], member=bob, newest_post=2**60, marked_at=fetch_boards(bob).at + LATER)
    mark = ReadMark.objects.get()
    assert len(mark.posts) <= 1  # a range
    assert not ReadState.objects.exists()


# -- Counts agree with each other -----------------------------------------------------------------


def test_caught_up_thread_counts_again_after_every_kind_of_change(
    carol: User, as_carol: Client, reply: Post, alice: User, bob: User
) -> None:
    mark_revisions_read(reply.thread, member=carol, numbers=[1, 2])
    state = ReadState.objects.get()
    assert state.caught_up == Thread.objects.get().next_number
    own = reply_to(reply, author=carol, source="Hm.")
    assert ReadState.objects.get().caught_up == Thread.objects.get().next_number
    Revision.objects.update(created_at=timezone.now() - timedelta(days=1))
    edit_post(reply, actor=bob, source="Only where bricks stay wet.")
    assert unread_in(as_carol) == {"Moss on the north wall": "1"}
    reply_to(own, author=alice, source="Hm?")
    assert unread_in(as_carol) == {"Moss on the north wall": "2"}


def test_list_counts_and_thread_counts_agree_in_every_state(
    erin: User, reply: Post, alice: User, bob: User
) -> None:
    thread = reply.thread
    for n in range(5):
        reply_to(reply, author=(alice, bob)[n % 2], source=f"Number {n}.")
    steps: list[Callable[[], object]] = [
        lambda: mark_revisions_read(thread, member=erin, numbers=[1, 3]),
        lambda: mark_boards_read(
            [thread.board], member=erin, newest_post=reply.pk + 2, marked_at=timezone.now()
        ),
        lambda: mark_unread_from(Post.objects.get(pk=reply.pk + 1), member=erin),
        lambda: mark_boards_read(
            [thread.board], member=erin, newest_post=reply.pk + 3, marked_at=timezone.now()
        ),
        lambda: undo_mark(
            member=erin, marked_at=ReadMark.objects.values_list("marked_at", flat=True).get()
        ),
        lambda: mark_read_before(
            [thread.board], member=erin, day=timezone.now(), marked_at=timezone.now()
        ),
    ]
    assert Post.objects.filter(unread_to(erin)).count() == count_unread(thread, erin)
    for step in steps:
        step()
        fresh = with_read_state(Thread.objects.all(), erin).get()
        state = read_state_of(fresh, erin)
        assert state
        shown = Post.objects.filter(state.is_unread(), thread=thread).count()
        assert count_unread(thread, erin) == shown == len(unread_positions(erin, state))
        assert Post.objects.filter(unread_to(erin), thread=thread).count() == shown
        assert fetch_boards(erin).unread_in(None) == bool(shown)


# -- Concurrency ----------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_post_that_is_being_posted_while_everything_is_marked_stays_unread() -> None:
    category = Category.objects.create(name="Outdoors")
    board = Board.objects.create(category=category, name="Gardens", slug="gardens")
    alice, bob = person("alice"), person("bob")
    slow = start_thread(board, author=alice, title="Slow", source="Words.")
    other = start_thread(board, author=alice, title="Other", source="Words.")
    posted, marked = threading.Event(), threading.Event()

    def post_slowly() -> None:
        with transaction.atomic():
            reply_to(Post.objects.get(thread=slow), author=alice, source="Held up.")
            posted.set()
            marked.wait(20)
        connection.close()

    poster = threading.Thread(target=post_slowly)
    poster.start()
    wait_until(posted.is_set)
    last = reply_to(Post.objects.get(thread=other), author=alice, source="A later id.")
    mark_boards_read([board], member=bob, newest_post=last.pk, marked_at=timezone.now())
    marked.set()
    poster.join()
    assert Post.objects.get(source="Held up.").pk < last.pk
    assert count_unread(slow, bob) == 1
    assert first_unread_unopened(slow, bob) == Post.objects.get(source="Held up.")
    assert count_unread(other, bob) == 0
