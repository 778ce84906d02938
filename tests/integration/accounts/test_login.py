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
def test_login_accepts_name_or_address_in_any_case(plain, submit, alice, name):
    response = submit(plain, f"{LOGIN}?next=/p/5/reply/", login=name, password=PASSWORD)
    assert response["Location"] == "/p/5/reply/"
    assert is_logged_in(plain)


def test_failed_login_does_not_say_which_part_was_wrong(alice, without_token):
    responses = set()
    for login in ["alice", "nobody", "alice@example.org", "nobody@example.org"]:
        response = Client().post(LOGIN, {"login": login, "password": "wrong horse"})
        page = without_token(response)
        responses.add((response.status_code, page.replace(f'value="{login}"', "")))
        assert "Wrong name or password" in page
    assert len(responses) == 1


@pytest.mark.parametrize(
    "login", ["", "\x00", "a" * 10_000, "a\r\nb", "%00", "' OR 1=1 --", "\ufffd"]
)
def test_invalid_names_show_the_form_again(visitor, alice, login):
    response = visitor.post(LOGIN, {"login": login, "password": PASSWORD})
    assert response.status_code == 200
    assert Page(response).has(".summary")


def test_login_is_blocked_after_five_failed_attempts(visitor, alice):
    for _ in range(5):
        visitor.post(LOGIN, {"login": "alice", "password": "wrong"})
    response = visitor.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert "Too many failed attempts" in Page(response)
    assert not is_logged_in(visitor)


OTHER_SITES = [
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


@pytest.mark.parametrize("target", OTHER_SITES)
def test_next_does_not_redirect_to_other_sites(alice, target):
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


def test_logging_out_needs_a_button_and_ends_the_session(plain, submit, alice):
    submit(plain, LOGIN, login="alice", password=PASSWORD)
    old_session = plain.cookies["sessionid"].value
    assert plain.get("/accounts/logout/").status_code == 200
    assert is_logged_in(plain)
    assert submit(plain, "/accounts/logout/")["Location"] == "/"
    assert not is_logged_in(plain)

    thief = Client()
    thief.cookies["sessionid"] = old_session
    assert thief.get("/account/settings/").status_code == 302


def test_logging_out_twice_is_harmless(visitor):
    assert visitor.post("/accounts/logout/").status_code == 302


def test_form_without_csrf_token_is_refused(plain, alice):
    response = plain.post(LOGIN, {"login": "alice", "password": PASSWORD})
    assert response.status_code == 403
    assert not is_logged_in(plain)


def test_suspended_member_can_log_in(plain, submit, dan):
    submit(plain, LOGIN, login="dan", password=PASSWORD)
    assert is_logged_in(plain)
    assert plain.get("/u/dan/").status_code == 200


def test_inactive_account_is_revealed_to_its_owner_only(alice):
    User.objects.filter(pk=alice.pk).update(is_active=False)
    client = Client()
    response = client.post(LOGIN, {"login": "alice", "password": PASSWORD}, follow=True)
    assert "This account is inactive" in Page(response)
    assert not is_logged_in(client)
    response = Client().post(LOGIN, {"login": "alice", "password": "wrong horse"})
    assert "Wrong name or password" in Page(response)


def test_logged_in_member_is_redirected_from_the_login(as_alice):
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


def has_site_layout(page: Page) -> bool:
    """Tell whether a page has the site's layout, one heading, and no styles by django-allauth."""
    return (
        len(page.find_all("h1")) == 1 and page.has("header.site-header") and not page.has("style")
    )


@pytest.mark.parametrize("page", PAGES)
def test_account_pages_of_visitors_have_the_site_layout_and_are_not_cached(visitor, page):
    response = visitor.get(f"/accounts/{page}")
    assert response.status_code == 200
    assert has_site_layout(Page(response))
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize("page", [*OWN_PAGES, "settings/"])
def test_account_pages_of_members_have_the_site_layout_and_are_not_cached(as_alice, visitor, page):
    address = f"/account/{page}" if page == "settings/" else f"/accounts/{page}"
    response = as_alice.get(address)
    assert response.status_code == 200
    assert has_site_layout(Page(response))
    assert "no-store" in response["Cache-Control"]
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
def test_unusual_headers_get_the_same_page(visitor, alice, headers, without_token):
    usual_response = visitor.post(LOGIN, {"login": "alice", "password": "wrong"})
    response = visitor.post(LOGIN, {"login": "alice", "password": "wrong"}, headers=headers)
    assert without_token(response) == without_token(usual_response)
    assert response["Content-Type"] == "text/html; charset=utf-8"


def test_logout_makes_the_browser_drop_the_pages_it_kept(as_alice):
    assert "Clear-Site-Data" not in as_alice.get("/").headers
    assert as_alice.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in as_alice.post("/accounts/logout/").headers
