"""Who is told of a post, and why: at most once, for the strongest cause, never what is hidden."""

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
from forum.moderation.actions.branch_moves import merge_thread, split_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.suspensions import suspend_person
from tests.integration.inbox.conftest import told

WORDS = "Does moss harm the bricks?"
COMBINATIONS = list(product([False, True], repeat=2))


def text(*, mentions: bool, quotes: bool) -> str:
    said = "No, as far as anybody knows."
    quoted = f"> {WORDS}\n\n" if quotes else ""
    return quoted + (f"What @alice asked. {said}" if mentions else said)


def cause_of(*, replies: bool, mentions: bool, quotes: bool) -> str | None:
    if replies:
        return "reply"
    if mentions:
        return "mention"
    return "quote" if quotes else None


def settle(post: Post) -> None:
    """Let the time in which an edit writes over what it corrects go by."""
    Revision.objects.filter(post=post).update(created_at=timezone.now() - timedelta(hours=1))


@pytest.mark.parametrize(
    ("was_seen", "in_grace"), [(False, True), (True, True), (True, False)], ids=str
)
@pytest.mark.parametrize("replies", [True, False])
def test_table_of_causes_by_post_edit_seeing_and_hiding(
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
        then = {"mentions": after[0], "quotes": after[1]}
        post = reply_to(opening if replies else reply, author=carol, source=text(**first))
        cause = cause_of(replies=replies, **first)
        assert told(alice) == ({post.pk: cause} if cause else {}), case
        if was_seen:
            mark_revisions_read(post.thread, member=alice, numbers=[post.latest_number])
            assert told(alice) == {}, case
        if not in_grace:
            settle(post)

        post = edit_post(post, actor=carol, source=text(**then) + " Or so.")
        later = cause_of(replies=replies, **then)
        waits = {post.pk: later} if later and not (was_seen and cause) else {}
        assert told(alice) == waits, case
        assert Notification.objects.filter(post=post, member=alice).count() <= 1, case
        if not waits:
            continue
        hide_post(post, actor=erin, reason="spam")
        assert told(alice) == {}, case
        unhide_post(post, actor=erin, reason="not spam")
        assert told(alice) == waits, case
        # Seeing something else of the thread clears nothing; seeing what it says now does.
        mark_revisions_read(post.thread, member=alice, numbers=[reply.number])
        assert told(alice) == waits, case
        mark_revisions_read(post.thread, member=alice, numbers=[post.latest_number])
        assert told(alice) == {}, case


def test_deleted_reply_notifies_nobody(reply: Post, alice: User, bob: User) -> None:
    assert told(alice) == {reply.pk: "reply"}
    delete_post(reply, actor=bob)
    assert told(alice) == {}


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
    post = reply_to(opening, author=alice, source=f"> {WORDS}\n\n@alice @carol I asked that.")
    assert not Notification.objects.filter(post=post).exists()


def test_suspended_member_is_notified(opening: Post, alice: User, bob: User, carol: User) -> None:
    suspend_person(alice, actor=carol, reason="heat")
    post = reply_to(opening, author=bob, source="Cool down.")
    assert told(alice) == {post.pk: "reply"}


def test_opening_post_notifies_mentioned_members(board: Board, alice: User, bob: User) -> None:
    thread = start_thread(board, author=bob, title="For alice", source="What now, @alice?")
    assert told(alice) == {Post.objects.get(thread=thread).pk: "mention"}


def test_deleted_thread_notifies_only_its_moderators(
    board: Board, alice: User, bob: User, carol: User
) -> None:
    thread = start_thread(board, author=bob, title="Soon gone", source="@alice @carol, look.")
    opening = Post.objects.get(thread=thread)
    assert set(told(alice)) == set(told(carol)) == {opening.pk}
    Thread.objects.filter(pk=thread.pk).update(deleted_at=timezone.now())
    assert told(alice) == {}
    assert set(told(carol)) == {opening.pk}


def test_moderators_are_notified_only_of_readable_posts(
    opening: Post, bob: User, carol: User, erin: User
) -> None:
    mine = reply_to(opening, author=carol, source="A word of the moderator’s.")
    answer = reply_to(mine, author=bob, source="An answer to it.")
    hide_post(answer, actor=erin, reason="spam")
    assert set(told(carol)) == {answer.pk}
    Role.objects.filter(person=carol).update(board=opening.thread.board)
    assert set(told(carol)) == {answer.pk}
    Role.objects.filter(person=carol).delete()
    assert told(carol) == {}


def test_marking_a_branch_or_a_thread_read_clears_it(
    opening: Post, reply: Post, alice: User, bob: User
) -> None:
    mine = reply_to(reply, author=alice, source="And in summer?")
    below = reply_to(mine, author=bob, source="Never.")
    assert set(told(alice)) == {reply.pk, below.pk}
    mark_branch_read(mine, member=alice)
    assert set(told(alice)) == {reply.pk}
    mark_thread_read(opening.thread, member=alice)
    assert told(alice) == {}
    mark_unread_from(below, member=alice)
    assert told(alice) == {}  # they were told, and came


def test_moved_branch_takes_its_notifications_along(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    split_branch(reply, title="Of its own", actor=carol, reason="grew")
    assert set(told(alice)) == {reply.pk}
    new = Post.objects.get(pk=reply.pk).thread
    assert new.pk != opening.thread_id
    mark_thread_read(opening.thread, member=alice)
    assert set(told(alice)) == {reply.pk}
    merge_thread(new, into=opening.thread, actor=carol, reason="belongs here")
    assert set(told(alice)) == {reply.pk}
    mark_branch_read(Post.objects.get(pk=reply.pk), member=alice)
    assert told(alice) == {}


def test_imported_thread_notifies_nobody(board: Board, alice: User, bob: User) -> None:
    begun = timezone.now()
    posts = [
        ImportedPost(1, None, alice, WORDS, begun),
        ImportedPost(2, 1, bob, f"> {WORDS}\n\nNo, @alice.", begun),
    ]
    import_thread(board, title="From elsewhere", posts=posts)
    assert not Notification.objects.exists()
