"""Approving and rejecting pending posts: publication, notifications, and undo."""

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
from tests.integration.pending_posts.conftest import TEXT, hold

REASON = {"reason": "because"}


def fresh(row):
    return type(row).objects.get(pk=row.pk)


def test_approved_post_is_published_and_sends_its_notifications(opening, bob, alice, carol, rule):
    source = f"@alice {TEXT}\n\n> Does moss harm the bricks?\n\nNo."
    pending = hold(bob, source=source, parent_id=opening.pk)
    action = approve_pending_post(pending, actor=carol, **REASON)
    post = Post.objects.get(author=bob)
    assert (post.parent, post.source, post.created_at > pending.created_at) == (
        opening,
        source,
        True,
    )
    assert (fresh(pending).state, fresh(pending).post) == ("approved", post)
    assert Mention.objects.get().person == alice
    assert Quote.objects.get().source_post == opening
    assert (Notification.objects.get().member, Notification.objects.get().post) == (alice, post)
    assert Thread.objects.get().post_count == 2
    notification = ModerationNotification.objects.get(member=bob)
    assert (notification.action, notification.post) == (action, post)
    assert (action.board, action.thread) == (opening.thread.board, opening.thread)
    assert not Case.objects.open().exists()
    assert approve_pending_post(fresh(pending), actor=carol, **REASON) == action
    assert Post.objects.filter(author=bob).count() == 1


def test_approval_starts_the_thread_and_makes_the_edit(board, reply, bob, carol, rule):
    thread = hold(bob, title="My casinos", board_id=board.pk)
    edit = hold(bob, source="It was the casino.", post_id=reply.pk)
    before = reply.latest_revision()
    outcome = approve_pending_post.together([thread, edit], actor=carol, **REASON)
    assert len(outcome.done) == 2
    assert ModerationAction.objects.count() == 1, "one record for both"
    assert Thread.objects.get(title="My casinos").author == bob
    assert fresh(reply).source == "It was the casino."
    assert before in reply.revisions.all(), "soon after it was written it keeps the one before"
    notification = ModerationNotification.objects.get(member=bob)
    assert notification.post is None, "of several the notice leads to the list of them"


def test_posts_that_cannot_be_approved_are_left_out(opening, reply, bob, alice, carol, rule):
    approvable, unapprovable = hold(bob, parent_id=opening.pk), hold(bob, parent_id=reply.pk)
    delete_post(reply, actor=bob)
    outcome = approve_pending_post.together([approvable, unapprovable], actor=carol, **REASON)
    assert outcome.done == [approvable]
    (target, error) = outcome.refused[0]
    assert target == unapprovable
    assert "The post you’re replying to was removed" in str(error)
    assert fresh(unapprovable).is_waiting


def test_slow_mode_limits_posting_but_not_approval(opening, bob, carol, rule):
    first, second = (hold(bob, parent_id=opening.pk) for _twice in range(2))
    enable_thread_slow_mode(opening.thread, minutes=10, actor=carol, **REASON)
    assert len(approve_pending_post.together([first, second], actor=carol, **REASON).done) == 2
    with pytest.raises(UserError):
        hold(bob, parent_id=opening.pk)


@pytest.mark.parametrize("how", ["deleted", "hidden", "locked", "closed", "suspended", "silenced"])
def test_post_that_cannot_be_published_stays_pending(opening, reply, alice, bob, carol, rule, how):
    pending = hold(alice, parent_id=reply.pk)
    match how:
        case "deleted":
            delete_post(reply, actor=bob)
        case "hidden":
            hide_post(reply, actor=carol, **REASON)
        case "locked":
            lock_thread(reply.thread, actor=carol, **REASON)
        case "closed":
            board = reply.thread.board
            board.closed_at = pending.created_at
            board.save()
        case "suspended":
            suspend_person(alice, actor=carol, **REASON)
        case "silenced":
            silence_person(alice, board=reply.thread.board, actor=carol, **REASON)
    count = ModerationAction.objects.count()
    with pytest.raises(Conflict, match="stays pending"):
        approve_pending_post(pending, actor=carol, **REASON)
    assert ModerationAction.objects.count() == count
    assert fresh(pending).is_waiting
    assert reject_pending_post(pending, actor=carol, **REASON).act == "reject-pending-post"


