"""Warning, silencing and suspending: site-wide or in a board, with an end, with hiding of posts."""

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

REASON = {"reason": "one quarrel after the other"}


def yesterday():
    return (timezone.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")


def fresh(person):
    return User.objects.get(pk=person.pk)


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def slate(other_board, bob):
    """Return a thread in another board."""
    return start_thread(other_board, author=bob, title="Slate", source="Slate?")


def test_silenced_member_cannot_post_but_can_edit_their_own_posts(reply, thread, bob, carol):
    silence_person(bob, actor=carol, **REASON)
    bob = fresh(bob)
    assert isinstance(can_reply(bob, thread).error, Suspended)
    assert not can_start_thread(bob, thread.board)
    edit_post(reply, actor=bob, source="Only the wet ones.")
    assert can_delete(bob, reply)
    with pytest.raises(Suspended):
        reply_to(reply, author=bob, source="One more.")
    lift_silence(bob, actor=carol, reason="calm again")
    assert can_reply(fresh(bob), thread)


def test_member_suspended_from_a_board_can_post_in_other_boards(reply, thread, slate, bob, carol):
    suspend_person(bob, board=thread.board, actor=carol, **REASON)
    bob = fresh(bob)
    assert not can_reply(bob, thread)
    assert not can_edit(bob, reply)
    assert not can_delete(bob, reply)
    assert can_reply(bob, slate)
    assert not bob.is_suspended
    page = logged_in(bob).get(reverse("post-reply", args=[reply.pk]))
    assert page.status_code == 403
    assert REASON["reason"] in page.content.decode()
    lift_suspension(bob, board=thread.board, actor=carol, reason="calm again")
    assert can_edit(fresh(bob), reply)


def test_sanctions_end_at_their_time_limit(thread, bob, carol):
    until = timezone.now() + timedelta(hours=1)
    for sanction in (silence_person, suspend_person):
        sanction(bob, board=thread.board, until=until, actor=carol, **REASON)
    assert not can_reply(fresh(bob), thread)
    Restriction.objects.update(until=timezone.now() - timedelta(minutes=1))
    assert can_reply(fresh(bob), thread)
    second_silence = silence_person(bob, board=thread.board, actor=carol, reason="once more")
    assert second_silence.reason == "once more"


def test_board_moderators_sanction_members_only_in_their_board(
    thread, other_board, bob, frank, erin, carol
):
    silence_person(bob, board=thread.board, actor=frank, **REASON)
    for board in (other_board, None):
        with pytest.raises(NotAllowed):
            silence_person(bob, board=board, actor=frank, **REASON)
    for person in (carol, erin, frank):
        with pytest.raises(NotAllowed):
            suspend_person(person, board=thread.board, actor=frank, **REASON)
    assert ModerationAction.objects.count() == 1
    response = logged_in(frank).post(reverse("person-suspend", args=["bob"]), REASON)
    assert response.status_code == 422  # no board: the form does not offer the whole site
    form = REASON | {"board": thread.board_id}
    response = logged_in(frank).post(reverse("person-suspend", args=["bob"]), form)
    assert response.status_code == 303


def test_suspension_hides_posts_since_a_time_and_undo_restores_them(
    opening, reply, slate, alice, bob, carol
):
    old_post = reply_to(opening, author=bob, source="Long ago.")
    Post.objects.filter(pk=old_post.pk).update(created_at=timezone.now() - timedelta(days=9))
    hidden_before = reply_to(opening, author=bob, source="Rude.")
    hide_post(hidden_before, actor=carol, reason="rude")
    deleted_post = reply_to(opening, author=bob, source="Gone.")
    delete_post(deleted_post, actor=bob)
    count = ModerationAction.objects.count()
    since = timezone.now() - timedelta(days=1)
    action = suspend_person(bob, since=since, actor=carol, **REASON)
    assert ModerationAction.objects.count() == count + 1
    hidden = set(Post.objects.filter(hidden_action=action))
    assert hidden == {reply, slate.last_post}
    undo(action, actor=carol, reason="the wrong bob")
    assert not fresh(bob).is_suspended
    assert set(Post.objects.exclude(hidden_at=None)) == {hidden_before}


@pytest.mark.parametrize(
    ("name", "button"), [("person-suspend", "Suspend"), ("person-silence", "Silence")]
)
def test_preview_button_counts_the_posts_and_changes_nothing(as_carol, reply, slate, name, button):
    page = reverse(name, args=["bob"])
    preview = press(as_carol, page, "Preview", **REASON, since=yesterday())
    assert preview.status_code == 200
    assert "Also affected: 2 posts, 1 thread." in preview.content.decode()
    preview = press_in(as_carol, preview, "Preview", board=slate.board_id)
    assert "Also affected: 1 post, 1 thread." in preview.content.decode()
    assert not ModerationAction.objects.exists()
    response = press_in(as_carol, preview, button)  # the page keeps the reason typed before
    entry = ModerationAction.objects.get()
    assert entry.reason == REASON["reason"]
    assert "1 post was hidden. 1 thread was removed." in str(*get_messages(response.wsgi_request))


def test_suspension_that_hides_nothing_does_not_mention_posts(as_carol, reply, slate):
    response = press(as_carol, reverse("person-suspend", args=["bob"]), "Suspend", **REASON)
    assert "hidden" not in str(*get_messages(response.wsgi_request))


def test_preview_button_is_only_on_forms_that_can_hide_posts(as_carol, reply):
    for page in (reverse("post-hide", args=[reply.pk]), reverse("person-warn", args=["bob"])):
        assert not any("Preview" in form.buttons for form in Page(as_carol.get(page)).forms)


def test_board_moderator_warns_only_for_their_board(frank, bob, board):
    client = logged_in(frank)
    page = reverse("person-warn", args=["bob"])
    assert client.post(page, REASON).status_code == 422  # site-wide
    assert client.post(page, REASON | {"board": board.pk}).status_code == 303
    assert ModerationAction.objects.get().board == board
    assert ModerationNotification.objects.get().member == bob


def test_warning_notifies_only_the_member_and_only_once(as_carol, visitor, bob, carol):
    for _twice in range(2):
        assert as_carol.post(reverse("person-warn", args=["bob"]), REASON).status_code == 303
    action = ModerationAction.objects.get()
    assert ModerationNotification.objects.get().member == bob
    assert REASON["reason"] in logged_in(bob).get(reverse("inbox")).content.decode()
    assert visitor.get(action.get_absolute_url()).status_code == 404
    assert REASON["reason"] not in visitor.get(reverse("log")).content.decode()
    assert logged_in(bob).get(action.get_absolute_url()).status_code == 200
    assert logged_in(bob).get(reverse("log-appeal", args=[action.pk])).status_code == 200
    warn_person(bob, actor=carol, reason="and for that")
    assert ModerationAction.objects.count() == 2
