"""Logging in and out."""

import re

import pytest
from django.test import Client

from forum.models import User
from tests.html import Page

LOGIN = "/accounts/login/"
PASSWORD = "correct horse battery"


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


@pytest.mark.parametrize(
    "name", ["alice", "ALICE", " alice ", "alice@example.org", "Alice@Example.ORG"]
)
def test_login_takes_name_or_address_in_any_case(plain, submit, alice, name):
    answer = submit(plain, f"{LOGIN}?next=/p/5/reply/", login=name, password=PASSWORD)
    assert answer["Location"] == "/p/5/reply/"
    assert is_logged_in(plain)


def test_failed_login_does_not_say_which_part_was_wrong(alice, without_token):
    answers = set()
    for login in ["alice", "nobody", "alice@example.org", "nobody@example.org"]:
        answer = Client().post(LOGIN, {"login": login, "password": "wrong horse"})
        page = without_token(answer)
        answers.add((answer.status_code, page.replace(f'value="{login}"', "")))
        assert "Wrong name or password" in page
    assert len(answers) == 1


@pytest.mark.parametrize(
    "login", ["", "\x00", "a" * 10_000, "a\r\nb", "%00", "' OR 1=1 --", "\ufffd"]
)
def test_odd_names_are_answered_with_the_form(visitor, alice, login):
    answer = visitor.post(LOGIN, {"login": login, "password": PASSWORD})
    assert answer.status_code == 200
    assert Page(answer).has(".summary")


def test_guessing_ends_after_a_few_tries(visitor, alice):
    for _ in range(5):
        visitor.post(LOGIN, {"login": "alice", "password": "wrong"})
    answer = visitor.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert "Too many failed attempts" in Page(answer)
    assert not is_logged_in(visitor)


ELSEWHERE = [
    "//evil.example",
    "/\\evil.example",
    "///evil.example",
    "\\\\evil.example",
    "https:evil.example",
    "https://evil.example/",
    "\t//evil.example",
    "http://testserver@evil.example/",
    "http://testserver.evil.example/",
    "javascript:alert(1)",
    "data:text/html,x",
    "ftp://testserver/",
    " //evil.example",
    "/%0d%0aLocation://evil.example",
    "/\r\nLocation: //evil.example",
    "/%2f%2fevil.example",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_never_leads_away(alice, target):
    for client, address, fields in [
        (Client(), LOGIN, {"login": "alice", "password": PASSWORD}),
        (Client(), "/accounts/logout/", {}),
    ]:
        if not fields:
            client.force_login(alice)
        location = client.post(address, fields | {"next": target})["Location"]
        assert location.startswith("/")
        assert not re.match(r"/[/\\]", location)
        assert "\n" not in location


def test_logging_in_changes_the_session(plain, submit, alice):
    plain.get("/accounts/login/")
    session = plain.session
    session["before"] = True
    session.save()
    before = session.session_key
    submit(plain, LOGIN, login="alice", password=PASSWORD)
    assert plain.session.session_key != before


def test_logging_out_takes_a_button_and_ends_the_session(plain, submit, alice):
    submit(plain, LOGIN, login="alice", password=PASSWORD)
    old = plain.cookies["sessionid"].value
    assert plain.get("/accounts/logout/").status_code == 200
    assert is_logged_in(plain)
    assert submit(plain, "/accounts/logout/")["Location"] == "/"
    assert not is_logged_in(plain)

    thief = Client()
    thief.cookies["sessionid"] = old
    assert thief.get("/account/settings/").status_code == 302


def test_logging_out_twice_is_harmless(visitor):
    assert visitor.post("/accounts/logout/").status_code == 302


def test_form_without_its_token_is_refused(plain, alice):
    answer = plain.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert answer.status_code == 403
    assert not is_logged_in(plain)


def test_somebody_suspended_can_log_in(plain, submit, dan):
    submit(plain, LOGIN, login="dan", password=PASSWORD)
    assert is_logged_in(plain)
    assert plain.get("/u/dan/").status_code == 200


def test_closed_account_says_so_to_its_owner_only(alice):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    client = Client()
    answer = client.post(LOGIN, {"login": "alice", "password": PASSWORD}, follow=True)
    assert "This account is inactive" in Page(answer)
    assert not is_logged_in(client)
    answer = Client().post(LOGIN, {"login": "alice", "password": "wrong horse"})
    assert "Wrong name or password" in Page(answer)


def test_somebody_logged_in_is_sent_on(as_alice):
    assert as_alice.get(f"{LOGIN}?next=/u/alice/")["Location"] == "/u/alice/"


PAGES = [
    "login/",
    "signup/",
    "inactive/",
    "confirm-email/",
    "confirm-email/not:a-key/",
    "password/reset/",
    "password/reset/done/",
    "password/reset/key/done/",
    "password/reset/key/1-not-a-key/",
]
OWN_PAGES = ["logout/", "email/", "password/change/", "reauthenticate/"]


def has_our_look(page: Page) -> bool:
    """In the frame, with one heading, and nothing of the kind that django-allauth draws itself."""
    return len(page.find_all("h1")) == 1 and page.has("header.top") and not page.has("style")


@pytest.mark.parametrize("page", PAGES)
def test_visitors_account_pages_have_our_look_and_are_kept_nowhere(visitor, page):
    answer = visitor.get(f"/accounts/{page}")
    assert answer.status_code == 200
    assert has_our_look(Page(answer))
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("page", [*OWN_PAGES, "settings/"])
def test_members_account_pages_have_our_look_and_are_kept_nowhere(as_alice, visitor, page):
    address = f"/account/{page}" if page == "settings/" else f"/accounts/{page}"
    answer = as_alice.get(address)
    assert answer.status_code == 200
    assert has_our_look(Page(answer))
    assert "no-store" in answer["Cache-Control"]
    assert visitor.get(address).status_code == 302


@pytest.mark.parametrize(
    "page", ["password/set/", "login/code/", "signup/passkey/", "phone/verify/"]
)
def test_unused_allauth_pages_are_not_found(as_alice, page):
    assert as_alice.get(f"/accounts/{page}").status_code == 404


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "application/json"},
        {"x-requested-with": "XMLHttpRequest"},
        {"hx-request": "true", "hx-target": "'\"><b>"},
        {"hx-request": "TRUE", "hx-current-url": "https://evil.example/"},
    ],
)
def test_odd_headers_get_the_same_page(visitor, alice, headers, without_token):
    usual = visitor.post(LOGIN, {"login": "alice", "password": "wrong"})
    odd = visitor.post(LOGIN, {"login": "alice", "password": "wrong"}, headers=headers)
    assert without_token(odd) == without_token(usual)
    assert odd["Content-Type"] == "text/html; charset=utf-8"