def test_reply_to_a_moved_post_is_published_in_its_new_thread(
    reply, alice, bob, board, carol, rule
):
    pending = hold(alice, parent_id=reply.pk)
    other = start_thread(board, author=bob, title="Ivy", source="And ivy?")
    move_branch(reply, to=other.last_post, actor=carol, **REASON)
    approve_pending_post(pending, actor=carol, **REASON)
    assert fresh(pending).post.thread == other


def test_thread_in_a_deleted_board_can_only_be_rejected(board, bob, carol, rule):
    pending = hold(bob, title="My casinos", board_id=board.pk)
    board.delete()
    with pytest.raises(Conflict, match="board"):
        approve_pending_post(fresh(pending), actor=carol, **REASON)
    with pytest.raises(Gone):
        withdraw_pending_post(pending, actor=bob)
    reject_pending_post(fresh(pending), actor=carol, **REASON)


def test_permanently_deleted_post_is_left_out_of_an_approval(opening, bob, carol, rule):
    approvable, erased_post = (hold(bob, parent_id=opening.pk) for _twice in range(2))
    PendingPost.objects.filter(pk=erased_post.pk).update(source="", state="rejected")
    outcome = approve_pending_post.together([approvable, fresh(erased_post)], actor=carol, **REASON)
    assert outcome.done == [approvable]
    assert str(outcome.refused[0][1]) == "The text was permanently deleted."


def test_edit_cannot_be_approved_after_a_later_edit(reply, bob, carol, rule):
    pending = hold(bob, source="It was the casino.", post_id=reply.pk)
    PendingPost.objects.update(base_revision=reply.latest_number)
    reply_to(reply, author=bob, source="So that the edit is kept.")
    edit_post(reply, actor=bob, source="It was the rain.")
    with pytest.raises(Conflict, match="edited again"):
        approve_pending_post(fresh(pending), actor=carol, **REASON)
    assert fresh(reply).source == "It was the rain."


