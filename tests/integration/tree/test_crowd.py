"""Many people write at the same moment, each from a process of their own."""

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

PROCESSES, EACH = 16, 25


@pytest.fixture
def other(transactional_db, board, bob):
    """A second thread."""
    return start_thread(board, author=bob, title="Ivy", source="And ivy?")


def test_crowd_answers_in_one_thread_and_nothing_is_lost(crowd, sound, thread, bob):
    outcomes = crowd("replies", processes=PROCESSES, author=bob.pk, count=EACH, roots=[thread.pk])

    saved = list(chain(*outcomes))
    assert all(isinstance(outcome, int) for outcome in saved), outcomes
    assert len(set(saved)) == PROCESSES * EACH
    assert set(saved) <= set(Post.objects.filter(thread=thread).values_list("pk", flat=True))
    sources = Post.objects.filter(pk__in=saved).values_list("source", flat=True)
    assert set(sources) == {f"{who}/{which}" for who in range(PROCESSES) for which in range(EACH)}
    sound()
    thread.refresh_from_db()
    assert thread.post_count == 1 + len(saved)
    assert thread.last_post_id == max(saved)
    numbers = Post.objects.by_number(thread).values_list("number", flat=True)
    assert list(numbers) == list(range(1, 2 + len(saved)))


def test_crowd_starts_threads_and_each_has_a_tree_of_its_own(
    crowd, sound, transactional_db, board, bob
):
    outcomes = crowd("threads", processes=PROCESSES, author=bob.pk, count=EACH, board=board.pk)

    started = list(chain(*outcomes))
    assert len(set(started)) == PROCESSES * EACH
    roots = Post.objects.filter(thread__in=started).order_by().values_list("tree_id", "number")
    assert sorted(roots) == sorted((pk, 1) for pk in started)
    sound()


def test_replies_are_saved_while_branches_move_within_and_between_threads(
    crowd, sound, thread, other, bob, carol
):
    for root in Post.objects.filter(thread__in=[thread, other]):
        for words in ("One.", "Two.", "Three."):
            reply_to(reply_to(root, author=bob, source=words), author=bob, source=words)
    there = Post.objects.count()

    outcomes = crowd(
        "replies_and_moves",
        processes=PROCESSES,
        author=bob.pk,
        moderator=carol.pk,
        movers=5,
        count=10,
        roots=[thread.pk, other.pk],
    )

    moved, saved = list(chain(*outcomes[:5])), list(chain(*outcomes[5:]))
    assert all(isinstance(outcome, int) for outcome in saved), outcomes
    # Nothing moves below itself, or to where it is: that is all that a mover may hear.
    assert {outcome for outcome in moved if not isinstance(outcome, int)} <= {"Invalid", "Changed"}
    assert sum(isinstance(outcome, int) for outcome in moved) > len(moved) / 2
    assert Post.objects.count() == there + 11 * 10
    assert Revision.objects.count() == Post.objects.count()
    assert Thread.objects.filter(pk__in=[thread.pk, other.pk]).count() == 2
    sound()


def test_same_reply_sent_by_many_at_once_is_one_post(crowd, sound, opening, bob):
    outcomes = crowd(
        "same_reply", processes=8, author=bob.pk, parent=opening.pk, nonce=str(uuid4())
    )

    reply = Post.objects.get(parent=opening)
    assert outcomes == [[reply.pk]] * 8
    sound()


def test_same_thread_sent_by_many_at_once_is_one_thread(crowd, sound, transactional_db, board, bob):
    outcomes = crowd("same_thread", processes=8, author=bob.pk, board=board.pk, nonce=str(uuid4()))

    thread = Thread.objects.get()
    assert outcomes == [[thread.pk]] * 8
    sound()


def test_one_of_many_edits_of_a_revision_wins_and_others_conflict(crowd, sound, reply, bob):
    Revision.objects.filter(post=reply).update(created_at=reply.created_at - timedelta(hours=1))
    outcomes = crowd("edits", processes=8, author=bob.pk, post=reply.pk, base=reply.number)

    assert sorted(map(str, chain(*outcomes))) == [str(reply.pk)] + ["Conflict"] * 7
    assert reply.revisions.count() == 2
    sound()


# -- One meets another ---------------------------------------------------------------------------


class Elsewhere:
    """A deed in a connection of its own."""

    def __init__(self, act):
        self.act, self.result, self.error = act, None, None
        self.thread = threading.Thread(target=self.run)
        self.start = self.thread.start

    def run(self):
        try:
            self.result = self.act()
        except Exception as error:  # noqa: BLE001 (handed to the test)
            self.error = error
        finally:
            connections.close_all()

    def join(self):
        self.thread.join(20)
        assert not self.thread.is_alive()


def wait_until_somebody_waits():
    with connection.cursor() as cursor:
        for _try in range(500):
            cursor.execute("SELECT pg_sleep(0.02), count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[1]:
                return
    pytest.fail("nobody waits for a lock")


def test_reply_lands_with_its_parent_that_is_moved_while_it_waits(
    sound, thread, reply, other, bob, carol
):
    place = Post.objects.get(thread=other)
    answering = Elsewhere(lambda: reply_to(reply, author=bob, source="And in spring?"))

    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        answering.start()
        wait_until_somebody_waits()
        move_branch(reply, to=place, actor=carol, reason="about ivy")
    answering.join()

    assert answering.error is None
    landed = Post.objects.get(pk=answering.result.pk)
    assert (landed.thread_id, landed.parent_id) == (other.pk, reply.pk)
    sound()


@pytest.mark.parametrize(
    ("meanwhile", "error"),
    [
        (lambda post, _carol: delete_post(post, actor=post.author), Conflict),
        (lambda post, carol: hide_post(post, actor=carol, reason="spam"), Conflict),
        (lambda post, carol: lock_thread(post.thread, actor=carol, reason="enough"), Locked),
    ],
    ids=["deleted", "hidden", "locked"],
)
def test_reply_sees_changes_made_while_it_waits(
    sound, thread, reply, alice, carol, transactional_db, meanwhile, error
):
    answering = Elsewhere(lambda: reply_to(reply, author=alice, source="And in spring?"))

    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        answering.start()
        wait_until_somebody_waits()
        meanwhile(reply, carol)
    answering.join()

    assert isinstance(answering.error, error)
    assert not Post.objects.filter(parent=reply).exists()
    sound()


def test_reply_to_a_thread_that_is_held_for_5_seconds_is_told_so_and_not_written(
    thread, opening, bob, transactional_db
):
    with transaction.atomic():
        Thread.objects.lock(thread.pk)
        answering = Elsewhere(lambda: reply_to(opening, author=bob, source="Hello?"))
        answering.start()
        answering.join()

    assert isinstance(answering.error, Busy)
    assert not Post.objects.filter(parent=opening).exists()
