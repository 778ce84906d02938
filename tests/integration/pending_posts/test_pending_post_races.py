"""Sent, decided and taken back at the same moment: held once, published once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from forum.actions.drafts import Writing
from forum.actions.premoderation import Why, hold_post, withdraw_pending_post
from forum.models import Case, ModerationAction, PendingPost, Post, ReviewRule
from forum.models.drafts import Purpose
from forum.moderation.actions.pending_posts import approve_pending_post, reject_pending_post
from tests.integration.pending_posts.conftest import WORDS, wait
from tests.integration.posts.test_post_report_at_once import at_once

AT_ONCE = 4
pytestmark = pytest.mark.django_db(transaction=True)


def test_sent_many_times_at_once_it_waits_once(opening, bob):
    written = Writing(WORDS, nonce=uuid4())
    why = Why(ReviewRule(kind="first", number=1), "1")
    purpose = Purpose(parent_id=opening.pk)
    made = at_once(*[lambda: hold_post(purpose, author=bob, written=written, why=why)] * AT_ONCE)
    assert set(made) == {PendingPost.objects.get()}
    assert Case.objects.count() == 1


def test_approved_by_several_at_once_it_is_published_once(opening, bob, carol, erin):
    pending = wait(bob, parent_id=opening.pk)
    made = at_once(
        *[
            lambda actor=actor: approve_pending_post(pending, actor=actor, reason="fine")
            for actor in (carol, erin) * 2
        ]
    )
    assert len({action.pk for action in made}) == 1
    assert Post.objects.filter(author=bob).count() == 1
    assert ModerationAction.objects.count() == 1


def test_approved_rejected_and_withdrawn_at_once_one_of_it_holds(opening, bob, carol, erin):
    pending = wait(bob, parent_id=opening.pk)
    at_once(
        lambda: reject_pending_post(pending, actor=carol, reason="no"),
        lambda: approve_pending_post(pending, actor=erin, reason="fine"),
        lambda: withdraw_pending_post(pending, actor=bob),
    )
    pending.refresh_from_db()
    is_published = Post.objects.filter(author=bob).exists()
    assert is_published is (pending.state == PendingPost.State.APPROVED)
    assert not Case.objects.open().exists()
