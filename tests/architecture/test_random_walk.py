"""After any walk of deeds the trees are whole, the counters true and the log complete."""

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
    """Somebody does something to something, again and again, from one seed."""

    def __init__(self, board: Board, members: list[User], moderator: User, seed: int) -> None:
        self.random = random.Random(seed)
        self.board = board
        self.members = members
        self.moderator = moderator
        self.done: set[str] = set()

    def step(self, n: int) -> None:
        deed = self.random.choice(DEEDS)
        logged = ModerationAction.objects.count()
        try:
            deed(self, n)
        except UserError:
            # Refused: nothing is written, not even to the log.
            assert ModerationAction.objects.count() == logged, deed.__name__
            return
        assert ModerationAction.objects.count() - logged <= 1, deed.__name__
        self.done.add(deed.__name__)

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
    def how(self) -> dict[str, Any]:
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
    hide_post(walk.post(), **walk.how)


def unhide(walk: Walk, n: int) -> None:
    hidden = Post.objects.exclude(hidden_at=None).first()
    unhide_post(hidden or walk.post(), **walk.how)


def lock(walk: Walk, n: int) -> None:
    lock_thread(walk.thread(), **walk.how)


def unlock(walk: Walk, n: int) -> None:
    unlock_thread(Thread.objects.exclude(locked_at=None).first() or walk.thread(), **walk.how)


def pin(walk: Walk, n: int) -> None:
    pin_thread(walk.thread(), **walk.how)


def unpin(walk: Walk, n: int) -> None:
    unpin_thread(walk.thread(), **walk.how)


def suspend(walk: Walk, n: int) -> None:
    suspend_person(walk.person(), **walk.how)


def lift(walk: Walk, n: int) -> None:
    lift_suspension(User.objects.suspended().first() or walk.person(), **walk.how)


def move(walk: Walk, n: int) -> None:
    move_branch(walk.post(), to=walk.post(), **walk.how)


def split(walk: Walk, n: int) -> None:
    split_branch(walk.post(), title=f"Split {n}", **walk.how)


def merge(walk: Walk, n: int) -> None:
    merge_thread(walk.thread(), into=walk.thread(), **walk.how)


def hide_some(walk: Walk, n: int) -> None:
    hide_post.together([walk.post() for _ in range(5)], **walk.how)


def take_back(walk: Walk, n: int) -> None:
    actions = list(ModerationAction.objects.order_by("id"))
    if actions:
        undo(walk.random.choice(actions), **walk.how)


MUCH: tuple[Callable[[Walk, int], None], ...] = (reply,) * 8 + (start, edit, delete, move) * 2
RARE = (hide, hide_some, unhide, lock, unlock, unlock, pin, unpin, suspend, lift, lift)
DEEDS = MUCH + RARE + (split, merge, take_back, take_back)


def recounted(thread: Thread) -> dict[str, Any]:
    """What a thread's counters should say, found without the forum's own queries."""
    posts = list(Post.objects.filter(thread=thread).order_by("id"))
    standing = [post for post in posts if not post.deleted_at and not post.hidden_at]
    numbers = [post.number for post in posts]
    numbers += Revision.objects.filter(post__thread=thread).values_list("number", flat=True)
    last = standing[-1] if standing else None
    return {
        "post_count": len(standing),
        "last_post_id": last.pk if last else None,
        "number is free": True if not numbers else thread.next_number > max(numbers),
    }


def check_everything() -> None:
    assert faults() == []
    for thread in Thread.objects.all():
        told = {"post_count": thread.post_count, "last_post_id": thread.last_post_id}
        assert told | {"number is free": True} == recounted(thread)
        # A thread whose root went elsewhere leads there; every other has one root.
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


def test_nothing_is_broken_by_a_walk_of_actions(
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
    assert done == {deed.__name__ for deed in DEEDS}


def test_check_notifications_a_wrong_counter(thread: Thread) -> None:
    Thread.objects.filter(pk=thread.pk).update(post_count=7)
    with pytest.raises(AssertionError):
        check_everything()
