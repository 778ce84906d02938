"""Keeping what is written and not posted: what a saving does to what was saved before."""

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
    """Alice's answer to bob."""
    return Purpose(parent_id=reply.pk)


class Form:
    """A composer open on some device: it knows what it saved last."""

    def __init__(self, purpose: Purpose, member: User, version: int | None = None) -> None:
        self.purpose, self.member, self.version = purpose, member, version
        self.nonce: UUID = uuid4()
        self.turn = 0

    def save(self, source: str, title: str = "") -> Draft | None:
        self.turn += 1
        written = Writing(
            source, title=title, nonce=self.nonce, version=self.version, autosave_seq=self.turn
        )
        draft = save_draft(self.purpose, member=self.member, written=written)
        self.version = draft.version if draft else None
        return draft


def kept(member: User) -> list[str]:
    return [draft.source for draft in Draft.objects.of_member(member).kept().latest()]


def test_every_saving_takes_the_place_of_the_one_before(purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    for text in ("Moss", "Moss holds", "Moss holds water."):
        form.save(text)
    assert kept(alice) == ["Moss holds water."]


def test_two_reply_boxes_never_share_text(opening: Post, reply: Post, alice: User) -> None:
    Form(Purpose(parent_id=reply.pk), alice).save("To bob.")
    Form(Purpose(parent_id=opening.pk), alice).save("To the opening post.")
    Form(Purpose(post_id=opening.pk), alice).save("The opening post, better.")
    Form(Purpose(board_id=opening.thread.board_id), alice).save("A new thread.", "Lichen")
    assert len(kept(alice)) == 4
    mine = Draft.objects.of_member(alice)
    assert mine.purposed(Purpose(parent_id=reply.pk)).get().source == "To bob."
    assert mine.purposed(Purpose(post_id=opening.pk)).get().source == "The opening post, better."


def test_drafts_are_each_persons_own(purpose: Purpose, alice: User, bob: User) -> None:
    Form(purpose, alice).save("Alice’s words.")
    Form(purpose, bob).save("Bob’s words.")
    assert kept(alice) == ["Alice’s words."]
    assert kept(bob) == ["Bob’s words."]


# -- From two devices -----------------------------------------------------------------------------


def test_a_later_draft_from_elsewhere_is_not_written_over(purpose: Purpose, alice: User) -> None:
    desk, phone = Form(purpose, alice), Form(purpose, alice)
    desk.save("Writing at the desk.")
    with pytest.raises(Conflict):
        phone.save("Writing on the phone.")
    assert kept(alice) == ["Writing at the desk."]


def test_who_was_shown_the_other_draft_writes_over_it(purpose: Purpose, alice: User) -> None:
    desk, phone = Form(purpose, alice), Form(purpose, alice)
    draft = desk.save("Writing at the desk.")
    assert draft
    phone.version = draft.version
    phone.save("Both of these.")
    with pytest.raises(Conflict):
        desk.save("Writing at the desk, and on.")
    assert kept(alice) == ["Both of these."]


def test_the_same_text_from_elsewhere_is_no_conflict(purpose: Purpose, alice: User) -> None:
    Form(purpose, alice).save("The same.")
    assert Form(purpose, alice).save("The same.")
    assert kept(alice) == ["The same."]


def test_what_arrives_late_does_not_undo_what_was_sent_after_it(
    purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds water.")
    late = Writing("Moss", nonce=form.nonce, version=None, autosave_seq=1)
    save_draft(purpose, member=alice, written=late)
    assert kept(alice) == ["Moss holds water."]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_two_devices_save_nothing_goes_without_being_shown(
    purpose: Purpose, alice: User, seed: int
) -> None:
    """What is kept is what was saved last and taken; it gives way only to who has seen it."""
    chance = random.Random(seed)
    devices = [Form(purpose, alice), Form(purpose, alice)]
    seen = [{""}, {""}]  # by device: the texts that stood on its screen
    stored = ""
    for n in range(40):
        which = chance.randrange(2)
        device, text = devices[which], f"Text {n}"
        seen[which].add(text)
        try:
            device.save(text)
        except Conflict:
            # Told, with the other text: half of the time they go on from that.
            assert stored not in seen[which]
            if chance.random() < 0.5:
                device.version = Draft.objects.get().version
                seen[which].add(stored)
        else:
            assert stored in seen[which]
            stored = text
        assert kept(alice) == [stored]


# -- Nothing to keep ------------------------------------------------------------------------------


def test_blank_text_is_no_draft(purpose: Purpose, alice: User) -> None:
    assert Form(purpose, alice).save(" \n\u200b") is None
    assert not Draft.objects.exists()


def test_clearing_the_field_gives_the_draft_up_and_keeps_its_words(
    purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds water.")
    form.save("")
    assert kept(alice) == []
    assert Draft.objects.get().source == "Moss holds water."
    form.save("On second thought.")
    assert kept(alice) == ["On second thought."]


def test_an_edit_that_changes_nothing_is_no_draft(opening: Post, alice: User) -> None:
    form = Form(Purpose(post_id=opening.pk), alice)
    form.save("Does moss harm the bricks? And lichen?")
    assert form.save(opening.source) is None
    assert not Draft.objects.exists()


def test_a_form_that_was_posted_keeps_nothing(reply: Post, purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    reply_to(reply, author=alice, source="Moss holds water.", nonce=form.nonce)
    assert form.save("Moss holds water.") is None
    with pytest.raises(AlreadySent):
        form.save("Moss holds wat")
    assert not Draft.objects.exists()


def test_what_was_saved_while_it_was_posted_is_not_offered(
    reply: Post, purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds wat")
    Draft.objects.update(parent=reply.parent)  # as if it had come after the draft was dropped
    reply_to(reply, author=alice, source="Moss holds water.", nonce=form.nonce)
    assert Draft.objects.count() == 1
    assert kept(alice) == []


def test_too_much_is_refused_and_what_is_kept_stays(purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    form.save("a" * MAX_DRAFT)
    with pytest.raises(Invalid):
        form.save("a" * (MAX_DRAFT + 1))
    assert kept(alice) == ["a" * MAX_DRAFT]


def test_so_many_drafts_and_no_more(reply: Post, purpose: Purpose, alice: User) -> None:
    Draft.objects.bulk_create(Draft(member=alice, source=str(n)) for n in range(MOST_KEPT - 1))
    form = Form(purpose, alice)
    form.save("The last one.")
    form.save("The last one, longer.")
    with pytest.raises(Invalid):
        Form(Purpose(post_id=reply.parent_id), alice).save("One more.")


def test_nobody_keeps_an_edit_of_what_somebody_else_wrote(
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
    assert kept(alice) == ["a\ufffdb\ufffdc\nd"]


# -- Posted ---------------------------------------------------------------------------------------


def test_posting_takes_the_draft_with_it(reply: Post, purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    form.save("Moss holds")
    reply_to(reply, author=alice, source="Moss holds water.", nonce=form.nonce)
    assert not Draft.objects.exists()


def test_posting_a_draft_from_another_device_takes_it_with_it(
    reply: Post, purpose: Purpose, alice: User
) -> None:
    draft = Form(purpose, alice).save("Moss holds")
    assert draft
    reply_to(reply, author=alice, source="Moss holds water.", draft_version=draft.version)
    assert not Draft.objects.exists()


def test_posting_leaves_what_another_device_wrote_since(
    reply: Post, purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    form.save("Something quite different.")
    reply_to(reply, author=alice, source="Moss holds water.", nonce=uuid4())
    assert kept(alice) == ["Something quite different."]


def test_refused_posting_leaves_the_draft(reply: Post, purpose: Purpose, alice: User) -> None:
    form = Form(purpose, alice)
    form.save("@bob")
    with pytest.raises(Invalid):
        reply_to(reply, author=alice, source="@bob", nonce=form.nonce)
    assert kept(alice) == ["@bob"]


def test_saving_an_edit_and_starting_a_thread_take_theirs(
    opening: Post, board: Board, alice: User
) -> None:
    edit, new = Form(Purpose(post_id=opening.pk), alice), Form(Purpose(board_id=board.pk), alice)
    edit.save("Does moss harm")
    new.save("Lichen grows", "Lichen")
    edit_post(opening, actor=alice, source="Does moss harm bricks?", draft_version=edit.version)
    start_thread(board, author=alice, title="Lichen", source="Lichen grows.", nonce=new.nonce)
    assert not Draft.objects.exists()


# -- Given up, and old ----------------------------------------------------------------------------


def test_discarded_draft_is_taken_back(purpose: Purpose, alice: User) -> None:
    draft = Form(purpose, alice).save("Moss holds water.")
    assert draft
    discard_draft(draft, actor=alice)
    discard_draft(draft, actor=alice)
    assert kept(alice) == []
    take_back_draft(draft, actor=alice)
    take_back_draft(draft, actor=alice)
    assert kept(alice) == ["Moss holds water."]


def test_what_the_discarded_form_sent_before_does_not_bring_it_back(
    purpose: Purpose, alice: User
) -> None:
    form = Form(purpose, alice)
    draft = form.save("Moss holds water.")
    assert draft
    discard_draft(draft, actor=alice)
    form.save("Moss holds water. Late")
    assert kept(alice) == []


def test_nobody_else_discards_or_takes_back(purpose: Purpose, alice: User, bob: User) -> None:
    draft = Form(purpose, alice).save("Moss holds water.")
    assert draft
    for deed in (discard_draft, take_back_draft):
        with pytest.raises(Gone):
            deed(draft, actor=bob)
    assert kept(alice) == ["Moss holds water."]


def test_old_drafts_are_swept_up(opening: Post, reply: Post, alice: User) -> None:
    now = timezone.now()
    old, kept_one, given_up, just_given_up = (
        Draft.objects.create(member=alice, source=source, **target)
        for source, target in (
            ("old", {"parent": opening}),
            ("kept", {"parent": reply}),
            ("given up", {"post": opening}),
            ("just given up", {"board": opening.thread.board}),
        )
    )
    Draft.objects.filter(pk=old.pk).update(saved_at=now - KEPT_FOR - timedelta(hours=1))
    Draft.objects.filter(pk=given_up.pk).update(discarded_at=now - TAKEN_BACK_WITHIN * 2)
    Draft.objects.filter(pk=just_given_up.pk).update(discarded_at=now)
    sweep()
    assert set(Draft.objects.all()) == {kept_one, just_given_up}


def test_draft_of_a_thread_outlives_its_board(alice: User, board: Board) -> None:
    Form(Purpose(board_id=board.pk), alice).save("Lichen grows.", "Lichen")
    board.delete()
    assert kept(alice) == ["Lichen grows."]
