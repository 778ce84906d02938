"""Limits of new members and rules of pace hold, however many posts are sent at the same moment."""

from __future__ import annotations

import pytest

from forum.actions.posts import prepare_post, publish_reply
from forum.actions.premoderation import NeedsReview, Submission
from forum.actions.threads import start_thread
from forum.errors import RateLimited
from forum.models import Post, ReviewRule
from tests.integration.posts.test_post_report_at_once import at_once

AT_ONCE = 8
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def parents(board, alice, opening):
    """Posts of two threads: what one thread's lock does not keep apart."""
    other = start_thread(board, author=alice, title="Lichen", source="And lichen?")
    return [opening, Post.objects.opening_of(other.pk).get()]


def sending(parents, author):
    def send(number):
        prepared = prepare_post(f"Number {number}.", author=author)
        submission = Submission(author, prepared.rendered)
        try:
            return publish_reply(
                parents[number % 2], prepared, author=author, check=submission.check
            )
        except (RateLimited, NeedsReview) as error:
            return error

    return [lambda number=number: send(number) for number in range(AT_ONCE)]


def test_new_member_posts_no_more_an_hour_than_allowed(parents, bob, settings):
    settings.NEW_MEMBER_POSTS, settings.NEW_MEMBER_HOURLY = 100, 3
    made = at_once(*sending(parents, bob))
    assert Post.objects.filter(author=bob).count() == 3
    assert sum(isinstance(each, RateLimited) for each in made) == AT_ONCE - 3


def test_rule_of_pace_lets_no_more_through_than_it_says(parents, bob):
    ReviewRule.objects.create(kind="pace", number=3, minutes=10)
    made = at_once(*sending(parents, bob))
    assert Post.objects.filter(author=bob).count() == 3
    assert sum(isinstance(each, NeedsReview) for each in made) == AT_ONCE - 3
