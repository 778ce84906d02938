"""Concurrent replies and branch moves: no post is lost, and no tree becomes inconsistent."""

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


def retry_while_busy(function):
    """Call the function until it is no longer `Busy`; return the number of retries."""
    for attempt in range(20):
        try:
            function()
        except Busy:
            continue
        return attempt
    raise AssertionError("busy for ever")


@pytest.mark.django_db(transaction=True)
def test_concurrent_replies_and_moves_lose_no_posts(
    opening, reply, board, alice, bob, carol, assert_sound
):
    other_thread = start_thread(board, author=bob, title="Ivy", source="And ivy?")
    parents = [opening, Post.objects.get(thread=other_thread, parent=None)]
    heads = [reply, reply_to(parents[1], author=bob, source="It holds on.")]
    before = Post.objects.count()

    def post_replies(replier):
        try:
            for index in range(REPLIES):
                post = heads[(replier + index) % 2]
                retry_while_busy(partial(reply_to, post, author=alice, source=f"{replier} {index}"))
        finally:
            connection.close()

    def move_back_and_forth(head):
        try:
            for index in range(MOVES):
                to = parents[index % 2]
                if Post.objects.get(pk=head.pk).parent_id != to.pk:
                    retry_while_busy(
                        partial(move_branch, head, to=to, actor=carol, reason="to and fro")
                    )
        finally:
            connection.close()

    with ThreadPoolExecutor(REPLIERS + 2) as pool:
        futures = [pool.submit(post_replies, replier) for replier in range(REPLIERS)]
        futures += [pool.submit(move_back_and_forth, head) for head in heads]
        for future in futures:
            future.result()

    assert Post.objects.count() == before + REPLIERS * REPLIES
    assert sum(thread.post_count for thread in Thread.objects.all()) == Post.objects.count()
    assert_sound()
