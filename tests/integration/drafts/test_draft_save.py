"""Saving drafts: what replaces an earlier draft, conflicts between devices, and limits."""

from __future__ import annotations

import random
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.drafts import (
    MAX_DRAFT,
    MOST_KEPT,
    Writing,
    discard_draft,
    save_draft,
    take_back_draft,
)
from forum.actions.posts import edit_post, reply_to
from forum.actions.threads import start_thread
from forum.errors import AlreadySent, Conflict, Gone, Invalid, NotAllowed
from forum.jobs.housekeeping import sweep
from forum.models import Board, Draft, Post, User
from forum.models.drafts import KEPT_FOR, TAKEN_BACK_WITHIN, Purpose


@pytest.fixture
def purpose(reply: Post) -> Purpose:
    """Return the purpose of a reply by alice to bob."""
    return Purpose(parent_id=reply.pk)


class Form:
    """A composer that is open on some device; it knows the version that it saved last."""

    def __init__(self, purpose: Purpose, member: User, version: int | None = None) -> None:
        self.purpose, self.member, self.version = purpose, member, version
        self.nonce: UUID = uuid4()
        self.autosave_seq = 0

    def save(self, source: str, title: str = "") -> Draft | None:
        self.autosave_seq += 1
        written = Writing(
            source,
            title=title,
            nonce=self.nonce,
            version=self.version,
            autosave_seq=self.autosave_seq,
        )
        draft = save_draft(self.purpose, member=self.member, written=written)
        self.version = draft.version if draft else None
        return draft


def draft_texts(member: User) -> list[str]:
    return [draft.source for draft in Draft.objects.of_member(member).kept().latest()]


