"""Notes about members: for moderators only, deleted by who wrote them while they are fresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.reports import report_post
from forum.errors import NotAllowed
from forum.models import Case, ModerationAction, ModerationNotification, Role, User
from forum.moderation.actions.member_notes import note_person
from forum.moderation.undo import undo

WORDS = "Second account of <b>walter</b>?"
SHOWN = "Second account of &lt;b&gt;walter&lt;/b&gt;?"


def pages(member: User, case: Case) -> list[str]:
    return [
        reverse("admin:forum_user_change", args=[member.pk]),
        reverse("admin:forum_case_change", args=[case.pk]),
    ]


@pytest.fixture
def case(reply, alice) -> Case:
    report_post(reply, actor=alice, reason="spam")
    return Case.objects.get()


def test_note_stands_where_moderators_look_at_the_member(as_carol, bob, case):
    answer = as_carol.post(reverse("person-note", args=["bob"]), {"reason": WORDS}, follow=True)
    assert "Note added." in answer.content.decode()
    assert ModerationAction.objects.get().act == "note-person"
    for page in pages(bob, case):
        assert SHOWN in as_carol.get(page).content.decode()


def test_member_never_hears_of_it_and_nobody_else_reads_it(as_bob, as_alice, bob, carol):
    entry = note_person(bob, actor=carol, reason=WORDS)
    assert not ModerationNotification.objects.exists()
    for client in (as_bob, as_alice, Client()):
        assert client.get(entry.get_absolute_url()).status_code == 404
        for page in ("/log/", "/inbox/", "/u/bob/"):
            assert "Second account" not in client.get(page, follow=True).content.decode()


def test_own_note_is_deleted_within_ten_minutes_and_stands_nowhere_then(as_carol, bob, carol, case):
    entry = note_person(bob, actor=carol, reason=WORDS)
    assert as_carol.post(f"/log/{entry.pk}/undo/", {"reason": "Wrong person"}).status_code == 303
    assert ModerationAction.objects.count() == 2
    for page in pages(bob, case):
        assert "Second account" not in as_carol.get(page).content.decode()
        assert "Wrong person" not in as_carol.get(page).content.decode()


def test_nobody_deletes_the_note_of_somebody_else_or_an_old_one(bob, carol, erin):
    entry = note_person(bob, actor=carol, reason=WORDS)
    with pytest.raises(NotAllowed):
        undo(entry, actor=erin, reason="No")
    entry.created_at = timezone.now() - timedelta(minutes=11)
    with pytest.raises(NotAllowed):
        undo(entry, actor=carol, reason="No")


def test_moderator_of_a_board_deletes_their_own(bob, board):
    mona = User.objects.create_user("mona")
    Role.objects.create(person=mona, board=board, kind=Role.Kind.MODERATOR)
    entry = note_person(bob, actor=mona, reason=WORDS)
    client = Client()
    client.force_login(mona)
    assert client.post(f"/log/{entry.pk}/undo/", {"reason": "No"}).status_code == 303


def test_same_note_twice_is_one_and_an_empty_or_long_one_none(as_carol, bob):
    page = reverse("person-note", args=["bob"])
    for sent, status in ((WORDS, 303), (WORDS, 303), ("", 422), ("x" * 501, 422), ("More", 303)):
        assert as_carol.post(page, {"reason": sent}).status_code == status
    assert ModerationAction.objects.count() == 2
