"""Notes about members: for moderators only; their writers can delete them for ten minutes."""

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

NOTE = "Second account of <b>walter</b>?"
NOTE_HTML = "Second account of &lt;b&gt;walter&lt;/b&gt;?"


def pages(member: User, case: Case) -> list[str]:
    return [
        reverse("admin:forum_user_change", args=[member.pk]),
        reverse("admin:forum_case_change", args=[case.pk]),
    ]


@pytest.fixture
def case(reply, alice) -> Case:
    report_post(reply, actor=alice, reason="spam")
    return Case.objects.get()


def test_note_is_shown_to_moderators_on_member_and_case_pages(as_carol, bob, case):
    response = as_carol.post(reverse("person-note", args=["bob"]), {"reason": NOTE}, follow=True)
    assert "Note added." in response.content.decode()
    assert ModerationAction.objects.get().act == "note-person"
    for page in pages(bob, case):
        assert NOTE_HTML in as_carol.get(page).content.decode()


def test_note_notifies_nobody_and_is_for_moderators_only(as_bob, as_alice, bob, carol):
    entry = note_person(bob, actor=carol, reason=NOTE)
    assert not ModerationNotification.objects.exists()
    for client in (as_bob, as_alice, Client()):
        assert client.get(entry.get_absolute_url()).status_code == 404
        for page in ("/log/", "/inbox/", "/u/bob/"):
            assert "Second account" not in client.get(page, follow=True).content.decode()


def test_own_note_can_be_deleted_within_ten_minutes(as_carol, bob, carol, case):
    entry = note_person(bob, actor=carol, reason=NOTE)
    assert as_carol.post(f"/log/{entry.pk}/undo/", {"reason": "Wrong person"}).status_code == 303
    assert ModerationAction.objects.count() == 2
    for page in pages(bob, case):
        assert "Second account" not in as_carol.get(page).content.decode()
        assert "Wrong person" not in as_carol.get(page).content.decode()


def test_notes_of_others_and_old_notes_cannot_be_deleted(bob, carol, erin):
    entry = note_person(bob, actor=carol, reason=NOTE)
    with pytest.raises(NotAllowed):
        undo(entry, actor=erin, reason="No")
    entry.created_at = timezone.now() - timedelta(minutes=11)
    with pytest.raises(NotAllowed):
        undo(entry, actor=carol, reason="No")


def test_board_moderator_can_delete_their_own_note(bob, board):
    mona = User.objects.create_user("mona")
    Role.objects.create(person=mona, board=board, kind=Role.Kind.MODERATOR)
    entry = note_person(bob, actor=mona, reason=NOTE)
    client = Client()
    client.force_login(mona)
    assert client.post(f"/log/{entry.pk}/undo/", {"reason": "No"}).status_code == 303


def test_repeated_note_is_added_once_and_empty_or_long_notes_are_rejected(as_carol, bob):
    page = reverse("person-note", args=["bob"])
    for text, status in ((NOTE, 303), (NOTE, 303), ("", 422), ("x" * 501, 422), ("More", 303)):
        assert as_carol.post(page, {"reason": text}).status_code == status
    assert ModerationAction.objects.count() == 2
