"""Limits on wrong passwords: per name and per visitor, independent of forged headers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from allauth.account.adapter import get_adapter
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client, RequestFactory

from forum.models import User
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


# -- The owner of an account under attack ---------------------------------------------------------


def log_in(client: Client, name: str = "alice", password: str = PASSWORD) -> bool:
    client.post(LOGIN, {"login": name, "password": password})
    return "_auth_user_id" in client.session


def known_device(name: str = "alice") -> Client:
    """Return a browser in which that member has logged in, and out."""
    client = Client(REMOTE_ADDR="203.0.113.50")
    assert log_in(client, name)
    client.post("/accounts/logout/")
    return client


def use_up_attempts() -> None:
    for name, address in (("alice", "198.51.100.7"), ("alice@example.org", "198.51.100.8")):
        for _ in range(6):
            page = try_password(name, REMOTE_ADDR=address)
        assert TOO_MANY_ATTEMPTS in page


@pytest.mark.parametrize("login", ["alice", "ALICE", "Alice@example.org"])
def test_owner_gets_in_by_a_browser_used_before_while_others_guess(login: str) -> None:
    own, strange = known_device(), Client(REMOTE_ADDR="203.0.113.51")
    use_up_attempts()
    assert log_in(own, login)
    assert not log_in(strange, login)


def test_browser_used_before_has_no_more_attempts_than_others() -> None:
    own = known_device()
    for _ in range(5):
        assert not log_in(own, password="wrong")
    assert not log_in(own)
    assert log_in(Client(REMOTE_ADDR="203.0.113.51")), "nobody else has to wait"


@pytest.mark.usefixtures("bob")
def test_browser_of_another_member_and_forged_marks_do_not_help() -> None:
    others, forged = known_device("bob"), known_device()
    pk = User.objects.get(username="alice").pk
    forged.cookies["device"] = f"{pk}-{'x' * 16}:{others.cookies['device'].value.partition(':')[2]}"
    use_up_attempts()
    assert not log_in(others)
    assert not log_in(forged)


def test_owner_gets_in_by_mail_while_others_guess(submit, mail_to, link_in) -> None:
    own = Client(REMOTE_ADDR="203.0.113.50")
    submit(own, "/accounts/password/reset/", email="alice@example.org")
    use_up_attempts()
    link = link_in(mail_to("alice@example.org")[0])
    submit(own, link, password1="a new horse battery", password2="a new horse battery")
    assert "_auth_user_id" in own.session
    own.post("/accounts/logout/")
    use_up_attempts()
    assert log_in(own, password="a new horse battery")


class CountingHasher(MD5PasswordHasher):
    algorithm = "counted_md5"
    count = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).count += 1
        return super().encode(password, salt)


@pytest.mark.parametrize("is_active", [True, False])
def test_login_hashes_as_often_for_unknown_names_and_addresses(settings, is_active) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]
    alice = User.objects.get(username="alice")
    alice.set_password(PASSWORD)
    alice.is_active = is_active
    alice.save()
    counts = {}
    for login in ("alice", "alice@example.org", "nobody", "nobody@example.org"):
        CountingHasher.count = 0
        try_password(login)
        counts[login] = CountingHasher.count
    assert set(counts.values()) == {1}, counts


def test_logins_failed_and_refused_ones_too_are_logged(caplog) -> None:
    caplog.set_level("INFO", "forum.forms.adapter")
    for _ in range(6):
        try_password("alice")
    own = Client(REMOTE_ADDR="203.0.113.50")
    log_in(own, "alice@example.org")
    own.post("/accounts/logout/")
    pk = User.objects.get(username="alice").pk
    assert caplog.messages == [
        *["Login failed: 'alice' from 127.0.0.1"] * 5,
        "Login refused, too many attempts: 'alice' from 127.0.0.1",
        f"Login: member {pk} from 203.0.113.50",
        f"Logout: member {pk}",
    ]
    assert PASSWORD not in caplog.text


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
    assert "TRUSTED_PROXIES" not in caplog.text
    try_password("nobody", HTTP_X_FORWARDED_FOR="198.51.100.1")
    assert "TRUSTED_PROXIES says 2" in caplog.text
