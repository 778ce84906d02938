"""Mail: the worker sends what pages stored in the outbox, and notifications that are due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from smtplib import SMTP, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from forum.actions.notification_mail import DueMail, deliver_next_notification
from forum.actions.outbox import deliver_next, queue_message
from forum.models import OutgoingMail
from forum.presenters.notification_mail import compose

OK = 250  # SMTP's answer to a command that was carried out


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


class Mailer:
    """A connection to the mail server in EMAIL_URL: opened for the first message, used for all."""

    def __init__(self) -> None:
        server = settings.EMAIL_SERVER
        self.connection = get_connection(
            server["EMAIL_BACKEND"],
            host=server["EMAIL_HOST"],
            port=server["EMAIL_PORT"],
            username=server["EMAIL_HOST_USER"] or "",
            password=server["EMAIL_HOST_PASSWORD"] or "",
            use_tls=server.get("EMAIL_USE_TLS", False),
            use_ssl=server.get("EMAIL_USE_SSL", False),
            file_path=server["EMAIL_FILE_PATH"] or None,
        )
        # Whether the server could not be reached: other messages need not try now.
        self.is_down = False

    def __enter__(self) -> Mailer:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def send(self, message: EmailMessage) -> None:
        """Hand one message to the server; raises what the server's library raises."""
        self._open()
        try:
            self.connection.send_messages([message])
        except (SMTPResponseException, SMTPRecipientsRefused):
            raise  # an answer: the connection is in order
        except Exception:
            self.close()
            raise

    def send_stored(self, mail: OutgoingMail) -> None:
        """Hand a message of the outbox to the server."""
        self.send(StoredMessage(mail))

    def send_notifications(self, due: DueMail) -> None:
        """Make a mail about posts, and hand it to the server."""
        self.send(compose(due))

    def _open(self) -> None:
        """Open the connection, again if the server has closed it meanwhile."""
        smtp: SMTP | None = getattr(self.connection, "connection", None)
        if smtp and not _answers(smtp):
            self.close()
        try:
            self.connection.open()
        except OSError:
            self.is_down = True
            raise

    def close(self) -> None:
        """Close the connection, even if the server no longer answers."""
        with suppress(OSError):
            self.connection.close()


def _answers(smtp: SMTP) -> bool:
    try:
        return smtp.noop()[0] == OK
    except OSError:
        return False


def send_due_mail(*, stop: Callable[[], bool] = lambda: False) -> int:
    """Send due mail through the server in EMAIL_URL; return how many steps that took.

    Mail about accounts comes first: somebody may wait for it. Before each message `stop()` is asked
    whether to leave the rest for later.
    """
    steps = 0
    with Mailer() as mailer:
        while not (stop() or mailer.is_down) and (
            deliver_next(mailer.send_stored) or deliver_next_notification(mailer.send_notifications)
        ):
            steps += 1
    return steps
