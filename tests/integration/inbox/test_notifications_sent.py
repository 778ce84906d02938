"""Notifications of posts: at most one per post, for the strongest cause, never for hidden posts."""

from __future__ import annotations

from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.read_state import (
    mark_branch_read,
    mark_revisions_read,
    mark_thread_read,
    mark_unread_from,
)
from forum.actions.threads import start_thread
from forum.models import Board, Notification, Post, ReadState, Revision, Role, Thread, User
from forum.models.accounts import FollowOwnPosts
from forum.moderation.actions.branch_moves import merge_thread, split_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.suspensions import suspend_person
from tests.integration.inbox.conftest import unread_inbox

QUESTION = "Does moss harm the bricks?"
COMBINATIONS = list(product([False, True], repeat=2))


@pytest.fixture(autouse=True)
def _alice_follows_nothing(alice: User) -> None:
    """Let alice have only the causes that are in the posts themselves."""
    alice.follow_own_posts = FollowOwnPosts.NEVER
    alice.save(update_fields=["follow_own_posts"])


def text(*, mentions: bool, quotes: bool) -> str:
    statement = "No, as far as anybody knows."
    quoted = f"> {QUESTION}\n\n" if quotes else ""
    return quoted + (f"What @alice asked. {statement}" if mentions else statement)


def cause_of(*, replies: bool, mentions: bool, quotes: bool) -> str | None:
    if replies:
        return "reply"
    if mentions:
        return "mention"
    return "quote" if quotes else None


def end_grace_period(post: Post) -> None:
    """Age the revisions of a post, so that the next edit makes a new one."""
    Revision.objects.filter(post=post).update(created_at=timezone.now() - timedelta(hours=1))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("was_seen", "in_grace"), [(False, True), (True, True), (True, False)], ids=str
)
@pytest.mark.parametrize("replies", [True, False])
def test_cause_after_posting_editing_reading_and_hiding(
    opening: Post,
    reply: Post,
    alice: User,
    carol: User,
    erin: User,
    replies: bool,
    was_seen: bool,
    in_grace: bool,
) -> None:
    mark_thread_read(opening.thread, member=alice)
    for before, after in product(COMBINATIONS, COMBINATIONS):
        case = (before, after)
        first = {"mentions": before[0], "quotes": before[1]}
        second = {"mentions": after[0], "quotes": after[1]}
        post = reply_to(opening if replies else reply, author=carol, source=text(**first))
        cause = cause_of(replies=replies, **first)
        assert unread_inbox(alice) == ({post.pk: cause} if cause else {}), case
        if was_seen:
            mark_revisions_read(post.thread, member=alice, numbers=[post.latest_number])
            assert unread_inbox(alice) == {}, case
        if not in_grace:
            end_grace_period(post)

        post = edit_post(post, actor=carol, source=text(**second) + " Or so.")
        later = cause_of(replies=replies, **second)
        expected = {post.pk: later} if later and not (was_seen and cause) else {}
        assert unread_inbox(alice) == expected, case
        assert Notification.objects.filter(post=post, member=alice).count() <= 1, case
        if not expected:
            continue
        if not any(before):  # once for each cause: hiding does not look at how it came about
            hide_post(post, actor=erin, reason="spam")
            assert unread_inbox(alice) == {}, case
            unhide_post(post, actor=erin, reason="not spam")
            assert unread_inbox(alice) == expected, case
        # Reading another post clears nothing; reading the post's current revision does.
        mark_revisions_read(post.thread, member=alice, numbers=[reply.number])
        assert unread_inbox(alice) == expected, case
        mark_revisions_read(post.thread, member=alice, numbers=[post.latest_number])
        assert unread_inbox(alice) == {}, case


def test_deleted_reply_notifies_nobody(reply: Post, alice: User, bob: User) -> None:
    assert unread_inbox(alice) == {reply.pk: "reply"}
    delete_post(reply, actor=bob)
    assert unread_inbox(alice) == {}


