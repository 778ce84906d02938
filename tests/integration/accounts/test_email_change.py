"""Changing the email address."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import Client

from forum.models import User
from tests.html import Page

EMAIL = "/accounts/email/"
PASSWORD = "correct horse battery"


@pytest.fixture
def change_address(plain, submit, alice):
    """Return a function that changes alice's address, with her password where it is asked for."""
    plain.force_login(alice)

    def change_to(address: str):
        response = submit(plain, EMAIL, email=address, action_add="1")
        assert response["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
        assert not EmailAddress.objects.filter(email=address, user=alice).exists()
        return submit(plain, response["Location"], password=PASSWORD)

    return change_to


def address_of(person: User) -> str:
    return User.objects.get(pk=person.pk).email


def test_new_address_replaces_the_old_one_once_confirmed(
    change_address, plain, submit, alice, mail_to, link_in
):
    assert change_address("new@example.org").status_code == 302
    assert address_of(alice) == "alice@example.org"

    submit(plain, link_in(mail_to("new@example.org")[0]))
    assert address_of(alice) == "new@example.org"
    assert EmailAddress.objects.get(user=alice).email == "new@example.org"
    [message] = mail_to("alice@example.org")
    assert "is now new@example.org" in message.get_content()


def test_wrong_password_changes_nothing(plain, submit, alice):
    plain.force_login(alice)
    response = submit(plain, EMAIL, email="new@example.org", action_add="1")
    response = submit(plain, response["Location"], password="wrong")
    assert "Wrong password." in Page(response)
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


def test_address_of_another_member_cannot_be_taken_even_with_access_to_its_mail(
    change_address, plain, submit, alice, bob, mail_to, link_in
):
    # The response does not reveal that the address is taken.
    assert change_address("bob@example.org").status_code == 302
    link = link_in(mail_to("bob@example.org")[0])
    page = Page(plain.get(link))
    assert "doesn’t work" in page
    plain.post(link)
    assert address_of(alice) == "alice@example.org"
    assert address_of(bob) == "bob@example.org"


def test_address_goes_to_the_member_who_confirms_it(
    change_address, plain, submit, alice, mail_to, link_in
):
    Client().post(
        "/accounts/signup/",
        {"username": "squatter", "email": "new@example.org", "password1": "purple monkey 12"},
    )
    change_address("new@example.org")
    unconfirmed = EmailAddress.objects.get(user=alice, email="new@example.org")
    submit(plain, f"/accounts/confirm-email/{EmailConfirmationHMAC(unconfirmed).key}/")
    assert address_of(alice) == "new@example.org"
    assert not User.objects.filter(username="squatter").exists()


def test_pending_change_can_be_cancelled(change_address, plain, submit, alice, mail_to):
    change_address("new@example.org")
    submit(plain, EMAIL, action_remove="1")
    assert EmailAddress.objects.get(user=alice).email == "alice@example.org"


@pytest.mark.parametrize(
    "address", ["", "no", "x@example.org\r\nBcc: y@example.org", "a\x00@example.org"]
)
def test_invalid_address_is_refused(as_alice, address):
    page = Page(as_alice.post(EMAIL, {"email": address, "action_add": "1"}))
    assert page.error_links == {"#id_email"}
    assert EmailAddress.objects.count() == 1
