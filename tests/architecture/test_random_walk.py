"""Random sequences of actions leave the trees, the counters and the log consistent."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.errors import UserError
from forum.models import Board, Mention, ModerationAction, Post, Quote, Revision, Thread, User
from forum.models.tree import faults
from forum.moderation.actions.branch_moves import merge_thread, move_branch, split_branch
from forum.moderation.actions.locking import lock_thread, unlock_thread
from forum.moderation.actions.pinning import pin_thread, unpin_thread
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.suspensions import lift_suspension, suspend_person
from forum.moderation.undo import undo
from tests.scene import undone

pytestmark = pytest.mark.slow

STEPS = 100
SEEDS = range(2)
TEXTS = (
    "Plain words number {n}.",
    "@alice and @bob, number {n}.",
    "> Plain words number {n}\n\nQuoted.",
    "`code` **{n}**",
)


class Walk:
    """Random actions of random members on random posts and threads, from one seed."""

    def __init__(self, board: Board, members: list[User], moderator: User, seed: int) -> None:
        self.random = random.Random(seed)
        self.board = board
        self.members = members
        self.moderator = moderator
        self.done: set[str] = set()

    def step(self, n: int) -> None:
        action = self.random.choice(ACTIONS)
        log_count = ModerationAction.objects.count()
        try:
            action(self, n)
        except UserError:
            # A refused action writes nothing, not even a log entry.
            assert ModerationAction.objects.count() == log_count, action.__name__
            return
        assert ModerationAction.objects.count() - log_count <= 1, action.__name__
        self.done.add(action.__name__)

    def person(self) -> User:
        pk = self.random.choice(self.members).pk
        return User.objects.get(pk=pk)

    def post(self) -> Post:
        posts = Post.objects.order_by("id").select_related("thread__board", "author", "parent")
        return posts[self.random.randrange(Post.objects.count())]

    def thread(self) -> Thread:
        threads = Thread.objects.order_by("id").select_related("board")
        return threads[self.random.randrange(Thread.objects.count())]

    def text(self, n: int) -> str:
        return self.random.choice(TEXTS).format(n=self.random.randrange(n + 1))

    @property
    def actor_and_reason(self) -> dict[str, Any]:
        return {"actor": self.moderator, "reason": "order"}


def start(walk: Walk, n: int) -> None:
    start_thread(walk.board, author=walk.person(), title=f"Thread {n}", source=walk.text(n))


def reply(walk: Walk, n: int) -> None:
    reply_to(walk.post(), author=walk.person(), source=walk.text(n))


def edit(walk: Walk, n: int) -> None:
    post = walk.post()
    edit_post(post, actor=User.objects.get(pk=post.author_id), source=walk.text(n) + " Edited.")


def delete(walk: Walk, n: int) -> None:
    post = walk.post()
    delete_post(post, actor=User.objects.get(pk=post.author_id))


def hide(walk: Walk, n: int) -> None:
    hide_post(walk.post(), **walk.actor_and_reason)


def unhide(walk: Walk, n: int) -> None:
    hidden = Post.objects.exclude(hidden_at=None).first()
    unhide_post(hidden or walk.post(), **walk.actor_and_reason)


def lock(walk: Walk, n: int) -> None:
    lock_thread(walk.thread(), **walk.actor_and_reason)


def unlock(walk: Walk, n: int) -> None:
    unlock_thread(
        Thread.objects.exclude(locked_at=None).first() or walk.thread(), **walk.actor_and_reason
    )


def pin(walk: Walk, n: int) -> None:
    pin_thread(walk.thread(), **walk.actor_and_reason)


def unpin(walk: Walk, n: int) -> None:
    unpin_thread(walk.thread(), **walk.actor_and_reason)


def suspend(walk: Walk, n: int) -> None:
    suspend_person(walk.person(), **walk.actor_and_reason)


def lift(walk: Walk, n: int) -> None:
    lift_suspension(User.objects.suspended().first() or walk.person(), **walk.actor_and_reason)


def move(walk: Walk, n: int) -> None:
    move_branch(walk.post(), to=walk.post(), **walk.actor_and_reason)


def split(walk: Walk, n: int) -> None:
    split_branch(walk.post(), title=f"Split {n}", **walk.actor_and_reason)


def merge(walk: Walk, n: int) -> None:
    merge_thread(walk.thread(), into=walk.thread(), **walk.actor_and_reason)


def hide_some(walk: Walk, n: int) -> None:
    hide_post.together([walk.post() for _ in range(5)], **walk.actor_and_reason)


def undo_random(walk: Walk, n: int) -> None:
    actions = list(ModerationAction.objects.order_by("id"))
    if actions:
        undo(walk.random.choice(actions), **walk.actor_and_reason)


FREQUENT: tuple[Callable[[Walk, int], None], ...] = (reply,) * 8 + (start, edit, delete, move) * 2
RARE = (hide, hide_some, unhide, lock, unlock, unlock, pin, unpin, suspend, lift, lift)
ACTIONS = FREQUENT + RARE + (split, merge, undo_random, undo_random)


def recount(thread: Thread) -> dict[str, Any]:
    """Return the right values of a thread's counters, found without the forum's own queries."""
    posts = list(Post.objects.filter(thread=thread).order_by("id"))
    visible = [post for post in posts if not post.deleted_at and not post.hidden_at]
    numbers = [post.number for post in posts]
    numbers += Revision.objects.filter(post__thread=thread).values_list("number", flat=True)
    last = visible[-1] if visible else None
    return {
        "post_count": len(visible),
        "last_post_id": last.pk if last else None,
        "number is free": True if not numbers else thread.next_number > max(numbers),
    }


def check_everything() -> None:
    assert faults() == []
    for thread in Thread.objects.all():
        counters = {"post_count": thread.post_count, "last_post_id": thread.last_post_id}
        assert counters | {"number is free": True} == recount(thread)
        # A merged thread has lost its opening post and redirects; every other thread has one.
        roots = Post.objects.filter(thread=thread, parent=None).count()
        assert roots == (0 if thread.merged_into_id else 1)
    for post in Post.objects.all():
        latest = post.latest_revision()
        assert latest.source == post.source
        assert (post.hidden_at is None) is (post.hidden_action_id is None)
    for quote in Quote.objects.select_related("source_revision"):
        assert quote.source_revision.post_id == quote.source_post_id
    assert not Mention.objects.exclude(post__in=Post.objects.all()).exists()
    for action in ModerationAction.objects.prefetch_related("effects"):
        assert action.effects.count() >= 1
        assert action.reason == "order"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_random_actions_keep_the_data_consistent(
    board: Board, thread: Thread, alice: User, bob: User, carol: User
) -> None:
    done: set[str] = set()
    for seed in SEEDS:
        with undone():
            walk = Walk(board, [alice, bob], carol, seed)
            for n in range(STEPS):
                walk.step(n)
                if n % 25 == 24:
                    check_everything()
            done |= walk.done
    assert done == {action.__name__ for action in ACTIONS}


def test_check_finds_a_wrong_counter(thread: Thread) -> None:
    Thread.objects.filter(pk=thread.pk).update(post_count=7)
    with pytest.raises(AssertionError):
        check_everything()
