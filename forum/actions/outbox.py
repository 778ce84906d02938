"""Mail is written down with the deed that causes it, and sent from there at least once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import parseaddr

from django.db import transaction
from django.utils import timezone

from forum.lib.text import clean_source, middle_cut
from forum.models import OutgoingMail

logger = logging.getLogger(__name__)

# 1, 2, 4 … minutes apart: the last try is some 17 hours after the first.
MOST_ATTEMPTS = 11
FIRST_WAIT = timedelta(minutes=1)
ERROR_LENGTH = 500


def queue_mail(
    *, recipients: Sequence[str], sender: str, message: bytes, is_last: bool = False
) -> OutgoingMail:
    """Write one message down to be sent; a part of the caller's transaction.

    `message` is the whole of it (RFC 5322), its Message-ID included: sent twice after a crash,
    it is the same message twice. The last one to somebody is not kept once it was sent.
    """
    return OutgoingMail.objects.create(
        recipients=list(recipients),
        sender=parseaddr(sender)[1],  # of the envelope; the name is in the message
        message=message,
        is_last=is_last,
    )


def deliver_next(send: Callable[[OutgoingMail], None]) -> bool:
    """Give the next due message to `send`; False when none is due.

    The row's lock is the claim: other workers pass it by, and a worker that is killed lets go of
    it. What `send` raises puts the message off, at the last attempt for good.
    """
    with transaction.atomic():
        mail = OutgoingMail.objects.due().select_for_update(skip_locked=True).first()
        if mail is None:
            return False
        mail.attempts += 1
        try:
            send(mail)
        except Exception as error:  # noqa: BLE001 - whatever stops a message, the next one goes
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
    if mail.attempts >= MOST_ATTEMPTS:
        mail.failed_at = timezone.now()
    else:
        mail.due_at = timezone.now() + FIRST_WAIT * 2 ** (mail.attempts - 1)
    logger.warning("Mail %s: attempt %s failed: %s", mail.pk, mail.attempts, mail.error)


def forget_old_mail() -> int:
    """Drop mail that was sent or given up long ago; returns how much there was."""
    return OutgoingMail.objects.old().delete()[0]
