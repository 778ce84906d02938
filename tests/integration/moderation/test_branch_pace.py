"""Locking and slowing a thread or a branch, until somebody or the clock ends it."""

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
from forum.permissions import can_answer, can_edit

WORDS = {"source": "One more thing."}


@pytest.fixture
def below(reply, alice):
    """An answer in bob's branch."""
    return reply_to(reply, author=alice, source="In the branch.")


@pytest.fixture
def beside(opening, alice):
    """An answer in another branch."""
    return reply_to(opening, author=alice, source="Beside the branch.")


def fresh(post):
    return Post.objects.select_related("thread__board", "parent").get(pk=post.pk)


def wait(minutes):
    """Let everything have been written so much earlier."""
    Post.objects.update(created_at=timezone.now() - timedelta(minutes=minutes))


def test_locked_branch_takes_no_answers_and_says_why(as_bob, reply, below, beside, carol):
    lock_branch(reply, actor=carol, reason="going in circles")
    for post in (reply, below):
        answer = as_bob.post(reverse("post-reply", args=[post.pk]), WORDS)
        assert answer.status_code == 423
        page = answer.content.decode()
        assert "This branch is locked: going in circles" in page
        assert WORDS["source"] in page
        assert as_bob.get(reverse("post-reply", args=[post.pk])).status_code == 423
    assert as_bob.post(reverse("post-reply", args=[beside.pk]), WORDS).status_code == 302


def test_page_says_it_at_the_head_and_offers_no_answer_below(as_bob, reply, below, beside, carol):
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


def test_moderators_answer_in_a_locked_branch(as_carol, reply, below, carol):
    lock_branch(reply, actor=carol, reason="going in circles")
    assert as_carol.post(reverse("post-reply", args=[below.pk]), WORDS).status_code == 302


def test_authors_do_not_edit_in_a_locked_branch(below, reply, alice, carol):
    assert can_edit(alice, fresh(below))
    lock_branch(reply, actor=carol, reason="going in circles")
    assert isinstance(can_edit(alice, fresh(below)).error, Locked)


def test_lock_ends_by_itself(reply, below, bob, carol, as_bob):
    until = timezone.now() + timedelta(hours=1)
    lock_branch(reply, actor=carol, reason="for an hour", until=until)
    lock_thread(reply.thread, actor=carol, reason="for an hour", until=until)
    assert "until" in as_bob.get(reply.thread.get_absolute_url()).content.decode()
    over = timezone.now() - timedelta(minutes=1)
    Post.objects.update(locked_until=over)
    Thread.objects.update(locked_until=over)
    assert can_answer(bob, fresh(below))
    page = as_bob.get(reply.thread.get_absolute_url()).content.decode()
    assert "Locked. Reason" not in page
    assert f"/p/{below.pk}/reply/" in page
    again = lock_branch(reply, actor=carol, reason="once more")
    assert again.reason == "once more"


def test_lock_moves_with_its_branch(reply, below, other, bob, carol):
    lock_branch(reply, actor=carol, reason="going in circles")
    move_branch(
        reply, to=Post.objects.get(thread=other, parent=None), actor=carol, reason="about ivy"
    )
    assert isinstance(can_answer(bob, fresh(below)).error, Locked)
    unlock_branch(reply, actor=carol, reason="calm again")
    assert can_answer(bob, fresh(below))


def test_opening_post_is_locked_with_its_thread(opening, carol):
    with pytest.raises(Invalid):
        lock_branch(opening, actor=carol, reason="all of it")


def test_slow_branch_takes_one_post_a_person_in_its_time(reply, below, beside, alice, bob, carol):
    enable_branch_slow_mode(reply, minutes=10, actor=carol, reason="calm down")
    with pytest.raises(RateLimited) as error:
        reply_to(below, author=alice, source="Too soon.")
    assert "calm down" in str(error.value.message)
    assert 0 < error.value.retry_after <= 600
    wait(11)
    reply_to(below, author=alice, source="In good time.")
    reply_to(below, author=carol, source="A moderator.")
    reply_to(below, author=carol, source="At any pace.")
    reply_to(beside, author=alice, source="Elsewhere as fast as ever.")
    with pytest.raises(RateLimited):
        reply_to(reply, author=alice, source="Too soon again.")


def test_slow_thread_counts_the_whole_thread_and_the_text_is_kept(as_alice, beside, reply, carol):
    enable_thread_slow_mode(beside.thread, minutes=10, actor=carol, reason="calm down")
    answer = as_alice.post(reverse("post-reply", args=[reply.pk]), WORDS)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 600
    assert WORDS["source"] in answer.content.decode()
    page = as_alice.get(beside.thread.get_absolute_url()).content.decode()
    assert "Slow mode, one post per person every 10 minutes. Reason: calm down" in page


@pytest.mark.parametrize("minutes", ["", "0", "-1", "1441", "x", "9" * 30])
def test_odd_pace_is_refused_and_the_reason_kept(as_carol, thread, minutes):
    form = {"reason": "calm down", "minutes": minutes}
    answer = as_carol.post(reverse("thread-slow", args=[thread.pk]), form)
    assert answer.status_code == 422
    assert "calm down" in answer.content.decode()
    assert not Thread.objects.get().is_slow
