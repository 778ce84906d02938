"""Replies while branches move: nothing is lost, and no tree breaks."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.errors import Busy
from forum.models import Post, Thread
from forum.moderation.actions.branch_moves import move_branch

REPLIERS, REPLIES, MOVES = 4, 8, 8


def until_done(act):
    """Do it, and press again when the forum says that it is busy; returns how often that was."""
    for pressed in range(20):
        try:
            act()
        except Busy:
            continue
        return pressed
    raise AssertionError("busy for ever")


@pytest.mark.django_db(transaction=True)
def test_replies_and_moves_at_once_lose_nothing(
    opening, reply, board, alice, bob, carol, assert_sound
):
    other = start_thread(board, author=bob, title="Ivy", source="And ivy?")
    homes = [opening, Post.objects.get(thread=other, parent=None)]
    heads = [reply, reply_to(homes[1], author=bob, source="It holds on.")]
    before = Post.objects.count()

    def answer(number):
        try:
            for turn in range(REPLIES):
                post = heads[(number + turn) % 2]
                until_done(partial(reply_to, post, author=alice, source=f"{number} {turn}"))
        finally:
            connection.close()

    def move(head):
        try:
            for turn in range(MOVES):
                to = homes[turn % 2]
                if Post.objects.get(pk=head.pk).parent_id != to.pk:
                    until_done(partial(move_branch, head, to=to, actor=carol, reason="to and fro"))
        finally:
            connection.close()

    with ThreadPoolExecutor(REPLIERS + 2) as pool:
        work = [pool.submit(answer, number) for number in range(REPLIERS)]
        work += [pool.submit(move, head) for head in heads]
        for each in work:
            each.result()

    assert Post.objects.count() == before + REPLIERS * REPLIES
    assert sum(thread.post_count for thread in Thread.objects.all()) == Post.objects.count()
    assert_sound()
