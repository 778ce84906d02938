"""Notifying followers: by the worker, in steps, each once, whatever happens in between."""

from __future__ import annotations

import time

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.actions import notifications
from forum.actions.notifications import fan_out_next
from forum.actions.posts import reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.subscriptions import subscribe
from forum.actions.threads import start_thread
from forum.jobs.notifications import fan_out
from forum.models import Board, FanOut, Notification, Post, Subscription, Thread, User
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.concurrency import run_in_parallel
from tests.integration.inbox.conftest import unread_inbox


def add_followers(thread: Thread, opening: Post, count: int) -> list[User]:
    people = User.objects.bulk_create(User(username=f"f{n}") for n in range(count))
    Subscription.objects.bulk_create(
        Subscription(member=each, branch=opening, thread=thread, state="follow") for each in people
    )
    return people


def test_cost_of_a_post_does_not_depend_on_its_followers(
    thread: Thread, opening: Post, bob: User
) -> None:
    reply_to(opening, author=bob, source="The first fills the caches.")
    with CaptureQueriesContext(connection) as with_one:
        reply_to(opening, author=bob, source="One follower.")
    add_followers(thread, opening, 2_000)
    with CaptureQueriesContext(connection) as with_many:
        post = reply_to(opening, author=bob, source="Many followers.")
    assert len(with_many) == len(with_one)
    assert Notification.objects.filter(post=post).count() == 1  # of the reply itself
    fan_out()
    assert Notification.objects.filter(post=post).count() == 2_001


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_workers_that_run_at_once_and_one_that_dies_notify_everybody_once(
    thread: Thread, opening: Post, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    fan_out()
    monkeypatch.setattr(notifications, "FOLLOWERS_AT_ONCE", 7)
    people = add_followers(thread, opening, 60)
    posts = [reply_to(opening, author=bob, source=f"Post {n}.") for n in range(6)]

    def die() -> None:
        """Do what a killed worker does: the transaction is rolled back by the database."""
        for _ in range(10):
            with transaction.atomic():
                fan_out_next()
                transaction.set_rollback(True)

    run_in_parallel(fan_out, die, fan_out, fan_out)
    fan_out()
    assert not FanOut.objects.exists()
    found = Notification.objects.filter(member__in=people).values_list("member", "post")
    assert sorted(found) == sorted((each.pk, post.pk) for each in people for post in posts)


def test_post_that_nobody_may_see_by_then_notifies_nobody(
    opening: Post, alice: User, bob: User, carol: User, erin: User
) -> None:
    fan_out()
    subscribe(opening, "follow", actor=erin)
    hidden = reply_to(opening, author=bob, source="Soon hidden.")
    hide_post(hidden, actor=carol, reason="spam")
    fan_out()
    unhide_post(hidden, actor=carol, reason="not spam")
    fan_out()
    assert unread_inbox(erin) == {}


def test_follower_who_has_seen_the_post_is_not_notified(
    thread: Thread, opening: Post, bob: User, carol: User
) -> None:
    fan_out()
    subscribe(opening, "follow", actor=carol)
    reply_to(opening, author=bob, source="Seen at once.")
    mark_thread_read(thread, member=carol)
    fan_out()
    assert not Notification.objects.filter(member=carol).exists()


def test_author_and_inactive_followers_are_not_notified(
    thread: Thread, opening: Post, bob: User, carol: User
) -> None:
    fan_out()
    subscribe(opening, "follow", actor=bob)
    subscribe(opening, "follow", actor=carol)
    User.objects.filter(pk=carol.pk).update(is_active=False)
    post = reply_to(opening, author=bob, source="To whom?")
    fan_out()
    assert not Notification.objects.filter(post=post, member__in=[bob, carol]).exists()


def test_unlisted_thread_is_no_news_of_its_board(
    board: Board, thread: Thread, opening: Post, bob: User, carol: User, erin: User
) -> None:
    fan_out()
    subscribe(board, "follow", actor=carol)
    subscribe(opening, "follow", actor=erin)
    Thread.objects.filter(pk=thread.pk).update(unlisted_at=timezone.now())
    post = reply_to(opening, author=bob, source="For those who know it.")
    fan_out()
    found = Notification.objects.filter(post=post, cause="follow").values_list("member", flat=True)
    assert list(found) == [erin.pk]


def test_post_that_moved_before_the_worker_ran_is_followed_where_it_is(
    board: Board, opening: Post, reply: Post, alice: User, bob: User, carol: User, erin: User
) -> None:
    other = start_thread(board, author=bob, title="Lichen", source="About lichen.")
    fan_out()
    Subscription.objects.all().delete()
    subscribe(opening, "follow", actor=carol)
    subscribe(Post.objects.get(thread=other), "follow", actor=erin)
    post = reply_to(reply, author=alice, source="On the way.")
    move_branch(reply, to=Post.objects.get(thread=other), actor=carol, reason="lichen")
    fan_out()
    found = Notification.objects.filter(post=post, cause="follow").values_list("member", flat=True)
    assert list(found) == [erin.pk]


@pytest.mark.slow
def test_ten_thousand_followers_take_the_worker_seconds(
    thread: Thread, opening: Post, bob: User
) -> None:
    fan_out()
    people = add_followers(thread, opening, 10_000)
    post = reply_to(opening, author=bob, source="For ten thousand.")
    began = time.process_time()
    fan_out()
    assert time.process_time() - began < 10
    assert Notification.objects.filter(post=post, member__in=people).count() == 10_000
