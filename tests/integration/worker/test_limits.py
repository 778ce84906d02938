"""Limits on how fast things are done."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.db.models import F

from forum.actions.limits import spend
from forum.errors import RateLimited
from forum.models import RateLimit
from forum.models.limits import Limit

FIVE = Limit("five", burst=5, per_seconds=60)


def let_pass(seconds: float) -> None:
    RateLimit.objects.update(updated_at=F("updated_at") - timedelta(seconds=seconds))


def spent(who: str = "alice", tries: int = 50) -> int:
    done = 0
    for _ in range(tries):
        try:
            spend(who, FIVE)
            done += 1
        except RateLimited:
            pass
    return done


def test_as_many_as_allowed_get_through_and_then_one_each_while(db):
    assert spent() == 5
    let_pass(59)
    assert spent() == 0
    let_pass(2)
    assert spent() == 1
    let_pass(10_000)
    assert spent() == 5  # and never more


def test_refusal_says_how_long_to_wait(db):
    spent()
    with pytest.raises(RateLimited) as refused:
        spend("alice", FIVE)
    assert 59 <= refused.value.retry_after <= 60
    let_pass(45)
    with pytest.raises(RateLimited) as refused:
        spend("alice", FIVE)
    assert 14 <= refused.value.retry_after <= 15


def test_people_and_kinds_of_actions_have_their_own(db):
    assert spent("alice") == 5
    assert spent("bob") == 5
    spend("alice", Limit("other", burst=1, per_seconds=60))


@pytest.mark.django_db(transaction=True)
def test_limit_lets_five_of_fifty_concurrent_requests_through():
    def one(_: int) -> int:
        try:
            return spent(tries=5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(one, range(10))) == 5