def test_each_save_replaces_the_previous_one(purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    for text in ("Moss", "Moss holds", "Moss holds water."):
        form.save(text)
    assert draft_texts(alice) == ["Moss holds water."]


def test_each_purpose_has_its_own_draft(opening: Post, reply: Post, alice: User) -> None:
    Form(Purpose(parent_id=reply.pk), alice).save("To bob.")
    Form(Purpose(parent_id=opening.pk), alice).save("To the opening post.")
    Form(Purpose(post_id=opening.pk), alice).save("The opening post, better.")
    Form(Purpose(board_id=opening.thread.board_id), alice).save("A new thread.", "Lichen")
    assert len(draft_texts(alice)) == 4
    drafts = Draft.objects.of_member(alice)
    assert drafts.purposed(Purpose(parent_id=reply.pk)).get().source == "To bob."
    assert drafts.purposed(Purpose(post_id=opening.pk)).get().source == "The opening post, better."


def test_each_member_has_their_own_draft(purpose: Purpose, alice: User, bob: User) -> None:
    Form(purpose, alice).save("Alice’s words.")
    Form(purpose, bob).save("Bob’s words.")
    assert draft_texts(alice) == ["Alice’s words."]
    assert draft_texts(bob) == ["Bob’s words."]


# -- Two devices ----------------------------------------------------------------------------------


def test_draft_of_another_device_is_not_overwritten(purpose: Purpose, alice: User) -> None:
    computer, phone = Form(purpose, alice), Form(purpose, alice)
    computer.save("Writing at the desk.")
    with pytest.raises(Conflict):
        phone.save("Writing on the phone.")
    assert draft_texts(alice) == ["Writing at the desk."]


def test_device_that_was_shown_the_other_draft_overwrites_it(purpose: Purpose, alice: User) -> None:
    computer, phone = Form(purpose, alice), Form(purpose, alice)
    draft = computer.save("Writing at the desk.")
    assert draft
    phone.version = draft.version
    phone.save("Both of these.")
    with pytest.raises(Conflict):
        computer.save("Writing at the desk, and on.")
    assert draft_texts(alice) == ["Both of these."]


def test_same_text_from_another_device_is_no_conflict(purpose: Purpose, alice: User) -> None:
    Form(purpose, alice).save("The same.")
    assert Form(purpose, alice).save("The same.")
    assert draft_texts(alice) == ["The same."]


def test_late_autosave_does_not_overwrite_a_later_one(purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds water.")
    late_writing = Writing("Moss", nonce=form.nonce, version=None, autosave_seq=1)
    save_draft(purpose, member=alice, written=late_writing)
    assert draft_texts(alice) == ["Moss holds water."]


@pytest.mark.parametrize("seed", range(5))
def test_no_draft_is_overwritten_before_its_text_was_shown(
    purpose: Purpose, alice: User, seed: int
) -> None:
    """Let two devices save at random: only a device that has shown the stored text replaces it."""
    rng = random.Random(seed)
    devices = [Form(purpose, alice), Form(purpose, alice)]
    seen = [{""}, {""}]  # the texts that each device has shown
    stored = ""
    for n in range(40):
        index = rng.randrange(2)
        device, text = devices[index], f"Text {n}"
        seen[index].add(text)
        try:
            device.save(text)
        except Conflict:
            # The error shows the other text; half of the time the device goes on from that.
            assert stored not in seen[index]
            if rng.random() < 0.5:
                device.version = Draft.objects.get().version
                seen[index].add(stored)
        else:
            assert stored in seen[index]
            stored = text
        assert draft_texts(alice) == [stored]


# -- Nothing to save ------------------------------------------------------------------------------


def test_blank_text_is_no_draft(purpose: Purpose, alice: User) -> None:
    assert Form(purpose, alice).save(" \n\u200b") is None
    assert not Draft.objects.exists()


def test_clearing_the_field_discards_the_draft_and_keeps_its_text(
    purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds water.")
    form.save("")
    assert draft_texts(alice) == []
    assert Draft.objects.get().source == "Moss holds water."
    form.save("On second thought.")
    assert draft_texts(alice) == ["On second thought."]


def test_unchanged_edit_is_no_draft(opening: Post, alice: User) -> None:
    form = Form(Purpose(post_id=opening.pk), alice)
    form.save("Does moss harm the bricks? And lichen?")
    assert form.save(opening.source) is None
    assert not Draft.objects.exists()


def test_form_that_was_posted_saves_no_draft(reply: Post, purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    reply_to(reply, author=alice, source="Moss holds water.", nonce=form.nonce)
    assert form.save("Moss holds water.") is None
    with pytest.raises(AlreadySent):
        form.save("Moss holds wat")
    assert not Draft.objects.exists()


def test_draft_saved_while_its_form_was_posted_is_not_offered(
    reply: Post, purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds wat")
    # The draft looks as if it was saved after posting had deleted it.
    Draft.objects.update(parent=reply.parent)
    reply_to(reply, author=alice, source="Moss holds water.", nonce=form.nonce)
    assert Draft.objects.count() == 1
    assert draft_texts(alice) == []


def test_too_long_text_is_refused_and_the_earlier_draft_stays(
    purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("a" * MAX_DRAFT)
    with pytest.raises(Invalid):
        form.save("a" * (MAX_DRAFT + 1))
    assert draft_texts(alice) == ["a" * MAX_DRAFT]


def test_number_of_drafts_is_limited(reply: Post, purpose: Purpose, alice: User) -> None:
    Draft.objects.bulk_create(Draft(member=alice, source=str(n)) for n in range(MOST_KEPT - 1))
    form = Form(purpose, alice)
    form.save("The last one.")
    form.save("The last one, longer.")
    with pytest.raises(Invalid):
        Form(Purpose(post_id=reply.parent_id), alice).save("One more.")


def test_members_cannot_save_edits_of_posts_of_others(
    as_alice: Client, reply: Post, alice: User
) -> None:
    with pytest.raises(NotAllowed):
        Form(Purpose(post_id=reply.pk), alice).save("Better.")
    for do in ("save", "discard"):
        response = as_alice.post(f"/p/{reply.pk}/edit/", {"source": "Better.", "do": do})
        assert response.status_code == 403
    assert not Draft.objects.exists()


def test_characters_that_cannot_be_stored_are_replaced(purpose: Purpose, alice: User) -> None:
    Form(purpose, alice).save("a\x00b\ud800c\r\nd")
    assert draft_texts(alice) == ["a\ufffdb\ufffdc\nd"]


# -- Posting --------------------------------------------------------------------------------------


def test_posting_deletes_the_draft(reply: Post, purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds")
    reply_to(reply, author=alice, source="Moss holds water.", nonce=form.nonce)
    assert not Draft.objects.exists()


def test_posting_deletes_the_draft_of_another_device_when_its_version_was_shown(
    reply: Post, purpose: Purpose, alice: User
) -> None:
    draft = Form(purpose, alice).save("Moss holds")
    assert draft
    reply_to(reply, author=alice, source="Moss holds water.", draft_version=draft.version)
    assert not Draft.objects.exists()


def test_posting_leaves_a_different_draft_of_another_device(
    reply: Post, purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Something quite different.")
    reply_to(reply, author=alice, source="Moss holds water.", nonce=uuid4())
    assert draft_texts(alice) == ["Something quite different."]


def test_refused_post_leaves_the_draft(reply: Post, purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    form.save("@bob")
    with pytest.raises(Invalid):
        reply_to(reply, author=alice, source="@bob", nonce=form.nonce)
    assert draft_texts(alice) == ["@bob"]


def test_editing_a_post_and_starting_a_thread_delete_their_drafts(
    opening: Post, board: Board, alice: User
) -> None:
    edit_form, new_thread_form = (
        Form(Purpose(post_id=opening.pk), alice),
        Form(Purpose(board_id=board.pk), alice),
    )
    edit_form.save("Does moss harm")
    new_thread_form.save("Lichen grows", "Lichen")
    edit_post(
        opening, actor=alice, source="Does moss harm bricks?", draft_version=edit_form.version
    )
    start_thread(
        board, author=alice, title="Lichen", source="Lichen grows.", nonce=new_thread_form.nonce
    )
    assert not Draft.objects.exists()


# -- Discarded and old drafts ---------------------------------------------------------------------


def test_discarded_draft_can_be_restored(purpose: Purpose, alice: User) -> None:
    draft = Form(purpose, alice).save("Moss holds water.")
    assert draft
    discard_draft(draft, actor=alice)
    discard_draft(draft, actor=alice)
    assert draft_texts(alice) == []
    take_back_draft(draft, actor=alice)
    take_back_draft(draft, actor=alice)
    assert draft_texts(alice) == ["Moss holds water."]


def test_late_autosave_does_not_restore_a_discarded_draft(purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    draft = form.save("Moss holds water.")
    assert draft
    discard_draft(draft, actor=alice)
    form.save("Moss holds water. Late")
    assert draft_texts(alice) == []


def test_other_members_cannot_discard_or_restore_a_draft(
    purpose: Purpose, alice: User, bob: User
) -> None:
    draft = Form(purpose, alice).save("Moss holds water.")
    assert draft
    for function in (discard_draft, take_back_draft):
        with pytest.raises(Gone):
            function(draft, actor=bob)
    assert draft_texts(alice) == ["Moss holds water."]


def test_housekeeping_deletes_old_drafts(opening: Post, reply: Post, alice: User) -> None:
    now = timezone.now()
    old, kept_draft, discarded, just_discarded = (
        Draft.objects.create(member=alice, source=source, **target)
        for source, target in (
            ("old", {"parent": opening}),
            ("kept", {"parent": reply}),
            ("given up", {"post": opening}),
            ("just given up", {"board": opening.thread.board}),
        )
    )
    Draft.objects.filter(pk=old.pk).update(saved_at=now - KEPT_FOR - timedelta(hours=1))
    Draft.objects.filter(pk=discarded.pk).update(discarded_at=now - TAKEN_BACK_WITHIN * 2)
    Draft.objects.filter(pk=just_discarded.pk).update(discarded_at=now)
    sweep()
    assert set(Draft.objects.all()) == {kept_draft, just_discarded}


def test_draft_of_a_thread_outlives_its_board(alice: User, board: Board) -> None:
    Form(Purpose(board_id=board.pk), alice).save("Lichen grows.", "Lichen")
    board.delete()
    assert draft_texts(alice) == ["Lichen grows."]
