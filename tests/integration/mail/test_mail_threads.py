"""Threads of mail: mail clients build the same trees from what was sent as the forum has."""

from __future__ import annotations

import mailbox
import random
from collections.abc import Collection
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.notification_mail import deliver_next_notification
from forum.actions.notifications import queue_notification_mail
from forum.actions.posts import reply_to
from forum.errors import UserError
from forum.models import Notification, Post
from forum.moderation.actions.branch_moves import merge_thread, move_branch, split_branch
from forum.presenters.notification_mail import compose
from tests.integration.mail.conftest import make_due
from tests.jwz import MailThreads
from tests.sampling import examples

THREADS = examples(200)
LONGEST = 5

pytestmark = pytest.mark.slow


def test_trees_in_a_mailbox_are_those_of_the_forum_after_moves(board, alice, bob, carol, tmp_path):
    """Branches move before and after they are mailed.

    Mail that was sent keeps its place, but for the first one of a thread that was merged: mail of
    later replies tells where that is now.
    """
    chance = random.Random(20261201)
    inbox = mailbox.mbox(tmp_path / "inbox")
    expected: dict[str, str | None] = {}

    def mail(posts: Collection[int]) -> None:
        """Mail posts to carol one by one, the oldest first."""
        for post in Post.objects.filter(pk__in=posts).order_by("pk"):
            for each in (post, *post.get_ancestors(ascending=True)):
                if expected.get(message_id(each.pk)) is None and each.parent_id:
                    expected[message_id(each.pk)] = message_id(each.parent_id)
            expected.setdefault(message_id(post.pk), None)
            Notification.objects.create(member=carol, post=post, cause="mention")
            queue_notification_mail(post, [carol.pk])
            make_due()
            while deliver_next_notification(lambda due: inbox.add(compose(due).message())):
                pass

    threads = []
    for number in range(THREADS):
        length = chance.randint(1, LONGEST)
        written = [
            ImportedPost(
                key=key,
                parent=chance.randrange(key) if key else None,
                author=chance.choice([alice, bob]),
                source=f"Post {key}.",
                created_at=timezone.now() - timedelta(days=1),
            )
            for key in range(length)
        ]
        thread = import_thread(board, title=f"Thread {number}", posts=written)
        threads.append(thread)
        posts = list(Post.objects.filter(thread=thread).order_by("pk"))
        mailed = chance.randint(0, length)
        mail([post.pk for post in posts[:mailed]])
        move_some(chance, posts[mailed:], threads, carol)
        mail([post.pk for post in posts[mailed:]])
        move_some(chance, posts, threads, carol)
        parent = Post.objects.select_related("thread").get(pk=chance.choice(posts).pk)
        if not parent.is_deleted:
            mail([reply_to(parent, author=bob, source="After the move.").pk])

    inbox.flush()
    assert MailThreads(mailbox.mbox(tmp_path / "inbox")).parents == expected
    to_carol = [message["Message-ID"] for message in inbox if "carol" in message["To"]]
    assert sorted(to_carol) == sorted(expected)
    assert len(expected) == Post.objects.count()


def message_id(post_id: int) -> str:
    return f"<p.{post_id}@localhost>"


def move_some(chance, posts, threads, carol) -> None:
    """Move some of these posts with their branches: within the thread, or to another one."""
    for post in posts:
        if chance.random() > 0.2:
            continue
        current = Post.objects.select_related("thread").get(pk=post.pk)
        there = Post.objects.filter(thread=chance.choice(threads))
        target = chance.choice(list(there) or [current])
        try:
            match chance.choice(["move", "split", "merge"]):
                case "move":
                    move_branch(current, to=target, actor=carol, reason="off topic")
                case "split":
                    split_branch(current, title="Another", actor=carol, reason="off topic")
                case "merge" if current.is_opening:
                    merge_thread(current.thread, into=target.thread, actor=carol, reason="twice")
        except UserError:
            pass  # below itself, or where it is
