"""Signing up, and confirming the address."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.test import Client

from forum.models import OutgoingMail, User
from tests.html import Page

SIGNUP = "/accounts/signup/"
GOOD = {"username": "Frances", "email": "frances@example.org", "password1": "purple monkey 12"}


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_signing_up_and_following_the_link_leads_to_where_one_wanted_to_go(
    plain, submit, mail_to, link_in
):
    answer = submit(plain, f"{SIGNUP}?next=/p/5/reply/", **GOOD)
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/confirm-email/"
    assert not is_logged_in(plain)

    [message] = mail_to("frances@example.org")
    assert "to Plait, Frances" in message.get_content()
    answer = submit(plain, link_in(message))
    assert answer.status_code == 302
    assert answer["Location"] == "/p/5/reply/"
    assert is_logged_in(plain)


def test_link_opened_elsewhere_confirms_but_does_not_log_in(plain, submit, mail_to, link_in):
    submit(plain, SIGNUP, **GOOD)
    elsewhere = Client(enforce_csrf_checks=True)
    answer = submit(elsewhere, link_in(mail_to("frances@example.org")[0]))
    assert answer["Location"] == "/accounts/login/"
    assert not is_logged_in(elsewhere)
    submit(elsewhere, "/accounts/login/", login="frances", password=GOOD["password1"])
    assert is_logged_in(elsewhere)


def test_opening_the_link_changes_nothing_until_the_button_is_pressed(
    plain, submit, mail_to, link_in
):
    submit(plain, SIGNUP, **GOOD)
    plain.get(link_in(mail_to("frances@example.org")[0]))
    assert not User.objects.get(username="Frances").emailaddress_set.get().verified


def test_link_works_once(plain, submit, mail_to, link_in):
    submit(plain, SIGNUP, **GOOD)
    link = link_in(mail_to("frances@example.org")[0])
    submit(plain, link)
    assert "This link doesn’t work" in Page(Client().get(link))
    assert Client().post(link).status_code == 404


def test_without_confirming_nobody_logs_in(plain, submit, mail_to):
    submit(plain, SIGNUP, **GOOD)
    elsewhere = Client(enforce_csrf_checks=True)
    answer = submit(elsewhere, "/accounts/login/", login="Frances", password=GOOD["password1"])
    assert answer["Location"] == "/accounts/confirm-email/"
    assert not is_logged_in(elsewhere)
    assert len(mail_to("frances@example.org")) == 1  # not one for every try


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
        ("frančes", "2–30 characters"),
        ("ｆrances", "2–30 characters"),
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
def test_name_that_cannot_be_is_refused_with_the_reason(visitor, alice, name, words):
    if words is None:
        User.objects.filter(pk=alice.pk).update(username="aIice")
        words = "too similar"
    answer = visitor.post(SIGNUP, GOOD | {"username": name})
    assert answer.status_code == 200
    page = Page(answer)
    assert len(page.find_all(".errorlist")) == 1
    assert words in page
    assert page.has('#id_username[aria-invalid="true"]')
    assert page.error_links == {"#id_username"}
    assert page.find("#id_email")["value"] == "frances@example.org"
    assert not User.objects.with_email(GOOD["email"]).exists()


@pytest.mark.parametrize("name", ["Ali", "frances-2", "x_", "42", "Administer", "Sadmin"])
def test_name_that_is_nobody_elses_is_taken(visitor, alice, name):
    assert visitor.post(SIGNUP, GOOD | {"username": name}).status_code == 302
    assert User.objects.get(email=GOOD["email"]).username == name


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
def test_address_that_cannot_be_is_refused(visitor, address):
    answer = visitor.post(SIGNUP, GOOD | {"email": address})
    assert answer.status_code == 200
    assert Page(answer).error_links == {"#id_email"}
    assert not User.objects.named(["frances"]).exists()
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize("password", ["", "short1!", "password123", "8675309867", "frances1"])
def test_weak_password_is_refused_and_never_shown(visitor, password):
    answer = visitor.post(SIGNUP, GOOD | {"password1": password})
    page = Page(answer)
    assert page.error_links == {"#id_password1"}
    assert not page.find("#id_password1").get("value")
    assert not User.objects.named(["frances"]).exists()


def test_taken_address_gets_the_answer_of_a_free_one(alice, mail_to, without_token):
    free, taken = Client(), Client()
    answers = [
        free.post(SIGNUP, GOOD, follow=True),
        taken.post(SIGNUP, GOOD | {"username": "Greta", "email": "Alice@example.org"}, follow=True),
    ]
    pages = [
        without_token(answer).replace("alice@", "…@").replace("frances@", "…@")
        for answer in answers
    ]
    assert answers[0].redirect_chain == answers[1].redirect_chain
    assert pages[0] == pages[1]
    assert not User.objects.named(["Greta"]).exists()
    [message] = mail_to("alice@example.org")
    assert "already has an account" in message.get_content()


def test_pressing_the_button_twice_gives_one_account_and_no_error(plain, submit, mail_to):
    first = submit(plain, SIGNUP, **GOOD)
    second = submit(plain, SIGNUP, **GOOD)
    assert first["Location"] == second["Location"] == "/accounts/confirm-email/"
    assert User.objects.named(["frances"]).count() == 1
    assert len(mail_to("frances@example.org")) == 1


@pytest.mark.django_db(transaction=True)
def test_pressing_twice_at_the_very_same_time_gives_one_account_and_no_error():
    def press(_: int) -> int:
        try:
            return Client().post(SIGNUP, GOOD).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(press, range(4))) == [302] * 4
    assert User.objects.named(["frances"]).count() == 1
    assert OutgoingMail.objects.count() == 1


def test_form_sets_what_it_asks_for_and_nothing_else(visitor):
    more = {"is_active": "", "is_superuser": "on", "roles": "1", "date_joined": "2001-01-01"}
    visitor.post(SIGNUP, GOOD | more | {"zone": "Asia/Tokyo", "kind": "administrator"})
    frances = User.objects.get(username="Frances")
    assert frances.is_active
    assert not frances.roles.is_moderator
    assert frances.zone == ""
    assert frances.date_joined.year > 2001


def test_address_that_somebody_else_only_named_is_free(visitor, as_alice, alice, mail_to):
    alice.emailaddress_set.create(email="frances@example.org")  # began to change to it
    visitor.post(SIGNUP, GOOD)
    assert User.objects.get(username="Frances").email == "frances@example.org"
    assert len(mail_to("frances@example.org")) == 1


def test_sign_ups_without_end_are_slowed_down(visitor):
    answers = [visitor.post(SIGNUP, {"username": "x"}) for _ in range(21)]
    assert {answer.status_code for answer in answers[:20]} == {200}
    assert answers[20].status_code == 429
    assert answers[20]["Retry-After"] == "60"
    assert "Too many requests" in Page(answers[20])
