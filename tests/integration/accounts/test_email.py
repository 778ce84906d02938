"""Changing the address."""

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from django.test import Client

from forum.models import User
from tests.html import Page

EMAIL = "/accounts/email/"
PASSWORD = "correct horse battery"


@pytest.fixture
def changed(plain, submit, alice):
    """Alice asks for another address, and gives her password when asked."""
    plain.force_login(alice)

    def change_to(address: str):
        answer = submit(plain, EMAIL, email=address, action_add="1")
        assert answer["Location"] == "/accounts/reauthenticate/?next=%2Faccounts%2Femail%2F"
        assert not EmailAddress.objects.filter(email=address, user=alice).exists()
        return submit(plain, answer["Location"], password=PASSWORD)

    return change_to


def address_of(person: User) -> str:
    return User.objects.get(pk=person.pk).email


def test_new_address_counts_once_its_link_was_opened(
    changed, plain, submit, alice, mail_to, link_in
):
    assert changed("new@example.org").status_code == 302
    assert address_of(alice) == "alice@example.org"

    submit(plain, link_in(mail_to("new@example.org")[0]))
    assert address_of(alice) == "new@example.org"
    assert EmailAddress.objects.get(user=alice).email == "new@example.org"
    [told] = mail_to("alice@example.org")
    assert "is now new@example.org" in told.get_content()


def test_wrong_password_changes_nothing(plain, submit, alice):
    plain.force_login(alice)
    answer = submit(plain, EMAIL, email="new@example.org", action_add="1")
    answer = submit(plain, answer["Location"], password="wrong")
    assert "Wrong password." in Page(answer)
    assert not EmailAddress.objects.filter(email="new@example.org").exists()


def test_somebody_elses_address_cannot_be_taken_even_by_who_reads_its_mail(
    changed, plain, submit, alice, bob, mail_to, link_in
):
    assert changed("bob@example.org").status_code == 302  # and not a word that it is taken
    link = link_in(mail_to("bob@example.org")[0])
    page = Page(plain.get(link))
    assert "doesn’t work" in page
    plain.post(link)
    assert address_of(alice) == "alice@example.org"
    assert address_of(bob) == "bob@example.org"


def test_address_goes_to_who_proves_it_not_to_who_named_it_first(
    changed, plain, submit, alice, mail_to, link_in
):
    Client().post(
        "/accounts/signup/",
        {"username": "squatter", "email": "new@example.org", "password1": "purple monkey 12"},
    )
    changed("new@example.org")
    own = EmailAddress.objects.get(user=alice, email="new@example.org")
    submit(plain, f"/accounts/confirm-email/{EmailConfirmationHMAC(own).key}/")
    assert address_of(alice) == "new@example.org"
    assert User.objects.get(username="squatter").email == ""


def test_change_can_be_taken_back(changed, plain, submit, alice, mail_to):
    changed("new@example.org")
    submit(plain, EMAIL, action_remove="1")
    assert EmailAddress.objects.get(user=alice).email == "alice@example.org"


@pytest.mark.parametrize(
    "address", ["", "no", "x@example.org\r\nBcc: y@example.org", "a\x00@example.org"]
)
def test_address_that_cannot_be_is_refused(as_alice, address):
    page = Page(as_alice.post(EMAIL, {"email": address, "action_add": "1"}))
    assert page.error_links == {"#id_email"}
    assert EmailAddress.objects.count() == 1
