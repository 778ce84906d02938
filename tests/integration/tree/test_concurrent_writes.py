"""Concurrent writes: many processes at once, and pairs of actions that wait for each other."""

from __future__ import annotations

import threading
from datetime import timedelta
from itertools import chain
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from forum.actions.posts import delete_post, reply_to
from forum.actions.threads import start_thread
from forum.errors import Busy, Conflict, Locked
from forum.models import Post, Revision, Thread
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post

pytestmark = pytest.mark.slow

PROCESSES, WRITES_PER_PROCESS = 16, 10


@pytest.fixture
def other_thread(transactional_db, board, bob):
    """Start a second thread."""
    return start_thread(board, author=bob, title="Ivy", source="And ivy?")


def test_concurrent_replies_in_one_thread_are_all_saved(crowd, assert_trees_sound, thread, bob):
    outcomes = crowd(
        "replies", processes=PROCESSES, author=bob.pk, count=WRITES_PER_PROCESS, roots=[thread.pk]
    )

    saved = list(chain(*outcomes))
    assert all(isinstance(outcome, int) for outcome in saved), outcomes
    assert len(set(saved)) == PROCESSES * WRITES_PER_PROCESS
    assert set(saved) <= set(Post.objects.filter(thread=thread).values_list("pk", flat=True))
    sources = Post.objects.filter(pk__in=saved).values_list("source", flat=True)
    assert set(sources) == {
        f"{process}/{index}" for process in range(PROCESSES) for index in range(WRITES_PER_PROCESS)
    }
    assert_trees_sound()
    thread.refresh_from_db()
    assert thread.post_count == 1 + len(saved)
    assert thread.last_post_id == max(saved)
    numbers = Post.objects.by_number(thread).values_list("number", flat=True)
    assert list(numbers) == list(range(1, 2 + len(saved)))


def test_concurrently_started_threads_have_their_own_trees(
    crowd, assert_trees_sound, transactional_db, board, bob
):
    outcomes = crowd(
        "threads", processes=PROCESSES, author=bob.pk, count=WRITES_PER_PROCESS, board=board.pk
    )

    started = list(chain(*outcomes))
    assert len(set(started)) == PROCESSES * WRITES_PER_PROCESS
    roots = Post.objects.filter(thread__in=started).order_by().values_list("tree_id", "number")
    assert sorted(roots) == sorted((pk, 1) for pk in started)
    assert_trees_sound()


def test_replies_are_saved_while_branches_move_within_and_between_threads(
    crowd, assert_trees_sound, thread, other_thread, bob, carol
):
    for root in Post.objects.filter(thread__in=[thread, other_thread]):
        for text in ("One.", "Two.", "Three."):
            reply_to(reply_to(root, author=bob, source=text), author=bob, source=text)
    posts_before = Post.objects.count()

    outcomes = crowd(
        "replies_and_moves",
        processes=PROCESSES,
        author=bob.pk,
        moderator=carol.pk,
        movers=5,
        count=10,
        roots=[thread.pk, other_thread.pk],
    )

    moved, saved = list(chain(*outcomes[:5])), list(chain(*outcomes[5:]))
    assert all(isinstance(outcome, int) for outcome in saved), outcomes
    # Moving a branch below itself or to where it is raises an error; nothing else may fail.
    assert {outcome for outcome in moved if not isinstance(outcome, int)} <= {"Invalid", "Changed"}
    assert sum(isinstance(outcome, int) for outcome in moved) > len(moved) / 2
    assert Post.objects.count() == posts_before + 11 * 10
    assert Revision.objects.count() == Post.objects.count()
    assert Thread.objects.filter(pk__in=[thread.pk, other_thread.pk]).count() == 2
    assert_trees_sound()


