"""Fixtures for account tests: forms without JavaScript, and the mail that is sent."""

from __future__ import annotations

import email
import re
from email.message import EmailMessage
from email.policy import default
from typing import Protocol

import pytest
from allauth.account.models import EmailAddress
from django.http import HttpResponse
from django.test import Client

from forum.models import OutgoingMail, User
from tests.html import Page

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


class Submit(Protocol):
    def __call__(self, client: Client, address: str, **fields: str) -> HttpResponse: ...


@pytest.fixture(autouse=True)
def _mail_goes_to_the_outbox(settings) -> None:
    settings.EMAIL_BACKEND = "forum.jobs.mail.OutboxBackend"


@pytest.fixture
def plain(db: None) -> Client:
    """Return a client that needs CSRF tokens, as a browser does."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def submit() -> Submit:
    """Return a function that opens a page and sends the form that has these fields."""

    def submit(client: Client, address: str, **fields: str) -> HttpResponse:
        page = Page(client.get(address, follow=True))
        forms = [
            form
            for form in page.forms
            if "form" in form.element.classes and fields.keys() <= form.names
        ]
        form = forms[0]
        hidden = {
            field["name"]: field.get("value") for field in form.element.find_all('[type="hidden"]')
        }
        return client.post(form.action, hidden | fields)

    return submit


@pytest.fixture
def mail_to(db: None):
    """Return a function for the mail to an address, in the order in which it was written."""

    def mail_to(address: str) -> list[EmailMessage]:
        return [
            email.message_from_bytes(mail.message, policy=default)
            for mail in OutgoingMail.objects.filter(recipients=[address]).order_by("pk")
        ]

    return mail_to


@pytest.fixture
def link_in():
    """Return a function for the path of the link in a message."""

    def link_in(message: EmailMessage) -> str:
        links = re.findall(r"http://localhost:8000(/accounts/\S+)", message.get_content())
        assert len(links) == 1
        return links[0]

    return link_in


@pytest.fixture
def without_token():
    """Return a function for the HTML of a response without its CSRF token."""

    def without_token(response: HttpResponse) -> str:
        return TOKEN.sub("", response.content.decode())

    return without_token


def confirm_address(person: User) -> User:
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


@pytest.fixture
def alice(alice: User) -> User:
    return confirm_address(alice)


@pytest.fixture
def bob(bob: User) -> User:
    return confirm_address(bob)


@pytest.fixture
def dan(dan: User) -> User:
    return confirm_address(dan)
