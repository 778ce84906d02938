"""Changing and resetting passwords."""

import pytest
from django.test import Client

from forum.actions.accounts import set_password
from forum.models import OutgoingMail, User
from forum.moderation.actions.suspensions import suspend_person
from tests.html import Page

PASSWORD = "correct horse battery"
NEW_PASSWORD = "staple the other horse"
CHANGE = "/accounts/password/change/"
RESET = "/accounts/password/reset/"


def is_logged_in(client: Client) -> bool:
    return client.get("/account/settings/").status_code == 200


def change_form(
    old: str = PASSWORD, new: str = NEW_PASSWORD, repeated: str = NEW_PASSWORD
) -> dict[str, str]:
    return {"oldpassword": old, "password1": new, "password2": repeated}


def test_changing_the_password_keeps_this_session_and_ends_the_others(
    plain, submit, alice, as_alice, mail_to
):
    plain.force_login(alice)
    response = submit(plain, CHANGE, **change_form())
    assert response["Location"] == "/account/settings/"
    assert is_logged_in(plain)
    assert not is_logged_in(as_alice)
    assert User.objects.get(pk=alice.pk).check_password(NEW_PASSWORD)
    [message] = mail_to("alice@example.org")
    assert "was changed" in message["Subject"]


def test_current_password_is_required(as_alice, alice):
    response = as_alice.post(CHANGE, change_form(old="wrong"))
    assert "Wrong current password." in Page(response)
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


def test_new_password_must_be_strong_and_typed_the_same_twice(as_alice, alice):
    for fields in [
        change_form(new="12345678", repeated="12345678"),
        change_form(repeated="another"),
    ]:
        assert Page(as_alice.post(CHANGE, fields)).has(".summary")
    assert User.objects.get(pk=alice.pk).check_password(PASSWORD)


def test_changing_the_password_does_not_lift_a_concurrent_suspension(alice, carol):
    stale = User.objects.get(pk=alice.pk)
    suspend_person(alice, actor=carol, reason="spam")
    set_password(stale, NEW_PASSWORD)
    assert User.objects.get(pk=alice.pk).is_suspended


def test_forgotten_password_is_reset_by_mail(plain, submit, alice, as_alice, mail_to, link_in):
    response = submit(plain, RESET, email="Alice@example.org")
    assert response["Location"] == "/accounts/password/reset/done/"
    link = link_in(mail_to("alice@example.org")[0])
    response = submit(plain, link, password1=NEW_PASSWORD, password2=NEW_PASSWORD)
    assert response["Location"] == "/"
    assert is_logged_in(plain)
    assert User.objects.get(pk=alice.pk).check_password(NEW_PASSWORD)
    assert not is_logged_in(as_alice)  # all other sessions have ended
    assert "doesn’t work" in Page(Client().get(link))  # the link works only once


def test_reset_link_is_invalid_after_a_change_of_password(
    visitor, as_alice, alice, mail_to, link_in
):
    visitor.post(RESET, {"email": "alice@example.org"})
    as_alice.post(CHANGE, change_form())
    page = Page(visitor.get(link_in(mail_to("alice@example.org")[0])))
    assert "doesn’t work" in page


def test_reset_form_does_not_reveal_whether_an_account_exists(alice, mail_to, without_token):
    known = Client().post(RESET, {"email": "alice@example.org"}, follow=True)
    unknown = Client().post(RESET, {"email": "nobody@example.org"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert without_token(known) == without_token(unknown)
    assert len(mail_to("alice@example.org")) == len(mail_to("nobody@example.org")) == 1


def test_unconfirmed_address_cannot_reset_the_password(visitor, alice, mail_to):
    alice.emailaddress_set.create(email="typo@example.org")
    visitor.post(RESET, {"email": "typo@example.org"})
    [message] = mail_to("typo@example.org")
    assert "No account" in message["Subject"]


def test_at_most_five_mails_go_to_one_address(alice, mail_to):
    for number in range(8):
        Client(REMOTE_ADDR=f"192.0.2.{number}").post(RESET, {"email": "alice@example.org"})
    assert len(mail_to("alice@example.org")) == 5


def test_links_in_mail_use_the_configured_site_and_not_the_host_header(alice):
    Client().post(RESET, {"email": "alice@example.org"}, headers={"host": "evil.example"})
    content = bytes(OutgoingMail.objects.get().message)
    assert b"evil.example" not in content
    assert b"http://localhost:8000/accounts/password/reset/key/" in content


@pytest.mark.parametrize("address", [CHANGE, "/accounts/reauthenticate/"])
def test_password_managers_learn_whose_password_it_is(as_alice, address):
    form = Page(as_alice.get(address)).find("main form")
    named = [
        (field["autocomplete"], field.get("value"))
        for field in form.find_all("input")
        if field.get("autocomplete")
    ]
    assert named[0] == ("username", "alice")
    assert {kind for kind, _value in named[1:]} <= {"current-password", "new-password"}


def test_password_managers_learn_whose_password_is_reset(plain, submit, alice, mail_to, link_in):
    submit(plain, RESET, email="alice@example.org")
    page = Page(plain.get(link_in(mail_to("alice@example.org")[0]), follow=True))
    assert page.find('input[autocomplete="username"]')["value"] == "alice"


def test_password_managers_find_the_page_that_changes_a_password(visitor):
    assert visitor.get("/.well-known/change-password")["Location"] == CHANGE
