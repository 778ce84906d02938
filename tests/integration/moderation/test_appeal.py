"""Appealing against what a moderator did: once, answered by somebody else, undone if upheld."""

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
from forum.queries.notifications import recount_unread_notifications

WORDS = {"note": "It was a question, not an attack."}


@pytest.fixture
def action(reply, carol):
    """Carol hid bob's reply."""
    return hide_post(reply, actor=carol, reason="off the wall")


@pytest.fixture
def appeal(action, bob):
    return appeal_against(action, actor=bob, words=WORDS["note"])


@pytest.fixture
def grace(db):
    """Another moderator of the site."""
    grace = User.objects.create_user("grace")
    Role.objects.create(person=grace, kind=Role.Kind.MODERATOR)
    return grace


def logged_in(person):
    client = Client()
    client.force_login(person)
    return client


def answer(client, appeal, outcome, reason="as it says"):
    form = {"outcome": outcome, "reason": reason}
    return client.post(reverse("appeal-answer", args=[appeal.pk]), form)


def test_author_sees_text_reason_and_appeal_where_the_post_was(as_bob, visitor, reply, action):
    page = as_bob.get(reply.thread.get_absolute_url()).content.decode()
    assert reply.source in page
    assert reverse("log-appeal", args=[action.pk]) in page
    assert "appeal" not in visitor.get(reply.thread.get_absolute_url()).content.decode()


def test_author_is_told_in_the_inbox_and_counts_it(as_bob, bob, reply, action):
    page = as_bob.get(reverse("inbox")).content.decode()
    assert "Your post was hidden." in page
    assert "off the wall" in page
    assert reply.source in page
    assert "carol" not in page
    assert recount_unread_notifications(bob) == 1
    told = ModerationNotification.objects.get()
    mark = reverse("inbox-told")
    assert as_bob.post(mark, {"told": told.pk, "do": "read"}).status_code == 302
    assert recount_unread_notifications(bob) == 0
    assert "was hidden" not in as_bob.get(reverse("inbox")).content.decode()
    assert "was hidden" in as_bob.get(reverse("inbox-told")).content.decode()
    as_bob.post(mark, {"told": told.pk, "do": "unread"})
    assert recount_unread_notifications(bob) == 1


def test_nobody_marks_what_others_are_told(as_alice, action):
    told = ModerationNotification.objects.get()
    as_alice.post(reverse("inbox-told"), {"told": told.pk, "do": "read"})
    told.refresh_from_db()
    assert told.read_at is None
    for odd in ("", "x", "9" * 40, "-1"):
        assert as_alice.post(reverse("inbox-told"), {"told": odd, "do": "read"}).status_code == 302


def test_appealed_once_and_not_again(as_bob, action):
    address = reverse("log-appeal", args=[action.pk])
    assert as_bob.get(address).status_code == 200
    for _twice in range(2):
        sent = as_bob.post(address, WORDS)
    assert sent.status_code in (200, 303)
    assert Appeal.objects.get().words == WORDS["note"]
    assert "A moderator will review it" in as_bob.get(address).content.decode()


def test_an_appeal_without_words_is_no_appeal_and_long_words_are_kept(as_bob, action):
    address = reverse("log-appeal", args=[action.pk])
    for words in ("", " \u200b ", "x" * 2001):
        assert as_bob.post(address, {"note": words}).status_code == 422
    assert "xxxx" in as_bob.post(address, {"note": "x" * 2001}).content.decode()
    assert not Appeal.objects.exists()


def test_only_those_concerned_appeal_and_only_against_what_can_be(
    visitor, as_alice, as_carol, as_bob, thread, action, bob, carol
):
    address = reverse("log-appeal", args=[action.pk])
    assert visitor.get(address).status_code == 302
    for client in (as_alice, as_carol):
        assert client.get(address).status_code == 404
        assert client.post(address, WORDS).status_code == 404
    back = unhide_post(Post.objects.get(author=bob), actor=carol, reason="a mistake")
    with pytest.raises(NotAllowed):
        appeal_against(back, actor=bob, words="Thank you.")
    assert as_bob.post(address, WORDS).status_code == 403, "taken back already"
    pinned = pin_thread(thread, actor=carol, reason="of use")
    assert as_alice.get(reverse("log-appeal", args=[pinned.pk])).status_code == 403
    assert not Appeal.objects.exists()


