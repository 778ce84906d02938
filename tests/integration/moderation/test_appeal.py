"""Appeals: a member appeals once, another moderator answers, and upholding undoes the action."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from forum.errors import NotAllowed
from forum.models import Appeal, ModerationAction, ModerationNotification, Post, Role, User
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.appeals import appeal_against, decline_appeal, uphold_appeal
from forum.moderation.undo import undo
from forum.queries.notification_counts import recount_unread_notifications

FORM = {"note": "It was a question, not an attack."}


@pytest.fixture
def action(reply, carol):
    """Return carol's action that hid bob's reply."""
    return hide_post(reply, actor=carol, reason="off the wall")


@pytest.fixture
def appeal(action, bob):
    return appeal_against(action, actor=bob, words=FORM["note"])


@pytest.fixture
def grace(db):
    """Return another moderator of the site."""
    grace = User.objects.create_user("grace")
    Role.objects.create(person=grace, kind=Role.Kind.MODERATOR)
    return grace


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


def answer_appeal(client, appeal, outcome, reason="as it says"):
    form = {"outcome": outcome, "reason": reason}
    return client.post(reverse("appeal-answer", args=[appeal.pk]), form)


def test_author_of_hidden_post_sees_its_text_the_reason_and_an_appeal_link(
    as_bob, visitor, reply, action
):
    page = as_bob.get(reply.thread.get_absolute_url()).content.decode()
    assert reply.source in page
    assert reverse("log-appeal", args=[action.pk]) in page
    assert "appeal" not in visitor.get(reply.thread.get_absolute_url()).content.decode()


def test_inbox_shows_and_counts_the_notification_of_the_author(as_bob, bob, reply, action):
    page = as_bob.get(reverse("inbox")).content.decode()
    assert "Your post was hidden." in page
    assert "off the wall" in page
    assert reply.source in page
    assert "carol" not in page
    assert recount_unread_notifications(bob) == 1
    notification = ModerationNotification.objects.get()
    address = reverse("inbox-moderation")
    assert (
        as_bob.post(address, {"moderation_notification": notification.pk, "do": "read"}).status_code
        == 302
    )
    assert recount_unread_notifications(bob) == 0
    assert "was hidden" not in as_bob.get(reverse("inbox")).content.decode()
    assert "was hidden" in as_bob.get(reverse("inbox-moderation")).content.decode()
    as_bob.post(address, {"moderation_notification": notification.pk, "do": "unread"})
    assert recount_unread_notifications(bob) == 1


def test_members_cannot_mark_notifications_of_others(as_alice, action):
    notification = ModerationNotification.objects.get()
    as_alice.post(
        reverse("inbox-moderation"), {"moderation_notification": notification.pk, "do": "read"}
    )
    notification.refresh_from_db()
    assert notification.read_at is None
    for bad_pk in ("", "x", "9" * 40, "-1"):
        assert (
            as_alice.post(
                reverse("inbox-moderation"), {"moderation_notification": bad_pk, "do": "read"}
            ).status_code
            == 302
        )


def test_member_appeals_only_once(as_bob, action):
    address = reverse("log-appeal", args=[action.pk])
    assert as_bob.get(address).status_code == 200
    for _twice in range(2):
        response = as_bob.post(address, FORM)
    assert response.status_code in (200, 303)
    assert Appeal.objects.get().words == FORM["note"]
    assert "A moderator will review it" in as_bob.get(address).content.decode()


def test_empty_or_long_appeal_is_rejected_and_its_text_kept(as_bob, action):
    address = reverse("log-appeal", args=[action.pk])
    for words in ("", " \u200b ", "x" * 2001):
        assert as_bob.post(address, {"note": words}).status_code == 422
    assert "xxxx" in as_bob.post(address, {"note": "x" * 2001}).content.decode()
    assert not Appeal.objects.exists()


def test_only_members_concerned_can_appeal_and_only_against_some_actions(
    visitor, as_alice, as_carol, as_bob, thread, action, bob, carol
):
    address = reverse("log-appeal", args=[action.pk])
    assert visitor.get(address).status_code == 302
    for client in (as_alice, as_carol):
        assert client.get(address).status_code == 404
        assert client.post(address, FORM).status_code == 404
    undo_action = unhide_post(Post.objects.get(author=bob), actor=carol, reason="a mistake")
    with pytest.raises(NotAllowed):
        appeal_against(undo_action, actor=bob, words="Thank you.")
    assert as_bob.post(address, FORM).status_code == 403, "taken back already"
    pin_action = pin_thread(thread, actor=carol, reason="of use")
    assert as_alice.get(reverse("log-appeal", args=[pin_action.pk])).status_code == 403
    assert not Appeal.objects.exists()


def test_suspended_member_can_appeal(as_bob, bob, carol):
    action = suspend_person(bob, actor=carol, reason="spam")
    address = reverse("log-appeal", args=[action.pk])
    assert as_bob.post(address, FORM).status_code == 303


def test_upheld_appeal_undoes_the_action_and_notifies_the_member(appeal, action, grace, reply, bob):
    response = answer_appeal(logged_in(grace), appeal, "upheld", "bob is right")
    assert response.status_code == 303
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.answered_by) == ("upheld", grace)
    assert appeal.record.undoes == action
    assert not Post.objects.get(pk=reply.pk).is_hidden
    notification = ModerationNotification.objects.get(cause="appeal")
    assert (notification.member, notification.action) == (bob, appeal.record)
    page = logged_in(bob).get(reverse("inbox")).content.decode()
    assert "Your appeal was upheld." in page
    assert "bob is right" in page


def test_declined_appeal_keeps_the_action_and_notifies_the_member_with_the_reason(
    appeal, grace, reply, bob
):
    before = ModerationAction.objects.count()
    for _twice in range(2):
        assert (
            answer_appeal(logged_in(grace), appeal, "declined", "read it again").status_code == 303
        )
    assert ModerationAction.objects.count() == before + 1
    assert Post.objects.get(pk=reply.pk).is_hidden
    page = logged_in(bob).get(reverse("inbox")).content.decode()
    assert "Your appeal was declined." in page
    assert "read it again" in page
    record = ModerationAction.objects.first()
    with pytest.raises(NotAllowed):
        undo(record, actor=grace, reason="after all")
    assert Client().get(record.get_absolute_url()).status_code == 404, "between them"


def test_moderators_answer_appeals_against_themselves_only_without_a_colleague(
    appeal, carol, as_carol, erin
):
    assert answer_appeal(as_carol, appeal, "declined").status_code == 403
    page = as_carol.get(reverse("appeal-answer", args=[appeal.pk])).content.decode()
    assert "a different moderator" in page
    Role.objects.filter(person=erin).delete()
    assert answer_appeal(as_carol, appeal, "declined").status_code == 303


def test_lower_ranks_cannot_answer_and_other_boards_cannot_see_the_appeal(
    appeal, board, frank, as_alice, other_board
):
    otto = User.objects.create_user("otto")
    Role.objects.create(person=otto, board=other_board, kind=Role.Kind.MODERATOR)
    address = reverse("appeal-answer", args=[appeal.pk])
    assert as_alice.get(address).status_code == 403
    assert logged_in(otto).get(address).status_code == 404
    assert answer_appeal(logged_in(frank), appeal, "upheld").status_code == 403, (
        "carol stands above"
    )
    assert as_alice.get(reverse("appeals")).status_code == 403
    assert appeal.get_absolute_url() not in logged_in(otto).get("/appeals/").content.decode()
    assert appeal.get_absolute_url() in logged_in(frank).get("/appeals/").content.decode()


def test_appeal_of_one_member_undoes_only_their_part(opening, reply, alice, bob, carol, erin):
    action = hide_post.together([opening, reply], actor=carol, reason="off the wall").action
    bobs_appeal = appeal_against(action, actor=bob, words="Mine was fine.")
    uphold_appeal(bobs_appeal, actor=erin, reason="yes, his was")
    assert Post.objects.get(pk=opening.pk).is_hidden
    assert not Post.objects.get(pk=reply.pk).is_hidden
    alices_appeal = appeal_against(action, actor=alice, words="So was mine.")
    decline_appeal(alices_appeal, actor=erin, reason="no, it was not")


def test_invalid_answer_shows_an_error_and_keeps_the_reason(appeal, grace):
    client = logged_in(grace)
    for outcome, reason in (("", "because"), ("maybe", "because"), ("declined", "")):
        response = answer_appeal(client, appeal, outcome, reason)
        assert response.status_code == 422
        assert reason in response.content.decode()
    appeal.refresh_from_db()
    assert appeal.is_open
