"""Warning, silencing, suspending: on the site or in a board, with an end, with their posts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.errors import NotAllowed, Suspended
from forum.models import ModerationAction, ModerationNotification, Post, Restriction, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.silencing import lift_silence, silence_person
from forum.moderation.actions.suspensions import lift_suspension, suspend_person
from forum.moderation.actions.warnings import warn_person
from forum.moderation.undo import undo
from forum.permissions import can_delete, can_edit, can_reply, can_start_thread
from tests.html import Page, press, press_in

WHY = {"reason": "one quarrel after the other"}


def yesterday():
    return (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def fresh(person):
    return User.objects.get(pk=person.pk)


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def slate(elsewhere, bob):
    """A thread in another board."""
    return start_thread(elsewhere, author=bob, title="Slate", source="Slate?")


def test_silenced_member_writes_nothing_new_but_keeps_their_own(reply, thread, bob, carol):
    silence_person(bob, actor=carol, **WHY)
    bob = fresh(bob)
    assert isinstance(can_reply(bob, thread).error, Suspended)
    assert not can_start_thread(bob, thread.board)
    edit_post(reply, actor=bob, source="Only the wet ones.")
    assert can_delete(bob, reply)
    with pytest.raises(Suspended):
        reply_to(reply, author=bob, source="One more.")
    lift_silence(bob, actor=carol, reason="calm again")
    assert can_reply(fresh(bob), thread)


def test_suspended_from_a_board_one_writes_elsewhere(reply, thread, slate, bob, carol):
    suspend_person(bob, board=thread.board, actor=carol, **WHY)
    bob = fresh(bob)
    assert not can_reply(bob, thread)
    assert not can_edit(bob, reply)
    assert not can_delete(bob, reply)
    assert can_reply(bob, slate)
    assert not bob.is_suspended
    page = logged_in(bob).get(reverse("post-reply", args=[reply.pk]))
    assert page.status_code == 403
    assert WHY["reason"] in page.content.decode()
    lift_suspension(bob, board=thread.board, actor=carol, reason="calm again")
    assert can_edit(fresh(bob), reply)


def test_it_ends_by_itself(thread, bob, carol):
    until = timezone.now() + timedelta(hours=1)
    for sanction in (silence_person, suspend_person):
        sanction(bob, board=thread.board, until=until, actor=carol, **WHY)
    assert not can_reply(fresh(bob), thread)
    Restriction.objects.update(until=timezone.now() - timedelta(minutes=1))
    assert can_reply(fresh(bob), thread)
    again = silence_person(bob, board=thread.board, actor=carol, reason="once more")
    assert again.reason == "once more"


def test_board_moderators_do_it_in_their_board_only(thread, elsewhere, bob, frank, erin, carol):
    silence_person(bob, board=thread.board, actor=frank, **WHY)
    for board in (elsewhere, None):
        with pytest.raises(NotAllowed):
            silence_person(bob, board=board, actor=frank, **WHY)
    for person in (carol, erin, frank):
        with pytest.raises(NotAllowed):
            suspend_person(person, board=thread.board, actor=frank, **WHY)
    assert ModerationAction.objects.count() == 1
    sent = logged_in(frank).post(reverse("person-suspend", args=["bob"]), WHY)
    assert sent.status_code == 403
    form = WHY | {"board": thread.board_id}
    sent = logged_in(frank).post(reverse("person-suspend", args=["bob"]), form)
    assert sent.status_code == 303


def test_their_posts_since_a_day_go_in_the_same_record_and_come_back_with_it(
    opening, reply, slate, alice, bob, carol
):
    old = reply_to(opening, author=bob, source="Long ago.")
    Post.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=9))
    rude = reply_to(opening, author=bob, source="Rude.")
    hide_post(rude, actor=carol, reason="rude")
    gone = reply_to(opening, author=bob, source="Gone.")
    delete_post(gone, actor=bob)
    count = ModerationAction.objects.count()
    since = timezone.now() - timedelta(days=1)
    action = suspend_person(bob, since=since, actor=carol, **WHY)
    assert ModerationAction.objects.count() == count + 1
    hidden = set(Post.objects.filter(hidden_action=action))
    assert hidden == {reply, slate.last_post}
    undo(action, actor=carol, reason="the wrong bob")
    assert not fresh(bob).is_suspended
    assert set(Post.objects.exclude(hidden_at=None)) == {rude}


@pytest.mark.parametrize(
    ("name", "button"), [("person-suspend", "Suspend"), ("person-silence", "Silence")]
)
def test_preview_button_counts_the_posts_and_does_nothing(as_carol, reply, slate, name, button):
    page = reverse(name, args=["bob"])
    counted = press(as_carol, page, "Preview", **WHY, since=yesterday())
    assert counted.status_code == 200
    assert "This also hides 2 posts." in counted.content.decode()
    counted = press_in(as_carol, counted, "Preview", board=slate.board_id)
    assert "This also hides 1 post." in counted.content.decode()
    assert not ModerationAction.objects.exists()
    done = press_in(as_carol, counted, button)  # what was typed before is still in the page
    entry = ModerationAction.objects.get()
    assert entry.reason == WHY["reason"]
    assert "1 more post was hidden." in str(*get_messages(done.wsgi_request))


def test_suspension_that_hides_nothing_speaks_of_no_posts(as_carol, reply, slate):
    done = press(as_carol, reverse("person-suspend", args=["bob"]), "Suspend", **WHY)
    assert "hidden" not in str(*get_messages(done.wsgi_request))


def test_preview_button_is_only_there_where_posts_can_be_counted(as_carol, reply):
    for page in (reverse("post-hide", args=[reply.pk]), reverse("person-warn", args=["bob"])):
        assert not any("Preview" in form.buttons for form in Page(as_carol.get(page)).forms)


def test_moderator_of_a_board_warns_for_what_is_written_there(frank, bob, board):
    client = logged_in(frank)
    page = reverse("person-warn", args=["bob"])
    assert client.post(page, WHY).status_code == 403  # not for the whole site
    assert client.post(page, WHY | {"board": board.pk}).status_code == 303
    assert ModerationAction.objects.get().board == board
    assert ModerationNotification.objects.get().member == bob


def test_a_warning_is_told_to_the_member_alone_and_once(as_carol, visitor, bob, carol):
    for _twice in range(2):
        assert as_carol.post(reverse("person-warn", args=["bob"]), WHY).status_code == 303
    action = ModerationAction.objects.get()
    assert ModerationNotification.objects.get().member == bob
    assert WHY["reason"] in logged_in(bob).get(reverse("inbox")).content.decode()
    assert visitor.get(action.get_absolute_url()).status_code == 404
    assert WHY["reason"] not in visitor.get(reverse("log")).content.decode()
    assert logged_in(bob).get(action.get_absolute_url()).status_code == 200
    assert logged_in(bob).get(reverse("log-appeal", args=[action.pk])).status_code == 200
    warn_person(bob, actor=carol, reason="and for that")
    assert ModerationAction.objects.count() == 2
