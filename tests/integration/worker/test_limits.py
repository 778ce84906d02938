"""Rate limits."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F

from forum.actions.limits import Limit, spend
from forum.errors import RateLimited
from forum.models import RateLimit

FIVE_PER_MINUTE = Limit("five", burst=5, per_seconds=60)


def pass_time(seconds: float) -> None:
    RateLimit.objects.update(updated_at=F("updated_at") - timedelta(seconds=seconds))


def count_allowed(name: str = "alice", tries: int = 50) -> int:
    allowed = 0
    for _ in range(tries):
        try:
            spend(name, FIVE_PER_MINUTE)
            allowed += 1
        except RateLimited:
            pass
    return allowed


def test_burst_is_allowed_and_then_one_action_per_interval(db):
    assert count_allowed() == 5
    pass_time(59)
    assert count_allowed() == 0
    pass_time(2)
    assert count_allowed() == 1
    pass_time(10_000)
    assert count_allowed() == 5  # never more than the burst


def test_error_says_how_long_to_wait(db):
    count_allowed()
    with pytest.raises(RateLimited) as raised:
        spend("alice", FIVE_PER_MINUTE)
    assert 59 <= raised.value.retry_after <= 60
    pass_time(45)
    with pytest.raises(RateLimited) as raised:
        spend("alice", FIVE_PER_MINUTE)
    assert 14 <= raised.value.retry_after <= 15


def test_members_and_kinds_of_actions_have_separate_limits(db):
    assert count_allowed("alice") == 5
    assert count_allowed("bob") == 5
    spend("alice", Limit("other", burst=1, per_seconds=60))


@pytest.mark.django_db(transaction=True)
def test_limit_allows_five_of_fifty_concurrent_requests():
    def spend_several(_: int) -> int:
        try:
            return count_allowed(tries=5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(spend_several, range(10))) == 5
