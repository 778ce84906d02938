"""The outbox: mail is stored in the transaction that causes it, and sent at least once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import make_msgid, parseaddr
from smtplib import SMTPDataError, SMTPRecipientsRefused
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils import timezone

from forum.lib.text import clean_source, middle_cut
from forum.models import OutgoingMail

logger = logging.getLogger(__name__)

# Between the attempts: the last one is three days after the first.
WAITS = [
    *(timedelta(minutes=minutes) for minutes in (1, 5, 30)),
    *(timedelta(hours=hours) for hours in (2, 6, 16, 24, 24)),
]
ERROR_LENGTH = 500
PERMANENT = 500  # codes of SMTP from here on are final
# RFC 3834, and what Exchange reads instead.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def mail_host() -> str:
    """Return the host of the site, which its Message-IDs end with."""
    return str(urlsplit(settings.SITE_URL).hostname)


def queue_mail(
    *, recipients: Sequence[str], sender: str, message: bytes, is_last: bool = False
) -> OutgoingMail:
    """Store one message to be sent, in the caller's transaction, and return it.

    `message` is complete (RFC 5322) with its Message-ID, so that a second delivery after a crash is
    recognised as the same. With `is_last` it is deleted once it was sent.
    """
    return OutgoingMail.objects.create(
        recipients=list(recipients),
        sender=parseaddr(sender)[1],  # for the envelope; the name is in the message
        message=message,
        is_last=is_last,
    )


def queue_message(message: EmailMessage, *, is_last: bool = False) -> OutgoingMail:
    """Store a message of the site's to be sent; nobody's automatic reply answers it."""
    message.extra_headers.setdefault("Message-ID", make_msgid(domain=mail_host()))
    for name, value in AUTOMATIC.items():
        message.extra_headers.setdefault(name, value)
    return queue_mail(
        recipients=message.recipients(),
        sender=message.from_email,
        message=message.message().as_bytes(),
        is_last=is_last,
    )


def deliver_next(send: Callable[[OutgoingMail], None]) -> bool:
    """Pass the next due message to `send`; return False when none is due.

    The row is locked meanwhile: other workers skip it, and a killed worker releases it. An error of
    `send` postpones the message, after the last attempt for good. What the server refuses for good
    is not tried again.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.due().select_for_update(skip_locked=True).first()
        if mail is None:
            return False
        mail.attempts += 1
        try:
            send(mail)
        except Exception as error:  # noqa: BLE001 - no error may stop the following messages
            _put_off(mail, error)
        else:
            mail.sent_at, mail.error = timezone.now(), ""
        if mail.is_last and (mail.sent_at or mail.failed_at):
            mail.delete()
            return True
        mail.save(update_fields=["attempts", "due_at", "sent_at", "failed_at", "error"])
    return True


def _put_off(mail: OutgoingMail, error: Exception) -> None:
    mail.error = middle_cut(clean_source(f"{type(error).__name__}: {error}"), ERROR_LENGTH)
    if mail.attempts > len(WAITS) or is_final(error):
        mail.failed_at = timezone.now()
    else:
        mail.due_at = timezone.now() + WAITS[mail.attempts - 1]
    logger.warning("Mail %s: attempt %s failed: %s", mail.pk, mail.attempts, mail.error)


def is_final(error: Exception) -> bool:
    """Return whether the server will never take this message, or any of its recipients."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= PERMANENT for code, _words in error.recipients.values())
    return isinstance(error, SMTPDataError) and error.smtp_code >= PERMANENT


def forget_old_mail() -> int:
    """Delete mail that was sent or given up long ago; return the number of messages."""
    return OutgoingMail.objects.old().delete()[0]
