"""Deciding on what waits: published as its author's, or rejected; taken back; told."""

from __future__ import annotations

import pytest

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.premoderation import withdraw_pending_post
from forum.actions.threads import start_thread
from forum.errors import Conflict, Gone, NotAllowed, UserError
from forum.models import (
    Case,
    Draft,
    Mention,
    ModerationAction,
    ModerationNotification,
    Notification,
    PendingPost,
    Post,
    Quote,
    Role,
    Thread,
    User,
)
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.pending_posts import approve_pending_post, reject_pending_post
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.silencing import silence_person
from forum.moderation.actions.slow_mode import enable_thread_slow_mode
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.undo import undo
from tests.integration.pending_posts.conftest import WORDS, wait

WHY = {"reason": "because"}


def now(row):
    return type(row).objects.get(pk=row.pk)


def test_approved_it_stands_as_its_author_s_and_those_it_names_are_told(
    opening, bob, alice, carol, rule
):
    source = f"@alice {WORDS}\n\n> Does moss harm the bricks?\n\nNo."
    pending = wait(bob, source=source, parent_id=opening.pk)
    action = approve_pending_post(pending, actor=carol, **WHY)
    post = Post.objects.get(author=bob)
    assert (post.parent, post.source, post.created_at > pending.created_at) == (
        opening,
        source,
        True,
    )
    assert (now(pending).state, now(pending).post) == ("approved", post)
    assert Mention.objects.get().person == alice
    assert Quote.objects.get().source_post == opening
    assert (Notification.objects.get().member, Notification.objects.get().post) == (alice, post)
    assert Thread.objects.get().post_count == 2
    told = ModerationNotification.objects.get()
    assert (told.member, told.action, told.post) == (bob, action, post)
    assert (action.board, action.thread) == (opening.thread.board, opening.thread)
    assert not Case.objects.open().exists()
    assert approve_pending_post(now(pending), actor=carol, **WHY) == action
    assert Post.objects.filter(author=bob).count() == 1


def test_approved_thread_is_started_and_edit_made(board, reply, bob, carol, rule):
    thread = wait(bob, title="My casinos", board_id=board.pk)
    edit = wait(bob, source="It was the casino.", post_id=reply.pk)
    before = reply.latest_revision()
    outcome = approve_pending_post.together([thread, edit], actor=carol, **WHY)
    assert len(outcome.done) == 2
    assert ModerationAction.objects.count() == 1, "one record for both"
    assert Thread.objects.get(title="My casinos").author == bob
    assert now(reply).source == "It was the casino."
    assert before in reply.revisions.all(), "soon after it was written it keeps the one before"
    told = ModerationNotification.objects.get(member=bob)
    assert told.post is None, "of several the notice leads to the list of them"


def test_several_are_approved_and_what_cannot_be_is_left_out(
    opening, reply, bob, alice, carol, rule
):
    good, bad = wait(bob, parent_id=opening.pk), wait(bob, parent_id=reply.pk)
    delete_post(reply, actor=bob)
    outcome = approve_pending_post.together([good, bad], actor=carol, **WHY)
    assert outcome.done == [good]
    (target, error) = outcome.refused[0]
    assert target == bad
    assert "The post you’re replying to was removed" in str(error)
    assert now(bad).is_waiting


def test_slow_mode_keeps_back_whom_it_should_but_no_approval(opening, bob, carol, rule):
    first, second = (wait(bob, parent_id=opening.pk) for _twice in range(2))
    enable_thread_slow_mode(opening.thread, minutes=10, actor=carol, **WHY)
    assert len(approve_pending_post.together([first, second], actor=carol, **WHY).done) == 2
    with pytest.raises(UserError):
        wait(bob, parent_id=opening.pk)


@pytest.mark.parametrize("how", ["deleted", "hidden", "locked", "closed", "suspended", "silenced"])
def test_what_cannot_be_published_waits_on(opening, reply, alice, bob, carol, rule, how):
    pending = wait(alice, parent_id=reply.pk)
    match how:
        case "deleted":
            delete_post(reply, actor=bob)
        case "hidden":
            hide_post(reply, actor=carol, **WHY)
        case "locked":
            lock_thread(reply.thread, actor=carol, **WHY)
        case "closed":
            board = reply.thread.board
            board.closed_at = pending.created_at
            board.save()
        case "suspended":
            suspend_person(alice, actor=carol, **WHY)
        case "silenced":
            silence_person(alice, board=reply.thread.board, actor=carol, **WHY)
    count = ModerationAction.objects.count()
    with pytest.raises(Conflict, match="stays pending"):
        approve_pending_post(pending, actor=carol, **WHY)
    assert ModerationAction.objects.count() == count
    assert now(pending).is_waiting
    assert reject_pending_post(pending, actor=carol, **WHY).act == "reject-pending-post"


