"""A mail server, members who can be mailed, and due notifications."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from email.message import EmailMessage

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings as django_settings
from django.utils import timezone

from forum.jobs.mail import send_due_mail
from forum.jobs.notifications import fan_out
from forum.models import NotificationMail, User
from tests.mail_server import MailServer

Deliver = Callable[[], list[EmailMessage]]


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    server = MailServer()
    settings.EMAIL_SERVER = django_settings.EMAIL_SERVER | {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": server.port,
    }
    yield server
    server.stop()


def confirm(member: User) -> User:
    """Confirm the member’s address, without which nothing is mailed to them."""
    EmailAddress.objects.create(user=member, email=member.email, verified=True, primary=True)
    return member


@pytest.fixture(autouse=True)
def confirmed(alice: User, bob: User, carol: User) -> None:
    for member in (alice, bob, carol):
        confirm(member)


def make_due() -> None:
    """Let the worker queue what is to be mailed, and the time until then pass."""
    fan_out()
    NotificationMail.objects.update(due_at=timezone.now())


@pytest.fixture
def deliver(mail_server: MailServer) -> Deliver:
    """Return a function that lets time pass, and returns the mail that is sent then."""

    def deliver() -> list[EmailMessage]:
        before = len(mail_server.handler.messages)
        make_due()
        send_due_mail()
        return mail_server.handler.messages[before:]

    return deliver
