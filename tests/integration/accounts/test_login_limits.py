"""Wrong passwords are limited for each name and each visitor, whatever else a visitor sends."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.adapter import get_adapter
from django.test import Client, RequestFactory

from tests.html import Page

LOGIN = "/accounts/login/"
PASSWORD = "correct horse battery"
TOO_OFTEN = "Too many failed attempts"

pytestmark = [pytest.mark.usefixtures("alice"), pytest.mark.slow]


def guess(name: str, password: str = "wrong", **headers: str) -> Page:
    answer = Client(**headers).post(LOGIN, {"login": name, "password": password})
    assert answer.status_code == 200
    return Page(answer)


def hosts(count: int) -> Iterator[str]:
    return (f"testserver:{5000 + number}" for number in range(count))


@pytest.mark.parametrize("addresses", [1, 10])
@pytest.mark.parametrize("name", ["alice", "alice@example.org"])
def test_another_port_in_the_host_header_is_no_other_limit(name: str, addresses: int) -> None:
    pages = [
        guess(name, HTTP_HOST=host, REMOTE_ADDR=f"192.0.2.{number % addresses}")
        for number, host in enumerate(hosts(10))
    ]
    assert [TOO_OFTEN in page for page in pages] == [False] * 5 + [True] * 5
    assert TOO_OFTEN in guess(name, PASSWORD, HTTP_HOST="testserver", REMOTE_ADDR="192.0.2.99")


def test_failures_with_other_names_evict_no_limit() -> None:
    for _ in range(5):
        guess("alice")
    for number in range(1000):  # without the pages: they take two minutes
        request = RequestFactory(REMOTE_ADDR=f"198.51.100.{number // 10}").post(LOGIN)
        get_adapter().pre_authenticate(request, username=f"nobody-{number}")
    assert TOO_OFTEN in guess("alice", PASSWORD, REMOTE_ADDR="203.0.113.1")


# -- Behind proxies -------------------------------------------------------------------------------


def asked_through(proxies: list[str], client: str, spoofed: str = "") -> dict[str, str]:
    """What the nearest proxy sends on; each has added whom it was asked by."""
    peers = [client, *proxies]
    forwarded = [*filter(None, [spoofed]), *peers[:-1]]
    headers = {"HTTP_X_FORWARDED_FOR": ", ".join(forwarded)} if forwarded else {}
    return headers | {"REMOTE_ADDR": peers[-1]}


@pytest.mark.parametrize("port", ["", ":4711"], ids=["bare", "with port"])
@pytest.mark.parametrize("client", ["203.0.113.7", "[2001:db8:7::1]"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_limits_count_each_visitor_whatever_they_forge(settings, count, client, port) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    proxies = ["198.51.100.1", "198.51.100.2", "10.0.0.1"][:count]
    client = client + port if count else client.strip("[]")
    for number in range(10):
        forged = asked_through(proxies, client, spoofed=f"192.0.2.{number}")
        assert TOO_OFTEN not in guess(f"nobody-{number}", **forged)
    assert TOO_OFTEN in guess("nobody", **asked_through(proxies, client))
    assert TOO_OFTEN not in guess("nobody", **asked_through(proxies, "203.0.113.8"))


FORWARDED = [
    None,
    "",
    ",",
    "203.0.113.7",
    "203.0.113.7, 198.51.100.1",
    "203.0.113.7, 198.51.100.1, 198.51.100.2",
    "192.0.2.1, 203.0.113.7, 198.51.100.1, 198.51.100.2",
    "unknown",
    "_hidden, , for=x;proto=http",
    "fe80::1%eth0, [2001:db8::1]:443",
    "::ffff:203.0.113.7",
    "1.2.3.4:x, [::1, ]::1[",
    "\x00, é, " + "9" * 5000,
]


@pytest.mark.parametrize("forwarded", FORWARDED, ids=ascii)
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_any_header_is_answered(settings, count, forwarded) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    client = Client(**headers)
    new = {"username": "nora", "email": "nora@example.org", "password1": PASSWORD}
    assert client.post("/accounts/signup/", new).status_code == 302
    reset = client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    assert reset.status_code == 302
    login = client.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert login.status_code == 302


def test_too_few_addresses_are_warned_of(settings, caplog) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    guess("nobody", HTTP_X_FORWARDED_FOR="203.0.113.7, 198.51.100.1")
    assert not caplog.messages
    guess("nobody", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert "TRUSTED_PROXIES says 2" in caplog.text
