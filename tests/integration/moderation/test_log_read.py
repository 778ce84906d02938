"""The moderation log as everybody reads it: what and why, and nothing that is not for them."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.models import Post
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.report_answers import dismiss_reports
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.undo import undo
from forum.views.log import LOG_ENTRIES_PER_PAGE


def read(client, **query):
    answer = client.get(reverse("log"), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def entry(reply, carol):
    return hide_post(reply, actor=carol, reason="off the wall", note="third time")


def test_everybody_reads_what_was_done_where_and_why(visitor, as_bob, entry, reply):
    for client in (visitor, as_bob):
        for page in (read(client), client.get(entry.get_absolute_url()).content.decode()):
            assert "hid a post" in page
            assert "off the wall" in page
            assert "Moss on the north wall" in page
            assert "Gardens" in page
            assert "third time" not in page
            assert "carol" not in page.replace("carol</bdi>", "")
            assert reply.source not in page
    assert reply.get_absolute_url() in page


def test_moderators_read_who_did_it_and_undo_from_there(as_carol, visitor, entry):
    page = as_carol.get(entry.get_absolute_url()).content.decode()
    undo_page = reverse("log-undo", args=[entry.pk])
    assert "carol</b>" in page
    assert "third time" not in page, "the note is at the desk"
    assert undo_page in page
    assert undo_page not in visitor.get(entry.get_absolute_url()).content.decode()


def test_an_entry_says_that_it_was_taken_back_and_by_which(visitor, entry, carol):
    back = undo(entry, actor=carol, reason="a mistake").action
    assert back.get_absolute_url() in visitor.get(entry.get_absolute_url()).content.decode()
    assert entry.get_absolute_url() in visitor.get(back.get_absolute_url()).content.decode()


def test_a_suspension_names_the_member(visitor, alice, carol):
    suspend_person(alice, actor=carol, reason="spam")
    assert "alice" in read(visitor)


def test_answers_to_reports_are_for_moderators(visitor, as_alice, as_carol, reply, alice, carol):
    report_post(reply, actor=alice, reason="spam")
    action = dismiss_reports(reply, actor=carol, reason="it is not")
    for client in (visitor, as_alice):
        assert "it is not" not in read(client)
        assert client.get(action.get_absolute_url()).status_code == 404
    assert "it is not" in read(as_carol)


def test_what_was_done_in_a_deleted_thread_is_not_told(visitor, as_carol, board, alice, carol):
    thread = start_thread(board, author=alice, title="A secret title", source="Gone soon.")
    action = lock_thread(thread, actor=carol, reason="a secret reason")
    delete_post(Post.objects.get(thread=thread), actor=alice)
    assert "secret" not in read(visitor)
    assert visitor.get(action.get_absolute_url()).status_code == 404
    assert "secret" in read(as_carol)


def test_filtered_by_board_and_act(visitor, entry, elsewhere, alice, carol):
    slate = start_thread(elsewhere, author=alice, title="Slate", source="Slate?")
    pin_thread(slate, actor=carol, reason="of use")
    assert "of use" not in read(visitor, board="gardens")
    assert "of use" in read(visitor, board="stones")
    assert "off the wall" not in read(visitor, act="pin-thread")
    for odd in ("nothing", "x" * 5000, "\x00"):
        assert "off the wall" in read(visitor, act=odd, board=odd)


def test_paged_without_skipping(visitor, opening, bob, carol):
    for n in range(LOG_ENTRIES_PER_PAGE + 3):
        hide_post(
            reply_to(opening, author=bob, source=f"Number {n}."), actor=carol, reason=f"reason-{n}-"
        )
    first = read(visitor)
    older = first.split("before=")[1].split('"')[0]
    second = read(visitor, before=older)
    shown = [
        n
        for n in range(LOG_ENTRIES_PER_PAGE + 3)
        for page in (first, second)
        if f"reason-{n}-" in page
    ]
    assert shown == list(range(LOG_ENTRIES_PER_PAGE + 3))
    assert visitor.get(reverse("log"), {"before": "p1"}).status_code == 404


def test_what_is_not_there_is_not_found(visitor, db):
    assert visitor.get("/log/999999/").status_code == 404