def test_form_sent_by_many_processes_at_once_posts_one_reply(
    crowd, assert_trees_sound, opening, bob
):
    outcomes = crowd(
        "same_reply", processes=8, author=bob.pk, parent=opening.pk, nonce=str(uuid4())
    )

    reply = Post.objects.get(parent=opening)
    assert outcomes == [[reply.pk]] * 8
    assert_trees_sound()


def test_form_sent_by_many_processes_at_once_starts_one_thread(
    crowd, assert_trees_sound, transactional_db, board, bob
):
    outcomes = crowd("same_thread", processes=8, author=bob.pk, board=board.pk, nonce=str(uuid4()))

    thread = Thread.objects.get()
    assert outcomes == [[thread.pk]] * 8
    assert_trees_sound()


def test_one_of_many_concurrent_edits_is_saved_and_others_conflict(
    crowd, assert_trees_sound, reply, bob
):
    Revision.objects.filter(post=reply).update(created_at=reply.created_at - timedelta(hours=1))
    outcomes = crowd("edits", processes=8, author=bob.pk, post=reply.pk, base_revision=reply.number)

    assert sorted(map(str, chain(*outcomes))) == [str(reply.pk)] + ["Conflict"] * 7
    assert reply.revisions.count() == 2
    assert_trees_sound()


# -- Actions that wait for a lock -----------------------------------------------------------------


class BackgroundCall:
    """A function that runs in a thread with its own database connection."""

    def __init__(self, function):
        self.function, self.result, self.error = function, None, None
        self.thread = threading.Thread(target=self.run)
        self.start = self.thread.start

    def run(self):
        try:
            self.result = self.function()
        except Exception as error:  # noqa: BLE001 (for the test)
            self.error = error
        finally:
            connections.close_all()

    def join(self):
        self.thread.join(20)
        assert not self.thread.is_alive()


def wait_until_a_lock_is_awaited():
    with connection.cursor() as cursor:
        for _try in range(500):
            cursor.execute("SELECT pg_sleep(0.02), count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[1]:
                return
    pytest.fail("nobody waits for a lock")


def test_blocked_reply_follows_its_parent_that_is_moved(
    assert_trees_sound, thread, reply, other_thread, bob, carol
):
    target = Post.objects.get(thread=other_thread)
    background_reply = BackgroundCall(lambda: reply_to(reply, author=bob, source="And in spring?"))

    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        background_reply.start()
        wait_until_a_lock_is_awaited()
        move_branch(reply, to=target, actor=carol, reason="about ivy")
    background_reply.join()

    assert background_reply.error is None
    reply_after_move = Post.objects.get(pk=background_reply.result.pk)
    assert (reply_after_move.thread_id, reply_after_move.parent_id) == (other_thread.pk, reply.pk)
    assert_trees_sound()


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda post, _carol: delete_post(post, actor=post.author), Conflict),
        (lambda post, carol: hide_post(post, actor=carol, reason="spam"), Conflict),
        (lambda post, carol: lock_thread(post.thread, actor=carol, reason="enough"), Locked),
    ],
    ids=["deleted", "hidden", "locked"],
)
def test_blocked_reply_fails_after_changes_of_its_parent(
    assert_trees_sound, thread, reply, alice, carol, transactional_db, change, error
):
    background_reply = BackgroundCall(
        lambda: reply_to(reply, author=alice, source="And in spring?")
    )

    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        background_reply.start()
        wait_until_a_lock_is_awaited()
        change(reply, carol)
    background_reply.join()

    assert isinstance(background_reply.error, error)
    assert not Post.objects.filter(parent=reply).exists()
    assert_trees_sound()


def test_reply_to_a_thread_that_is_locked_for_5_seconds_fails_as_busy(
    thread, opening, bob, transactional_db
):
    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        background_reply = BackgroundCall(lambda: reply_to(opening, author=bob, source="Hello?"))
        background_reply.start()
        background_reply.join()

    assert isinstance(background_reply.error, Busy)
    assert not Post.objects.filter(parent=opening).exists()
