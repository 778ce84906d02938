"""Concurrent sending, approving, rejecting and withdrawing: held once, published once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from forum.actions.drafts import Writing
from forum.actions.premoderation import RuleMatch, hold_post, withdraw_pending_post
from forum.models import Case, ModerationAction, PendingPost, Post, ReviewRule
from forum.models.drafts import Purpose
from forum.moderation.actions.pending_posts import approve_pending_post, reject_pending_post
from tests.concurrency import run_in_parallel
from tests.integration.pending_posts.conftest import TEXT, hold

REQUESTS = 4
pytestmark = pytest.mark.django_db(transaction=True)


def test_form_sent_concurrently_makes_one_pending_post(opening, bob):
    written = Writing(TEXT, nonce=uuid4())
    hold_reason = RuleMatch(ReviewRule(kind="first", number=1), "1")
    purpose = Purpose(parent_id=opening.pk)
    results = run_in_parallel(
        *[lambda: hold_post(purpose, author=bob, written=written, match=hold_reason)] * REQUESTS
    )
    assert set(results) == {PendingPost.objects.get()}
    assert Case.objects.count() == 1


def test_concurrent_approvals_publish_the_post_once(opening, bob, carol, erin):
    pending = hold(bob, parent_id=opening.pk)
    results = run_in_parallel(
        *[
            lambda actor=actor: approve_pending_post(pending, actor=actor, reason="fine")
            for actor in (carol, erin) * 2
        ]
    )
    assert len({action.pk for action in results}) == 1
    assert Post.objects.filter(author=bob).count() == 1
    assert ModerationAction.objects.count() == 1


def test_concurrent_approval_rejection_and_withdrawal_leave_a_consistent_state(
    opening, bob, carol, erin
):
    pending = hold(bob, parent_id=opening.pk)
    run_in_parallel(
        lambda: reject_pending_post(pending, actor=carol, reason="no"),
        lambda: approve_pending_post(pending, actor=erin, reason="fine"),
        lambda: withdraw_pending_post(pending, actor=bob),
    )
    pending.refresh_from_db()
    is_published = Post.objects.filter(author=bob).exists()
    assert is_published is (pending.state == PendingPost.State.APPROVED)
    assert not Case.objects.open().exists()