def test_rejected_post_is_shown_to_its_author_only_who_can_revise_it(
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
    assert TEXT in page
    assert f"/log/{action.pk}/appeal/" in page
    assert TEXT not in as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert as_alice.get(f"/log/{action.pk}/").status_code == 404
    response = as_bob.post(f"{pending.get_absolute_url()}withdraw/", {"do": "change"})
    assert TEXT in as_bob.get(response["Location"]).content.decode()
    assert Draft.objects.get().source == TEXT


def test_notification_of_an_approval_links_to_the_post(as_bob, bob, pending, carol):
    approve_pending_post(pending, actor=carol, **REASON)
    post = Post.objects.get(author=bob)
    page = as_bob.get("/inbox/").content.decode()
    assert "Your post was approved and published." in page
    assert f'href="/p/{post.pk}/"' in page
    assert f'href="/p/{post.pk}/"' in as_bob.get(pending.get_absolute_url()).content.decode()


# -- Undoing --------------------------------------------------------------------------------------


def test_undoing_an_approval_hides_the_post_and_undoing_that_shows_it_again(
    as_alice, pending, bob, alice, carol, opening
):
    action = approve_pending_post(pending, actor=carol, **REASON)
    post = fresh(pending).post
    undo_action = undo(action, actor=carol, reason="a mistake").action
    assert undo_action.act == "retract-approval"
    assert (fresh(pending).state, fresh(post).is_hidden) == ("waiting", True)
    assert (Thread.objects.get().post_count, Thread.objects.get().last_post) == (1, opening)
    assert TEXT not in as_alice.get(opening.thread.get_absolute_url()).content.decode()
    assert Case.objects.open().get().pending_post == pending
    second_action = undo(undo_action, actor=carol, reason="no, it was right").action
    assert second_action.act == "approve-pending-post"
    assert (fresh(pending).state, fresh(pending).post, fresh(post).is_hidden) == (
        "approved",
        post,
        False,
    )
    assert Post.objects.filter(author=bob).count() == 1
    assert Thread.objects.get().post_count == 2


def test_undoing_the_approval_of_a_thread_unlists_it(visitor, board, bob, carol, rule):
    pending = hold(bob, title="My casinos", board_id=board.pk)
    action = approve_pending_post(pending, actor=carol, **REASON)
    assert "My casinos" in visitor.get(board.get_absolute_url()).content.decode()
    undo_action = undo(action, actor=carol, **REASON).action
    assert "My casinos" not in visitor.get(board.get_absolute_url()).content.decode()
    undo(undo_action, actor=carol, **REASON)
    assert "My casinos" in visitor.get(board.get_absolute_url()).content.decode()


def test_undoing_the_approval_of_an_edit_restores_the_text(reply, bob, carol, rule):
    pending = hold(bob, source="It was the casino.", post_id=reply.pk)
    action = approve_pending_post(pending, actor=carol, **REASON)
    undo(action, actor=carol, **REASON)
    assert fresh(reply).source == reply.source
    assert fresh(pending).is_waiting


def test_undo_leaves_posts_changed_since(reply, opening, bob, carol, rule):
    first, second = hold(bob, parent_id=opening.pk), hold(bob, parent_id=reply.pk)
    action = approve_pending_post.together([first, second], actor=carol, **REASON).action
    delete_post(fresh(second).post, actor=bob)
    undone = undo(action, actor=carol, **REASON)
    assert (undone.restored, [target for target, _later in undone.kept]) == (1, [second])
    assert fresh(first).is_waiting


def test_upheld_appeal_against_a_rejection_makes_the_post_pending_again(pending, bob, carol, erin):
    from forum.moderation.appeals import appeal_against, uphold_appeal

    action = reject_pending_post(pending, actor=carol, **REASON)
    appeal = appeal_against(action, actor=bob, words="It was a joke.")
    uphold_appeal(appeal, actor=erin, reason="it was")
    assert fresh(pending).is_waiting
    assert Case.objects.open().get().pending_post == pending
    assert appeal.action.undone_by.act == "retract-rejection"


def test_undoing_the_approval_of_a_rejected_post_rejects_it_again(pending, carol):
    reject_pending_post(pending, actor=carol, **REASON)
    action = approve_pending_post(fresh(pending), actor=carol, **REASON)
    undo(action, actor=carol, **REASON)
    assert fresh(pending).state == "rejected"


def test_post_that_was_unhidden_after_an_undone_approval_can_be_approved(pending, carol):
    undo(approve_pending_post(pending, actor=carol, **REASON), actor=carol, **REASON)
    unhide_post(fresh(pending).post, actor=carol, **REASON)
    approve_pending_post(fresh(pending), actor=carol, **REASON)
    assert not fresh(pending).post.is_hidden


def test_only_moderators_of_the_board_decide_and_never_on_their_own_posts(
    pending, bob, alice, board, carol, rule
):
    grace = User.objects.create_user("grace")
    other = type(board).objects.create(category=board.category, name="Stones", slug="stones")
    Role.objects.create(person=grace, board=other, kind=Role.Kind.MODERATOR)
    for person in (alice, bob, grace):
        with pytest.raises(NotAllowed):
            approve_pending_post(pending, actor=person, **REASON)
    Role.objects.create(person=bob, board=board, kind=Role.Kind.MODERATOR)
    with pytest.raises(NotAllowed):
        approve_pending_post(pending, actor=User.objects.get(pk=bob.pk), **REASON)
    assert approve_pending_post(pending, actor=carol, **REASON)


def test_withdrawn_post_cannot_be_approved_or_rejected(pending, bob, carol):
    withdraw_pending_post(pending, actor=bob)
    for function in (approve_pending_post, reject_pending_post):
        with pytest.raises(Gone):
            function(pending, actor=carol, **REASON)


def test_suspension_since_a_time_rejects_pending_posts_in_the_same_entry(
    pending, bob, carol, opening
):
    early = hold(bob, parent_id=opening.pk)
    PendingPost.objects.filter(pk=early.pk).update(created_at=opening.created_at)
    action = suspend_person(bob, since=pending.created_at, actor=carol, **REASON)
    assert (fresh(pending).state, fresh(early).state) == ("rejected", "waiting")
    assert ModerationAction.objects.get() == action
    undo(action, actor=carol, **REASON)
    assert fresh(pending).is_waiting
