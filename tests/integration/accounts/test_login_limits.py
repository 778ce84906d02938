"""Limits on wrong passwords: per name and per visitor, independent of forged headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.adapter import get_adapter
from django.test import Client, RequestFactory

from tests.html import Page

LOGIN = "/accounts/login/"
PASSWORD = "correct horse battery"
TOO_MANY_ATTEMPTS = "Too many failed attempts"

pytestmark = [pytest.mark.usefixtures("alice"), pytest.mark.slow]


def try_password(name: str, password: str = "wrong", **headers: str) -> Page:
    response = Client(**headers).post(LOGIN, {"login": name, "password": password})
    assert response.status_code == 200
    return Page(response)


def hosts(count: int) -> Iterator[str]:
    return (f"testserver:{5000 + number}" for number in range(count))


@pytest.mark.parametrize("addresses", [1, 10])
@pytest.mark.parametrize("name", ["alice", "alice@example.org"])
def test_port_in_the_host_header_does_not_reset_the_limit(name: str, addresses: int) -> None:
    pages = [
        try_password(name, HTTP_HOST=host, REMOTE_ADDR=f"192.0.2.{number % addresses}")
        for number, host in enumerate(hosts(10))
    ]
    assert [TOO_MANY_ATTEMPTS in page for page in pages] == [False] * 5 + [True] * 5
    assert TOO_MANY_ATTEMPTS in try_password(
        name, PASSWORD, HTTP_HOST="testserver", REMOTE_ADDR="192.0.2.99"
    )


def test_failures_with_other_names_do_not_reset_the_limit() -> None:
    for _ in range(5):
        try_password("alice")
    for number in range(1000):  # without rendering pages, which would take two minutes
        request = RequestFactory(REMOTE_ADDR=f"198.51.100.{number // 10}").post(LOGIN)
        get_adapter().pre_authenticate(request, username=f"nobody-{number}")
    assert TOO_MANY_ATTEMPTS in try_password("alice", PASSWORD, REMOTE_ADDR="203.0.113.1")


# -- Behind proxies -------------------------------------------------------------------------------


def proxied_headers(proxies: list[str], client: str, spoofed: str = "") -> dict[str, str]:
    """Return the headers from the nearest proxy; each proxy adds the address that asked it."""
    peers = [client, *proxies]
    forwarded = [*filter(None, [spoofed]), *peers[:-1]]
    headers = {"HTTP_X_FORWARDED_FOR": ", ".join(forwarded)} if forwarded else {}
    return headers | {"REMOTE_ADDR": peers[-1]}


@pytest.mark.parametrize("port", ["", ":4711"], ids=["bare", "with port"])
@pytest.mark.parametrize("client", ["203.0.113.7", "[2001:db8:7::1]"])
@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_limits_count_each_visitor_despite_forged_headers(settings, count, client, port) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    proxies = ["198.51.100.1", "198.51.100.2", "10.0.0.1"][:count]
    client = client + port if count else client.strip("[]")
    for number in range(10):
        forged = proxied_headers(proxies, client, spoofed=f"192.0.2.{number}")
        assert TOO_MANY_ATTEMPTS not in try_password(f"nobody-{number}", **forged)
    assert TOO_MANY_ATTEMPTS in try_password("nobody", **proxied_headers(proxies, client))
    assert TOO_MANY_ATTEMPTS not in try_password(
        "nobody", **proxied_headers(proxies, "203.0.113.8")
    )


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
def test_malformed_forwarded_headers_cause_no_errors(settings, count, forwarded) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = count
    headers = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    client = Client(**headers)
    signup_form = {"username": "nora", "email": "nora@example.org", "password1": PASSWORD}
    assert client.post("/accounts/signup/", signup_form).status_code == 302
    reset = client.post("/accounts/password/reset/", {"email": "alice@example.org"})
    assert reset.status_code == 302
    login = client.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert login.status_code == 302


def test_too_few_forwarded_addresses_are_logged(settings, caplog) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    try_password("nobody", HTTP_X_FORWARDED_FOR="203.0.113.7, 198.51.100.1")
    assert not caplog.messages
    try_password("nobody", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert "TRUSTED_PROXIES says 2" in caplog.text
