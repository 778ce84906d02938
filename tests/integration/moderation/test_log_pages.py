"""The moderation log as readers see it: actions with reasons, without what only moderators see."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.log_entry_types import entry_types
from forum.models import Post
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.report_answers import dismiss_reports
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.undo import undo
from forum.views.log import LOG_ENTRIES_PER_PAGE
from tests.html import Page


def read_log(client, **query):
    response = client.get(reverse("log"), query)
    assert response.status_code == 200
    return response.content.decode()


@pytest.fixture
def entry(reply, carol):
    return hide_post(reply, actor=carol, reason="off the wall", note="third time")


def test_everybody_sees_the_action_its_place_and_its_reason(visitor, as_bob, entry, reply):
    for client in (visitor, as_bob):
        for page in (read_log(client), client.get(entry.get_absolute_url()).content.decode()):
            assert "hid a post" in page
            assert "off the wall" in page
            assert "Moss on the north wall" in page
            assert "Gardens" in page
            assert "third time" not in page
            assert "carol" not in page.replace("carol</bdi>", "")
            assert reply.source not in page
    assert reply.get_absolute_url() in page


def test_moderators_see_the_actor_and_an_undo_link(as_carol, visitor, entry):
    page = as_carol.get(entry.get_absolute_url()).content.decode()
    undo_page = reverse("log-undo", args=[entry.pk])
    assert "carol</b>" in page
    assert "third time" not in page, "the note is at the desk"
    assert undo_page in page
    assert undo_page not in visitor.get(entry.get_absolute_url()).content.decode()


def test_undone_entry_and_undo_entry_link_to_each_other(visitor, entry, carol):
    undo_entry = undo(entry, actor=carol, reason="a mistake").action
    assert undo_entry.get_absolute_url() in visitor.get(entry.get_absolute_url()).content.decode()
    assert entry.get_absolute_url() in visitor.get(undo_entry.get_absolute_url()).content.decode()


def test_suspension_names_the_member(visitor, alice, carol):
    suspend_person(alice, actor=carol, reason="spam")
    assert "alice" in read_log(visitor)


def test_answers_to_reports_are_visible_to_moderators_only(
    visitor, as_alice, as_carol, reply, alice, carol
):
    report_post(reply, actor=alice, reason="spam")
    action = dismiss_reports(reply, actor=carol, reason="it is not")
    for client in (visitor, as_alice):
        assert "it is not" not in read_log(client)
        assert client.get(action.get_absolute_url()).status_code == 404
    assert "it is not" in read_log(as_carol)


def test_actions_in_a_deleted_thread_are_visible_to_moderators_only(
    visitor, as_carol, board, alice, carol
):
    thread = start_thread(board, author=alice, title="A secret title", source="Gone soon.")
    action = lock_thread(thread, actor=carol, reason="a secret reason")
    delete_post(Post.objects.get(thread=thread), actor=alice)
    assert "secret" not in read_log(visitor)
    assert visitor.get(action.get_absolute_url()).status_code == 404
    assert "secret" in read_log(as_carol)


def test_log_is_filtered_by_board_and_action(visitor, entry, other_board, alice, carol):
    slate = start_thread(other_board, author=alice, title="Slate", source="Slate?")
    pin_thread(slate, actor=carol, reason="of use")
    assert "of use" not in read_log(visitor, board="gardens")
    assert "of use" in read_log(visitor, board="stones")
    assert "off the wall" not in read_log(visitor, act="pin-thread")
    for bad_value in ("nothing", "x" * 5000, "\x00"):
        assert "off the wall" in read_log(visitor, act=bad_value, board=bad_value)


def test_log_pages_skip_no_entries(visitor, opening, bob, carol):
    for n in range(LOG_ENTRIES_PER_PAGE + 3):
        hide_post(
            reply_to(opening, author=bob, source=f"Number {n}."), actor=carol, reason=f"reason-{n}-"
        )
    first = read_log(visitor)
    older = first.split("before=")[1].split('"')[0]
    second = read_log(visitor, before=older)
    shown = [
        n
        for n in range(LOG_ENTRIES_PER_PAGE + 3)
        for page in (first, second)
        if f"reason-{n}-" in page
    ]
    assert shown == list(range(LOG_ENTRIES_PER_PAGE + 3))
    assert visitor.get(reverse("log"), {"before": "p1"}).status_code == 404


def test_missing_entry_is_not_found(visitor, db):
    assert visitor.get("/log/999999/").status_code == 404


def test_filter_offers_only_what_its_reader_can_find(visitor, as_bob, as_carol):
    def offered(client):
        return {each.get("value") for each in Page(client.get("/log/")).find_all("select option")}

    assert "hide-post" in offered(visitor)
    private = {entry.name for entry in entry_types() if not entry.is_public}
    assert private
    assert not offered(visitor) & private
    assert not offered(as_bob) & private
    assert private <= offered(as_carol)
