"""Costly pages: visitors are refused before members wait, and one network does not take all."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.lib import visitor_budget
from forum.lib.server_load import (
    MAX_WAITING,
    VISITOR_THREADS,
    visitor_requests,
    waiting_requests,
)
from forum.lib.visitor_budget import NetworkLimit, costly_slot
from forum.models import Post
from forum.views import costly

pytestmark = pytest.mark.django_db


def costly_addresses(reply: Post) -> list[str]:
    thread = reply.thread.get_absolute_url()
    return [
        *(f"{thread}?order=newest", f"{thread}?at=p{reply.pk}", f"{thread}?find=moss"),
        *(f"/t/{reply.thread_id}/map/", f"/t/{reply.thread_id}/go/?to=last", "/search/?q=moss"),
        *(f"/p/{reply.pk}/history/", f"/p/{reply.pk}/quoted/"),
    ]


def test_visitors_are_refused_while_others_take_their_share_and_members_are_not(
    visitor: Client, as_bob: Client, reply: Post
) -> None:
    with costly_slot() as is_first, visitor_budget._admitted:  # one is served, one waits
        assert is_first
        for address in costly_addresses(reply):
            response = visitor.get(address)
            assert response.status_code == 503, address
            assert int(response["Retry-After"]) >= 1
            assert response["Cache-Control"] == "no-store"
            assert len(response.content) < 3000
            assert as_bob.get(address).status_code in {200, 302}, address
        assert visitor.get(reply.thread.get_absolute_url()).status_code == 200
        assert visitor.get("/").status_code == 200
    for address in costly_addresses(reply):
        assert visitor.get(address).status_code in {200, 302}, address


def test_a_slot_is_free_again_after_an_error() -> None:
    for _again in range(3):
        with pytest.raises(KeyError), costly_slot() as is_free:
            assert is_free
            raise KeyError


def test_a_busy_network_is_refused_and_others_are_not(
    visitor: Client, reply: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costly, "costly_limit", NetworkLimit(per_minute=5))
    history = f"/p/{reply.pk}/history/"
    for host in range(5):
        assert visitor.get(history, REMOTE_ADDR=f"192.0.2.{host}").status_code == 200
        assert visitor.get(history, REMOTE_ADDR=f"2001:db8:1::{host}").status_code == 200
    for address in ("192.0.2.99", "::ffff:192.0.2.98", "2001:db8:1:2::1"):
        response = visitor.get(history, REMOTE_ADDR=address)
        assert response.status_code == 429, address
        assert int(response["Retry-After"]) >= 1
    for address in ("192.0.3.1", "2001:db8:2::1"):
        assert visitor.get(history, REMOTE_ADDR=address).status_code == 200, address


def test_networks_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visitor_budget, "MAX_NETWORKS", 3)
    limit = NetworkLimit(per_minute=1)
    assert [limit.take(name) for name in "abcd"] == [0, 0, 0, 0]
    assert limit.take("a") == 0  # forgotten since
    assert limit.take("d") > 0


@pytest.fixture
def per_network(settings) -> int:
    """Limit the requests of a network; each client counts anew."""
    settings.REQUESTS_PER_NETWORK = 5
    settings.PAGE_CACHE_MB = 1
    return 5


def test_network_that_asks_for_many_cheap_pages_is_sent_away_unread(
    per_network: int, visitor: Client, reply: Post
) -> None:
    thread = reply.thread.get_absolute_url()
    for host, address in enumerate(["/", thread, thread, "/b/gardens/", "/nowhere/"]):
        response = visitor.get(address, REMOTE_ADDR=f"192.0.2.{host}")
        assert response.status_code in (200, 404), address
    with CaptureQueriesContext(connection) as captured:
        for address in ("/", thread, "/accounts/login/", "/nowhere/"):
            response = visitor.get(address, REMOTE_ADDR="192.0.2.99")
            assert response.status_code == 429, address
            assert int(response["Retry-After"]) >= 1
            assert response["Cache-Control"] == "no-store"
            assert response["Content-Security-Policy"]
    assert len(captured) == 0
    assert visitor.get("/", REMOTE_ADDR="192.0.3.1").status_code == 200
    assert visitor.get("/healthz", REMOTE_ADDR="192.0.2.99").status_code == 200


def test_an_invented_session_does_not_lift_the_limit_and_members_have_none(
    per_network: int, visitor: Client, as_bob: Client, reply: Post
) -> None:
    visitor.cookies[settings.SESSION_COOKIE_NAME] = "a" * 32
    statuses = [visitor.get("/").status_code for _ in range(per_network + 1)]
    assert statuses == [200] * per_network + [429]
    for _ in range(per_network + 1):
        assert as_bob.get(reply.thread.get_absolute_url()).status_code == 200


def test_visitors_are_sent_away_while_requests_wait_for_a_thread_and_members_are_not(
    visitor: Client, as_bob: Client, reply: Post
) -> None:
    thread = reply.thread.get_absolute_url()
    with ExitStack() as busy:
        for counter, count in (
            (waiting_requests, MAX_WAITING),
            (visitor_requests, VISITOR_THREADS),
        ):
            for _ in range(count):
                busy.enter_context(counter.counting())
        assert visitor.get(thread).status_code == 200
        with waiting_requests.counting():
            response = visitor.get(thread)
            assert response.status_code == 503
            assert int(response["Retry-After"]) >= 1
            assert as_bob.get(thread).status_code == 200
            assert visitor.get("/readyz").status_code == 200
    assert visitor_requests.count == waiting_requests.count == 0