def test_parent_that_was_moved_is_answered_where_it_is_now(reply, alice, bob, board, carol, rule):
    pending = wait(alice, parent_id=reply.pk)
    other = start_thread(board, author=bob, title="Ivy", source="And ivy?")
    move_branch(reply, to=other.last_post, actor=carol, **WHY)
    approve_pending_post(pending, actor=carol, **WHY)
    assert now(pending).post.thread == other


def test_board_that_is_gone(board, bob, carol, rule):
    pending = wait(bob, title="My casinos", board_id=board.pk)
    board.delete()
    with pytest.raises(Conflict, match="board"):
        approve_pending_post(now(pending), actor=carol, **WHY)
    with pytest.raises(Gone):
        withdraw_pending_post(pending, actor=bob)
    reject_pending_post(now(pending), actor=carol, **WHY)


def test_what_was_erased_is_not_approved_and_hinders_nothing_else(opening, bob, carol, rule):
    good, erased = (wait(bob, parent_id=opening.pk) for _twice in range(2))
    PendingPost.objects.filter(pk=erased.pk).update(source="", state="rejected")
    outcome = approve_pending_post.together([good, now(erased)], actor=carol, **WHY)
    assert outcome.done == [good]
    assert str(outcome.refused[0][1]) == "The text was permanently deleted."


def test_edit_of_what_was_edited_since_is_not_approved(reply, bob, carol, rule):
    pending = wait(bob, source="It was the casino.", post_id=reply.pk)
    PendingPost.objects.update(base_revision=reply.latest_number)
    reply_to(reply, author=bob, source="So that the edit is kept.")
    edit_post(reply, actor=bob, source="It was the rain.")
    with pytest.raises(Conflict, match="edited again"):
        approve_pending_post(now(pending), actor=carol, **WHY)
    assert now(reply).source == "It was the rain."


def test_rejected_nobody_sees_it_and_its_author_is_told_and_may_revise(
    as_bob, as_alice, bob, pending, carol, opening
):
    action = reject_pending_post(pending, actor=carol, reason="advertising")
    assert not Post.objects.filter(author=bob).exists()
    page = as_bob.get("/inbox/").content.decode()
    assert "Your post was not published." in page
    assert "advertising" in page
    assert "carol" not in page
    page = as_bob.get(pending.get_absolute_url()).content.decode()
    assert "Not published" in page
    assert "advertising" in page
    assert WORDS in page
    assert f"/log/{action.pk}/appeal/" in page
    assert WORDS not in as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert as_alice.get(f"/log/{action.pk}/").status_code == 404
    answer = as_bob.post(f"{pending.get_absolute_url()}withdraw/", {"do": "change"})
    assert WORDS in as_bob.get(answer["Location"]).content.decode()
    assert Draft.objects.get().source == WORDS


def test_author_hears_of_an_approval_and_is_led_there(as_bob, bob, pending, carol):
    approve_pending_post(pending, actor=carol, **WHY)
    post = Post.objects.get(author=bob)
    page = as_bob.get("/inbox/").content.decode()
    assert "Your post was approved and published." in page
    assert f'href="/p/{post.pk}/"' in page
    assert f'href="/p/{post.pk}/"' in as_bob.get(pending.get_absolute_url()).content.decode()


# -- Taken back -----------------------------------------------------------------------------------


def test_approval_taken_back_hides_the_post_and_given_again_shows_the_same(
    as_alice, pending, bob, alice, carol, opening
):
    action = approve_pending_post(pending, actor=carol, **WHY)
    post = now(pending).post
    back = undo(action, actor=carol, reason="a mistake").action
    assert back.act == "retract-approval"
    assert (now(pending).state, now(post).is_hidden) == ("waiting", True)
    assert (Thread.objects.get().post_count, Thread.objects.get().last_post) == (1, opening)
    assert WORDS not in as_alice.get(opening.thread.get_absolute_url()).content.decode()
    assert Case.objects.open().get().pending_post == pending
    again = undo(back, actor=carol, reason="no, it was right").action
    assert again.act == "approve-pending-post"
    assert (now(pending).state, now(pending).post, now(post).is_hidden) == (
        "approved",
        post,
        False,
    )
    assert Post.objects.filter(author=bob).count() == 1
    assert Thread.objects.get().post_count == 2


