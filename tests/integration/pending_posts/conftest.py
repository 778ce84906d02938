"""Rules that hold, and posts that wait."""

from __future__ import annotations

from uuid import uuid4

import pytest

from forum.actions.drafts import Writing
from forum.actions.premoderation import Why, hold_post
from forum.models import PendingPost, ReviewRule
from forum.models.drafts import Purpose

WORDS = "Buy at my casino, all of you."


@pytest.fixture
def rule(db) -> ReviewRule:
    """Whoever writes of casinos waits."""
    return ReviewRule.objects.create(kind="words", terms="casino*")


def wait(author, *, source=WORDS, rule=None, title="", **purpose) -> PendingPost:
    """Let that wait, as its author's door does."""
    why = Why(rule or ReviewRule(kind="first", number=1), "casino*")
    written = Writing(source, title=title, nonce=uuid4())
    return hold_post(Purpose(**purpose), author=author, written=written, why=why)


@pytest.fixture
def pending(opening, bob, rule) -> PendingPost:
    """Bob's answer to alice, which waits."""
    return wait(bob, rule=rule, parent_id=opening.pk)
