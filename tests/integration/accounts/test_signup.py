"""Signing up, and confirming the address."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from forum.models import OutgoingMail, User
from tests.html import Page

SIGNUP = "/accounts/signup/"
VALID_FORM = {
    "username": "Frances",
    "email": "frances@example.org",
    "password1": "purple monkey 12",
}


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_signup_and_confirmation_redirect_to_the_requested_page(plain, submit, mail_to, link_in):
    response = submit(plain, f"{SIGNUP}?next=/p/5/reply/", **VALID_FORM)
    assert response.status_code == 302
    assert response["Location"] == "/accounts/confirm-email/"
    assert not is_logged_in(plain)

    [message] = mail_to("frances@example.org")
    assert "to Plait, Frances" in message.get_content()
    response = submit(plain, link_in(message))
    assert response.status_code == 302
    assert response["Location"] == "/p/5/reply/"
    assert is_logged_in(plain)


def test_link_opened_in_another_browser_confirms_but_does_not_log_in(
    plain, submit, mail_to, link_in
):
    submit(plain, SIGNUP, **VALID_FORM)
    other_browser = Client(enforce_csrf_checks=True)
    response = submit(other_browser, link_in(mail_to("frances@example.org")[0]))
    assert response["Location"] == "/accounts/login/"
    assert not is_logged_in(other_browser)
    submit(other_browser, "/accounts/login/", login="frances", password=VALID_FORM["password1"])
    assert is_logged_in(other_browser)


def test_opening_the_link_confirms_only_after_pressing_the_button(plain, submit, mail_to, link_in):
    submit(plain, SIGNUP, **VALID_FORM)
    plain.get(link_in(mail_to("frances@example.org")[0]))
    assert not User.objects.get(username="Frances").emailaddress_set.get().verified


def test_link_works_once(plain, submit, mail_to, link_in):
    submit(plain, SIGNUP, **VALID_FORM)
    link = link_in(mail_to("frances@example.org")[0])
    submit(plain, link)
    assert "This link doesn’t work" in Page(Client().get(link))
    assert Client().post(link).status_code == 404


def test_unconfirmed_member_cannot_log_in(plain, submit, mail_to):
    submit(plain, SIGNUP, **VALID_FORM)
    other_browser = Client(enforce_csrf_checks=True)
    response = submit(
        other_browser, "/accounts/login/", login="Frances", password=VALID_FORM["password1"]
    )
    assert response["Location"] == "/accounts/confirm-email/"
    assert not is_logged_in(other_browser)
    assert len(mail_to("frances@example.org")) == 1  # no second message for the failed login


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "required"),
        ("x", "2–30 characters"),
        ("a" * 31, "at most 30"),
        ("a" * 10_000, "at most 30"),
        ("fran ces", "2–30 characters"),
        ("fr\x00ances", "Null characters"),
        ("fran\r\nBcc: x@example.org", "2–30 characters"),
        ("<b>frances</b>", "2–30 characters"),
        ("frances\u200b", "2–30 characters"),
        ("Moderator", "name is reserved"),
        ("M0derator", "name is reserved"),
        ("ADMIN", "name is reserved"),
        ("adm1n", "name is reserved"),
        ("AdmIn_", "name is reserved"),
        ("ALICE", "already taken"),
        ("a1ice", None),
        ("al-ice", "too similar"),
        ("AL-ICE", "too similar"),
    ],
)
def test_invalid_name_is_refused_with_the_reason(visitor, alice, name, words):
    if words is None:
        User.objects.filter(pk=alice.pk).update(username="aIice")
        words = "too similar"
    response = visitor.post(SIGNUP, VALID_FORM | {"username": name})
    assert response.status_code == 200
    page = Page(response)
    assert len(page.find_all(".errorlist")) == 1
    assert words in page
    assert page.has('#id_username[aria-invalid="true"]')
    assert page.error_links == {"#id_username"}
    assert page.find("#id_email")["value"] == "frances@example.org"
    assert not User.objects.with_email(VALID_FORM["email"]).exists()


@pytest.mark.parametrize("name", ["Ali", "frances-2", "x_", "42", "Administer", "Sadmin"])
def test_valid_free_name_is_accepted(visitor, alice, name):
    assert visitor.post(SIGNUP, VALID_FORM | {"username": name}).status_code == 302
    assert User.objects.get(email=VALID_FORM["email"]).username == name


@pytest.mark.parametrize(
    "address",
    [
        "",
        "frances",
        "frances@example.org\r\nBcc: x@example.org",
        "frances@example.org\nx",
        "fran\x00ces@example.org",
        "a" * 250 + "@example.org",
        "a" * 10_000 + "@example.org",
        "a@example.org, b@example.org",
        "<frances@example.org>",
    ],
)
def test_invalid_address_is_refused(visitor, address):
    response = visitor.post(SIGNUP, VALID_FORM | {"email": address})
    assert response.status_code == 200
    assert Page(response).error_links == {"#id_email"}
    assert not User.objects.named(["frances"]).exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("password", ["", "short1!", "password123", "8675309867", "frances1"])
def test_weak_password_is_refused_and_never_shown(visitor, password):
    response = visitor.post(SIGNUP, VALID_FORM | {"password1": password})
    page = Page(response)
    assert page.error_links == {"#id_password1"}
    assert not page.find("#id_password1").get("value")
    assert not User.objects.named(["frances"]).exists()


def test_response_does_not_reveal_that_an_address_is_taken(alice, mail_to, without_token):
    free, taken = Client(), Client()
    responses = [
        free.post(SIGNUP, VALID_FORM, follow=True),
        taken.post(
            SIGNUP, VALID_FORM | {"username": "Greta", "email": "Alice@example.org"}, follow=True
        ),
    ]
    pages = [
        without_token(response).replace("alice@", "…@").replace("frances@", "…@")
        for response in responses
    ]
    assert responses[0].redirect_chain == responses[1].redirect_chain
    assert pages[0] == pages[1]
    assert not User.objects.named(["Greta"]).exists()
    [message] = mail_to("alice@example.org")
    assert "already has an account" in message.get_content()


def test_form_sent_twice_makes_one_account_without_errors(plain, submit, mail_to):
    first = submit(plain, SIGNUP, **VALID_FORM)
    second = submit(plain, SIGNUP, **VALID_FORM)
    assert first["Location"] == second["Location"] == "/accounts/confirm-email/"
    assert User.objects.named(["frances"]).count() == 1
    assert len(mail_to("frances@example.org")) == 1


@pytest.mark.django_db(transaction=True)
def test_form_sent_concurrently_makes_one_account_without_errors():
    def send(_: int) -> int:
        try:
            return Client().post(SIGNUP, VALID_FORM).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(send, range(4))) == [302] * 4
    assert User.objects.named(["frances"]).count() == 1
    assert OutgoingMail.objects.count() == 1


def test_form_ignores_unknown_fields(visitor):
    extra_fields = {
        "is_active": "",
        "is_superuser": "on",
        "roles": "1",
        "date_joined": "2001-01-01",
    }
    visitor.post(
        SIGNUP, VALID_FORM | extra_fields | {"zone": "Asia/Tokyo", "kind": "administrator"}
    )
    frances = User.objects.get(username="Frances")
    assert frances.is_active
    assert not frances.roles.is_moderator
    assert frances.zone == ""
    assert frances.date_joined.year > 2001


def test_unconfirmed_address_of_another_member_is_free(visitor, as_alice, alice, mail_to):
    alice.emailaddress_set.create(email="frances@example.org")  # requested and not yet confirmed
    visitor.post(SIGNUP, VALID_FORM)
    assert User.objects.get(username="Frances").email == "frances@example.org"
    assert len(mail_to("frances@example.org")) == 1


def test_number_of_signups_is_limited(visitor):
    responses = [visitor.post(SIGNUP, {"username": "x"}) for _ in range(21)]
    assert {response.status_code for response in responses[:20]} == {200}
    assert responses[20].status_code == 429
    assert responses[20]["Retry-After"] == "60"
    assert "Too many requests" in Page(responses[20])
