"""Threads of mail: mail clients build the same trees from what was sent as the forum has."""

from __future__ import annotations

import mailbox
import random
from datetime import timedelta

import pytest
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.notification_mail import deliver_next_notification
from forum.actions.notifications import queue_notification_mail
from forum.errors import UserError
from forum.models import Notification, Post
from forum.moderation.actions.branch_moves import merge_thread, move_branch, split_branch
from forum.presenters.notification_mail import compose
from tests.integration.mail.conftest import make_due
from tests.jwz import MailThreads

THREADS = 200
LONGEST = 8

pytestmark = pytest.mark.slow


def test_trees_in_a_mailbox_are_those_of_the_forum_after_moves(board, alice, bob, carol, tmp_path):
    """Branches move before their heads are mailed: mail that was sent cannot be changed."""
    chance = random.Random(20261201)
    inbox = mailbox.mbox(tmp_path / "inbox")

    def mail(posts: list[Post]) -> None:
        """Mail posts to carol one by one, the oldest first."""
        for post in posts:
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
        mail(posts[:mailed])
        move_some(chance, posts[mailed:], threads, carol)
        mail(list(Post.objects.filter(pk__in=[post.pk for post in posts[mailed:]]).order_by("pk")))

    inbox.flush()
    found = MailThreads(mailbox.mbox(tmp_path / "inbox")).parents
    expected = {
        f"<p.{pk}@localhost>": parent and f"<p.{parent}@localhost>"
        for pk, parent in Post.objects.order_by("pk").values_list("pk", "parent")
    }
    assert found == expected
    assert len(inbox) == len(expected)


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
