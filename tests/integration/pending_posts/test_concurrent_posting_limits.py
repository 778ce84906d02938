"""Concurrent posting: limits of new members and rate rules hold for posts sent simultaneously."""

from __future__ import annotations

import pytest

from forum.actions.posts import prepare_post, publish_reply
from forum.actions.premoderation import NeedsReview, Submission
from forum.actions.threads import start_thread
from forum.errors import RateLimited
from forum.models import Post, ReviewRule
from tests.concurrency import run_in_parallel

REQUESTS = 8
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def parents(board, alice, opening):
    """Return posts of two threads, which do not share a lock."""
    other = start_thread(board, author=alice, title="Lichen", source="And lichen?")
    return [opening, Post.objects.opening_of(other.pk).get()]


def make_senders(parents, author):
    def send(number):
        prepared = prepare_post(f"Number {number}.", author=author)
        submission = Submission(author, prepared.rendered)
        try:
            return publish_reply(
                parents[number % 2], prepared, author=author, check=submission.check
            )
        except (RateLimited, NeedsReview) as error:
            return error

    return [lambda number=number: send(number) for number in range(REQUESTS)]


def test_concurrent_posts_of_a_new_member_stay_within_the_hourly_limit(parents, bob, settings):
    settings.NEW_MEMBER_POSTS, settings.NEW_MEMBER_HOURLY = 100, 3
    results = run_in_parallel(*make_senders(parents, bob))
    assert Post.objects.filter(author=bob).count() == 3
    assert sum(isinstance(result, RateLimited) for result in results) == REQUESTS - 3


def test_concurrent_posts_stay_within_the_rate_rule(parents, bob):
    ReviewRule.objects.create(kind="pace", number=3, minutes=10)
    results = run_in_parallel(*make_senders(parents, bob))
    assert Post.objects.filter(author=bob).count() == 3
    assert sum(isinstance(result, NeedsReview) for result in results) == REQUESTS - 3