def test_a_suspended_member_appeals(as_bob, bob, carol):
    action = suspend_person(bob, actor=carol, reason="spam")
    address = reverse("log-appeal", args=[action.pk])
    assert as_bob.post(address, WORDS).status_code == 303


def test_upheld_by_another_moderator_it_is_undone_and_the_member_told(
    appeal, action, grace, reply, bob
):
    sent = answer(logged_in(grace), appeal, "upheld", "bob is right")
    assert sent.status_code == 303
    appeal.refresh_from_db()
    assert (appeal.outcome, appeal.answered_by) == ("upheld", grace)
    assert appeal.record.undoes == action
    assert not Post.objects.get(pk=reply.pk).is_hidden
    notification = ModerationNotification.objects.get(cause="appeal")
    assert (notification.member, notification.action) == (bob, appeal.record)
    page = logged_in(bob).get(reverse("inbox")).content.decode()
    assert "Your appeal was upheld." in page
    assert "bob is right" in page


def test_declined_it_stands_and_the_member_is_told_why(appeal, grace, reply, bob):
    before = ModerationAction.objects.count()
    for _twice in range(2):
        assert answer(logged_in(grace), appeal, "declined", "read it again").status_code == 303
    assert ModerationAction.objects.count() == before + 1
    assert Post.objects.get(pk=reply.pk).is_hidden
    page = logged_in(bob).get(reverse("inbox")).content.decode()
    assert "Your appeal was declined." in page
    assert "read it again" in page
    record = ModerationAction.objects.first()
    with pytest.raises(NotAllowed):
        undo(record, actor=grace, reason="after all")
    assert Client().get(record.get_absolute_url()).status_code == 404, "between them"


def test_who_did_it_answers_only_where_there_is_nobody_else(appeal, carol, as_carol, erin):
    assert answer(as_carol, appeal, "declined").status_code == 403
    page = as_carol.get(reverse("appeal-answer", args=[appeal.pk])).content.decode()
    assert "a different moderator" in page
    Role.objects.filter(person=erin).delete()
    assert answer(as_carol, appeal, "declined").status_code == 303


def test_nobody_below_answers_and_others_see_nothing(appeal, board, frank, as_alice, elsewhere):
    other = User.objects.create_user("otto")
    Role.objects.create(person=other, board=elsewhere, kind=Role.Kind.MODERATOR)
    address = reverse("appeal-answer", args=[appeal.pk])
    assert as_alice.get(address).status_code == 403
    assert logged_in(other).get(address).status_code == 404
    assert answer(logged_in(frank), appeal, "upheld").status_code == 403, "carol stands above"
    assert as_alice.get(reverse("appeals")).status_code == 403
    assert appeal.get_absolute_url() not in logged_in(other).get("/appeals/").content.decode()
    assert appeal.get_absolute_url() in logged_in(frank).get("/appeals/").content.decode()


def test_one_persons_appeal_undoes_their_part_alone(opening, reply, alice, bob, carol, erin):
    action = hide_post.together([opening, reply], actor=carol, reason="off the wall").action
    made = appeal_against(action, actor=bob, words="Mine was fine.")
    uphold_appeal(made, actor=erin, reason="yes, his was")
    assert Post.objects.get(pk=opening.pk).is_hidden
    assert not Post.objects.get(pk=reply.pk).is_hidden
    second = appeal_against(action, actor=alice, words="So was mine.")
    decline_appeal(second, actor=erin, reason="no, it was not")


def test_bad_answer_is_said_and_the_reason_kept(appeal, grace):
    client = logged_in(grace)
    for outcome, reason in (("", "because"), ("maybe", "because"), ("declined", "")):
        sent = answer(client, appeal, outcome, reason)
        assert sent.status_code == 422
        assert reason in sent.content.decode()
    appeal.refresh_from_db()
    assert appeal.is_open
