"""Locks and slow mode of threads and branches, until a moderator or the time limit ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from forum.actions.posts import reply_to
from forum.errors import Invalid, Locked, RateLimited
from forum.models import Post, Thread
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.locking import lock_branch, lock_thread, unlock_branch
from forum.moderation.actions.slow_mode import enable_branch_slow_mode, enable_thread_slow_mode
from forum.permissions import can_edit, can_reply_to

FORM = {"source": "One more thing."}


@pytest.fixture
def below(reply, alice):
    """Return a reply in bob's branch."""
    return reply_to(reply, author=alice, source="In the branch.")


@pytest.fixture
def beside(opening, alice):
    """Return a reply in another branch."""
    return reply_to(opening, author=alice, source="Beside the branch.")


def fresh(post):
    return Post.objects.select_related("thread__board", "parent").get(pk=post.pk)


def age_posts(minutes):
    """Make all posts older: created that many minutes ago."""
    Post.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))


def test_reply_in_locked_branch_is_rejected_with_the_reason(as_bob, reply, below, beside, carol):
    lock_branch(reply, actor=carol, reason="going in circles")
    for post in (reply, below):
        response = as_bob.post(reverse("post-reply", args=[post.pk]), FORM)
        assert response.status_code == 423
        page = response.content.decode()
        assert "This branch is locked: going in circles" in page
        assert FORM["source"] in page
        assert as_bob.get(reverse("post-reply", args=[post.pk])).status_code == 423
    assert as_bob.post(reverse("post-reply", args=[beside.pk]), FORM).status_code == 302


def test_locked_branch_shows_the_lock_at_its_first_post_and_no_reply_links(
    as_bob, reply, below, beside, carol
):
    lock_branch(reply, actor=carol, reason="going in circles")
    page = as_bob.get(reply.thread.get_absolute_url()).content.decode()
    parts = {
        post: page.split(f'id="p{post.pk}"')[1].split("</article>")[0]
        for post in (reply, below, beside)
    }
    assert "This branch: Locked. Reason: going in circles" in parts[reply]
    assert "Locked" not in parts[below]
    for post, part in parts.items():
        assert (f"/p/{post.pk}/reply/" in part) is (post == beside)


def test_moderators_reply_in_a_locked_branch(as_carol, reply, below, carol):
    lock_branch(reply, actor=carol, reason="going in circles")
    assert as_carol.post(reverse("post-reply", args=[below.pk]), FORM).status_code == 302


def test_authors_cannot_edit_in_a_locked_branch(below, reply, alice, carol):
    assert can_edit(alice, fresh(below))
    lock_branch(reply, actor=carol, reason="going in circles")
    assert isinstance(can_edit(alice, fresh(below)).error, Locked)


def test_lock_ends_at_its_time_limit(reply, below, bob, carol, as_bob):
    until = timezone.now() + timedelta(hours=1)
    lock_branch(reply, actor=carol, reason="for an hour", until=until)
    lock_thread(reply.thread, actor=carol, reason="for an hour", until=until)
    assert "until" in as_bob.get(reply.thread.get_absolute_url()).content.decode()
    expired_at = timezone.now() - timedelta(minutes=1)
    Post.objects.update(locked_until=expired_at)
    Thread.objects.update(locked_until=expired_at)
    assert can_reply_to(bob, fresh(below))
    page = as_bob.get(reply.thread.get_absolute_url()).content.decode()
    assert "Locked. Reason" not in page
    assert f"/p/{below.pk}/reply/" in page
    second_lock = lock_branch(reply, actor=carol, reason="once more")
    assert second_lock.reason == "once more"


def test_lock_moves_with_its_branch(reply, below, other_thread, bob, carol):
    lock_branch(reply, actor=carol, reason="going in circles")
    move_branch(
        reply,
        to=Post.objects.get(thread=other_thread, parent=None),
        actor=carol,
        reason="about ivy",
    )
    assert isinstance(can_reply_to(bob, fresh(below)).error, Locked)
    unlock_branch(reply, actor=carol, reason="calm again")
    assert can_reply_to(bob, fresh(below))


def test_opening_post_cannot_be_locked_as_a_branch(opening, carol):
    with pytest.raises(Invalid):
        lock_branch(opening, actor=carol, reason="all of it")


def test_slow_branch_allows_one_post_per_member_per_interval(
    reply, below, beside, alice, bob, carol
):
    enable_branch_slow_mode(reply, minutes=10, actor=carol, reason="calm down")
    with pytest.raises(RateLimited) as error:
        reply_to(below, author=alice, source="Too soon.")
    assert "calm down" in str(error.value.message)
    assert 0 < error.value.retry_after <= 600
    age_posts(11)
    reply_to(below, author=alice, source="In good time.")
    reply_to(below, author=carol, source="A moderator.")
    reply_to(below, author=carol, source="At any pace.")
    reply_to(beside, author=alice, source="Elsewhere as fast as ever.")
    with pytest.raises(RateLimited):
        reply_to(reply, author=alice, source="Too soon again.")


def test_slow_thread_counts_posts_of_the_whole_thread_and_keeps_the_text(
    as_alice, beside, reply, carol
):
    enable_thread_slow_mode(beside.thread, minutes=10, actor=carol, reason="calm down")
    response = as_alice.post(reverse("post-reply", args=[reply.pk]), FORM)
    assert response.status_code == 429
    assert int(response["Retry-After"]) <= 600
    assert FORM["source"] in response.content.decode()
    page = as_alice.get(beside.thread.get_absolute_url()).content.decode()
    assert "Slow mode, one post per person every 10 minutes. Reason: calm down" in page


@pytest.mark.parametrize("minutes", ["", "0", "-1", "1441", "x", "9" * 30])
def test_invalid_slow_mode_minutes_show_an_error_and_keep_the_reason(as_carol, thread, minutes):
    form = {"reason": "calm down", "minutes": minutes}
    response = as_carol.post(reverse("thread-slow", args=[thread.pk]), form)
    assert response.status_code == 422
    assert "calm down" in response.content.decode()
    assert not Thread.objects.get().is_slow
