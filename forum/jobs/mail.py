"""Mail: pages store it in the outbox, and the worker sends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from forum.actions.outbox import deliver_next, queue_message
from forum.models import OutgoingMail


class OutboxBackend(BaseEmailBackend):
    """A Django mail backend that stores messages for the worker."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for message in email_messages:
            queue_message(message)
        return len(email_messages)


class StoredMessage(EmailMessage):
    """A message from the outbox, sent byte for byte as it was stored."""

    def __init__(self, mail: OutgoingMail) -> None:
        super().__init__(from_email=mail.sender, to=mail.recipients)
        self.content = bytes(mail.message)

    def message(self) -> StoredMessage:  # type: ignore[override]
        return self

    # Called by Django's backends.

    def as_bytes(self, unixfrom: bool = False, linesep: str = "\n") -> bytes:
        return self.content.replace(b"\n", linesep.encode())

    def get_charset(self) -> None:
        """Return None: the bytes need no encoding."""


def send_due_mail(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Send due mail through the server in EMAIL_URL; return how many messages were tried.

    Before each message `stop()` is asked whether to leave the rest for later.
    """
    tried = 0
    while not stop() and deliver_next(send):
        tried += 1
    return tried


def send(mail: OutgoingMail) -> None:
    """Hand one message to the server; raises what the server's library raises."""
    server = settings.EMAIL_SERVER
    connection = get_connection(
        server["EMAIL_BACKEND"],
        host=server["EMAIL_HOST"],
        port=server["EMAIL_PORT"],
        username=server["EMAIL_HOST_USER"] or "",
        password=server["EMAIL_HOST_PASSWORD"] or "",
        use_tls=server.get("EMAIL_USE_TLS", False),
        use_ssl=server.get("EMAIL_USE_SSL", False),
        file_path=server["EMAIL_FILE_PATH"] or None,
    )
    connection.send_messages([StoredMessage(mail)])
