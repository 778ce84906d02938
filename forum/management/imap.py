"""A mailbox that is polled over IMAP."""

from __future__ import annotations

import imaplib
import logging
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

from django.db import Error

from forum.actions.incoming_mail import MAX_MAIL
from forum.errors import Busy

logger = logging.getLogger(__name__)

TIMEOUT = 30  # seconds
SERVERS: dict[str, tuple[type[imaplib.IMAP4], int]] = {
    "imaps": (imaplib.IMAP4_SSL, 993),
    "imap": (imaplib.IMAP4, 143),
}


def poll_mailbox(
    url: str, take_in: Callable[[bytes], object], is_stopped: Callable[[], bool]
) -> int:
    """Pass each unread message to `take_in`, mark it as read, and return how many there were.

    A message is marked only after it was taken in, so that one that fails comes again. Raises
    `OSError` when the mailbox cannot be reached, `ValueError` when `url` is none, and the errors of
    an outage: `Busy` and those of the database.
    """
    parts = urlsplit(url)
    if parts.scheme not in SERVERS or not parts.hostname:
        raise ValueError("The mailbox must be like imaps://user:password@host/INBOX.")
    connect, port = SERVERS[parts.scheme]
    try:
        with connect(parts.hostname, parts.port or port, timeout=TIMEOUT) as box:
            box.login(unquote(parts.username or ""), unquote(parts.password or ""))
            box.select(f'"{unquote(parts.path.strip("/")) or "INBOX"}"')
            return _take_in_unread(box, take_in, is_stopped)
    except imaplib.IMAP4.error as error:
        raise OSError(str(error)) from error


def _take_in_unread(
    box: imaplib.IMAP4, take_in: Callable[[bytes], object], is_stopped: Callable[[], bool]
) -> int:
    done = 0
    _status, [numbers] = box.uid("SEARCH", "UNSEEN")
    for number in (numbers or b"").decode().split():
        if is_stopped():
            break
        try:
            take_in(_content(box, number))
        except (OSError, Error, Busy):
            raise
        except Exception:
            # It stays unread, and must not stop the messages after it.
            logger.exception("Message %s of the mailbox could not be taken in", number)
            continue
        box.uid("STORE", number, "+FLAGS", r"(\Seen)")
        done += 1
    return done


def _content(box: imaplib.IMAP4, number: str) -> bytes:
    """Return a message as far as it is read, without marking it."""
    _status, data = box.uid("FETCH", number, f"(BODY.PEEK[]<0.{MAX_MAIL + 1}>)")
    return next((each[1] for each in data if isinstance(each, tuple)), b"")