def test_approved_thread_taken_back_is_listed_to_nobody(visitor, board, bob, carol, rule):
    pending = wait(bob, title="My casinos", board_id=board.pk)
    action = approve_pending_post(pending, actor=carol, **WHY)
    assert "My casinos" in visitor.get(board.get_absolute_url()).content.decode()
    back = undo(action, actor=carol, **WHY).action
    assert "My casinos" not in visitor.get(board.get_absolute_url()).content.decode()
    undo(back, actor=carol, **WHY)
    assert "My casinos" in visitor.get(board.get_absolute_url()).content.decode()


def test_approved_edit_taken_back_says_what_it_said(reply, bob, carol, rule):
    pending = wait(bob, source="It was the casino.", post_id=reply.pk)
    action = approve_pending_post(pending, actor=carol, **WHY)
    undo(action, actor=carol, **WHY)
    assert now(reply).source == reply.source
    assert now(pending).is_waiting


def test_what_somebody_changed_since_stays(reply, opening, bob, carol, rule):
    first, second = wait(bob, parent_id=opening.pk), wait(bob, parent_id=reply.pk)
    action = approve_pending_post.together([first, second], actor=carol, **WHY).action
    delete_post(now(second).post, actor=bob)
    undone = undo(action, actor=carol, **WHY)
    assert (undone.restored, [target for target, _later in undone.kept]) == (1, [second])
    assert now(first).is_waiting


def test_rejection_taken_back_waits_again_also_by_appeal(pending, bob, carol, erin):
    from forum.moderation.appeals import appeal_against, uphold_appeal

    action = reject_pending_post(pending, actor=carol, **WHY)
    appeal = appeal_against(action, actor=bob, words="It was a joke.")
    uphold_appeal(appeal, actor=erin, reason="it was")
    assert now(pending).is_waiting
    assert Case.objects.open().get().pending_post == pending
    assert appeal.action.undone_by.act == "retract-rejection"


def test_rejected_after_all_approved(pending, carol):
    reject_pending_post(pending, actor=carol, **WHY)
    action = approve_pending_post(now(pending), actor=carol, **WHY)
    undo(action, actor=carol, **WHY)
    assert now(pending).state == "rejected"


def test_post_shown_again_by_hand_is_approved_all_the_same(pending, carol):
    undo(approve_pending_post(pending, actor=carol, **WHY), actor=carol, **WHY)
    unhide_post(now(pending).post, actor=carol, **WHY)
    approve_pending_post(now(pending), actor=carol, **WHY)
    assert not now(pending).post.is_hidden


# -- Who, and when ---------------------------------------------------------------------------------


def test_only_moderators_of_the_board_decide_and_nobody_on_their_own(
    pending, bob, alice, board, carol, rule
):
    grace = User.objects.create_user("grace")
    other = type(board).objects.create(category=board.category, name="Stones", slug="stones")
    Role.objects.create(person=grace, board=other, kind=Role.Kind.MODERATOR)
    for person in (alice, bob, grace):
        with pytest.raises(NotAllowed):
            approve_pending_post(pending, actor=person, **WHY)
    Role.objects.create(person=bob, board=board, kind=Role.Kind.MODERATOR)
    with pytest.raises(NotAllowed):
        approve_pending_post(pending, actor=User.objects.get(pk=bob.pk), **WHY)
    assert approve_pending_post(pending, actor=carol, **WHY)


def test_withdrawn_meanwhile_it_is_not_approved(pending, bob, carol):
    withdraw_pending_post(pending, actor=bob)
    for act in (approve_pending_post, reject_pending_post):
        with pytest.raises(Gone):
            act(pending, actor=carol, **WHY)


def test_suspended_with_what_they_wrote_since_it_is_rejected_in_the_same_record(
    pending, bob, carol, opening
):
    early = wait(bob, parent_id=opening.pk)
    PendingPost.objects.filter(pk=early.pk).update(created_at=opening.created_at)
    action = suspend_person(bob, since=pending.created_at, actor=carol, **WHY)
    assert (now(pending).state, now(early).state) == ("rejected", "waiting")
    assert ModerationAction.objects.get() == action
    undo(action, actor=carol, **WHY)
    assert now(pending).is_waiting