def test_mention_added_by_a_small_edit_makes_the_post_unread(
    opening: Post, reply: Post, alice: User, carol: User, bob: User
) -> None:
    mark_thread_read(opening.thread, member=alice)
    post = reply_to(reply, author=carol, source="Lime helps.")
    mark_revisions_read(post.thread, member=alice, numbers=[post.number])
    edit_post(post, actor=carol, source="Lime helps, @alice.")
    numbers = ReadState.objects.get(member=alice, thread=post.thread).numbers
    assert not any(post.latest_number in range(run.lower, run.upper) for run in numbers)


def test_own_posts_and_inactive_accounts_are_not_notified(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    User.objects.filter(pk=carol.pk).update(is_active=False)
    post = reply_to(opening, author=alice, source=f"> {QUESTION}\n\n@alice @carol I asked that.")
    assert not Notification.objects.filter(post=post).exists()


def test_suspended_member_is_notified(opening: Post, alice: User, bob: User, carol: User) -> None:
    suspend_person(alice, actor=carol, reason="heat")
    post = reply_to(opening, author=bob, source="Cool down.")
    assert unread_inbox(alice) == {post.pk: "reply"}


def test_opening_post_notifies_mentioned_members(board: Board, alice: User, bob: User) -> None:
    thread = start_thread(board, author=bob, title="For alice", source="What now, @alice?")
    assert unread_inbox(alice) == {Post.objects.get(thread=thread).pk: "mention"}


def test_deleted_thread_notifies_only_its_moderators(
    board: Board, alice: User, bob: User, carol: User
) -> None:
    thread = start_thread(board, author=bob, title="Soon gone", source="@alice @carol, look.")
    opening = Post.objects.get(thread=thread)
    assert set(unread_inbox(alice)) == set(unread_inbox(carol)) == {opening.pk}
    Thread.objects.filter(pk=thread.pk).update(deleted_at=timezone.now())
    assert unread_inbox(alice) == {}
    assert set(unread_inbox(carol)) == {opening.pk}


def test_moderators_are_notified_only_of_readable_posts(
    opening: Post, bob: User, carol: User, erin: User
) -> None:
    own_post = reply_to(opening, author=carol, source="A word of the moderator’s.")
    bobs_reply = reply_to(own_post, author=bob, source="An answer to it.")
    hide_post(bobs_reply, actor=erin, reason="spam")
    assert set(unread_inbox(carol)) == {bobs_reply.pk}
    Role.objects.filter(person=carol).update(board=opening.thread.board)
    assert set(unread_inbox(carol)) == {bobs_reply.pk}
    Role.objects.filter(person=carol).delete()
    assert unread_inbox(carol) == {}


def test_marking_a_branch_or_thread_read_clears_its_notifications(
    opening: Post, reply: Post, alice: User, bob: User
) -> None:
    own_post = reply_to(reply, author=alice, source="And in summer?")
    below = reply_to(own_post, author=bob, source="Never.")
    assert set(unread_inbox(alice)) == {reply.pk, below.pk}
    mark_branch_read(own_post, member=alice)
    assert set(unread_inbox(alice)) == {reply.pk}
    mark_thread_read(opening.thread, member=alice)
    assert unread_inbox(alice) == {}
    mark_unread_from(below, member=alice)
    assert unread_inbox(alice) == {}  # the notifications were read and stay so


def test_moved_branch_takes_its_notifications_along(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    split_branch(reply, title="Of its own", actor=carol, reason="grew")
    assert set(unread_inbox(alice)) == {reply.pk}
    new_thread = Post.objects.get(pk=reply.pk).thread
    assert new_thread.pk != opening.thread_id
    mark_thread_read(opening.thread, member=alice)
    assert set(unread_inbox(alice)) == {reply.pk}
    merge_thread(new_thread, into=opening.thread, actor=carol, reason="belongs here")
    assert set(unread_inbox(alice)) == {reply.pk}
    mark_branch_read(Post.objects.get(pk=reply.pk), member=alice)
    assert unread_inbox(alice) == {}


def test_imported_thread_notifies_nobody(board: Board, alice: User, bob: User) -> None:
    begun = timezone.now()
    posts = [
        ImportedPost(1, None, alice, QUESTION, begun),
        ImportedPost(2, 1, bob, f"> {QUESTION}\n\nNo, @alice.", begun),
    ]
    import_thread(board, title="From elsewhere", posts=posts)
    assert not Notification.objects.exists()
