"""Members with confirmed addresses, and mail as our own server hands it on."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from django.core.management import CommandError, call_command

from forum.actions.mail_addresses import reply_address
from forum.models import Post, User
from tests.incoming_mail import HOST, confirm

Deliver = Callable[..., str]


@pytest.fixture(autouse=True)
def mail_host(settings) -> None:
    settings.INCOMING_MAIL_HOST = settings.AUTHSERV_ID = HOST


@pytest.fixture
def bob(bob: User) -> User:
    """Return bob with a confirmed address."""
    confirm(bob)
    return bob


@pytest.fixture
def deliver(monkeypatch, capsys) -> Deliver:
    """Return a function that pipes a mail into the command and returns what it says."""

    def deliver(message: EmailMessage | bytes, *recipients: str | None, **options: object) -> str:
        content = message if isinstance(message, bytes) else message.as_bytes()
        if recipients and b"\nTo:" not in content:
            content = f"To: {recipients[0]}\n".encode() + content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
        errors = io.StringIO()
        try:
            call_command("receive_mail", *filter(None, recipients), stderr=errors, **options)
        except CommandError as error:
            return f"exit {error.returncode} of {os.EX_TEMPFAIL}"
        return errors.getvalue().strip()

    return deliver


@pytest.fixture
def to_opening(bob: User, opening: Post) -> str:
    """Return the address for bob's reply to alice's opening post."""
    return reply_address(bob, opening) or ""
