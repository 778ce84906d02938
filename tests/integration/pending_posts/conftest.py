"""Fixtures for pending posts: a review rule, a pending post, and a function that holds posts."""

from __future__ import annotations

from uuid import uuid4

import pytest

from forum.actions.drafts import Writing
from forum.actions.premoderation import RuleMatch, hold_post
from forum.models import PendingPost, ReviewRule
from forum.models.drafts import Purpose

TEXT = "Buy at my casino, all of you."


@pytest.fixture
def rule(db) -> ReviewRule:
    """Return a rule that holds posts about casinos."""
    return ReviewRule.objects.create(kind="words", terms="casino*")


def hold(author, *, source=TEXT, rule=None, title="", **purpose) -> PendingPost:
    """Hold a post for review, as its author's form does."""
    hold_reason = RuleMatch(rule or ReviewRule(kind="first", number=1), "casino*")
    written = Writing(source, title=title, nonce=uuid4())
    return hold_post(Purpose(**purpose), author=author, written=written, match=hold_reason)


@pytest.fixture
def pending(opening, bob, rule) -> PendingPost:
    """Return a pending reply by bob to alice."""
    return hold(bob, rule=rule, parent_id=opening.pk)
