"""`manage.py receive_mail`: take in replies by mail, from a pipe, a mailbox or over LMTP."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error, close_old_connections

from forum.actions.incoming_mail import MAX_MAIL, MailOutcome, our_addresses, receive
from forum.errors import Busy
from forum.lib.mail_reader import read_headers

logger = logging.getLogger(__name__)

MAILBOX_POLL_SECONDS = 20


class Command(BaseCommand):
    help = (
        "Take in mail that members send to post. Without an option, read one message from "
        "standard input, as mail servers pass it to a command; after an outage it ends with "
        "EX_TEMPFAIL, and the server tries again later."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("recipients", nargs="*", help="whom the message came to")
        parser.add_argument("--sender", help="the sender of its envelope, empty for bounces")
        source = parser.add_mutually_exclusive_group()
        source.add_argument(
            "--imap",
            metavar="URL",
            nargs="?",
            const=settings.IMAP_URL,
            help="poll a mailbox: imaps://user:password@host/INBOX; without URL, that in IMAP_URL",
        )
        source.add_argument("--lmtp", metavar="HOST:PORT", help="be a server for LMTP")
        parser.add_argument("--once", action="store_true", help="poll the mailbox once, then end")

    def handle(
        self,
        *args: Any,
        recipients: list[str],
        sender: str | None,
        imap: str | None,
        lmtp: str | None,
        once: bool,
        **options: Any,
    ) -> None:
        if not settings.INCOMING_MAIL_HOST:
            raise CommandError("Set INCOMING_MAIL_HOST first.", returncode=os.EX_CONFIG)
        self.stopped = threading.Event()
        if imap is not None:
            self.poll(imap, once=once)
        elif lmtp is not None:
            self.serve(lmtp)
        else:
            self.read(recipients, sender)

    def read(self, recipients: list[str], sender: str | None) -> None:
        """Take in the message on standard input."""
        content = sys.stdin.buffer.read(MAX_MAIL + 1)
        while sys.stdin.buffer.read(MAX_MAIL):
            pass  # the server would take a closed pipe for an error
        try:
            for outcome in take_in(content, recipients, sender):
                self.stderr.write(f"{outcome}")
        except Exception as error:
            # Nothing happened to the message, so it can be delivered again.
            logger.exception("A message could not be taken in")
            raise CommandError(
                "Later, please: the message could not be taken in.", returncode=os.EX_TEMPFAIL
            ) from error

    def poll(self, url: str, *, once: bool) -> None:
        """Take in what is unread in a mailbox, again and again."""
        from forum.management.imap import poll_mailbox  # noqa: PLC0415 - a pipe need not wait

        if not once:
            self.stop_on_signals()
        while True:
            close_old_connections()
            try:
                poll_mailbox(url, lambda content: take_in(content, [], None), self.stopped.is_set)
            except (OSError, Error, Busy) as error:
                logger.warning("The mailbox could not be polled: %s", error)
            except ValueError as error:
                raise CommandError(str(error)) from error
            if once or self.stopped.wait(MAILBOX_POLL_SECONDS):
                return

    def serve(self, address: str) -> None:
        """Take in messages over LMTP until a signal comes."""
        from forum.management.lmtp import LmtpServer  # noqa: PLC0415 - a pipe need not wait

        host, _colon, port = address.rpartition(":")
        if not port.isdecimal():
            raise CommandError(f"--lmtp needs HOST:PORT, not {address!r}.")
        server = LmtpServer(take_in, hostname=host.strip("[]") or "127.0.0.1", port=int(port))
        self.stop_on_signals()
        server.start()
        try:
            self.stopped.wait()
        finally:
            server.stop()

    def stop_on_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stopped.set())


def take_in(content: bytes, recipients: list[str], sender: str | None) -> list[MailOutcome]:
    """Take in a message for each address of ours that it came to."""
    recipients = recipients or our_addresses(read_headers(content))
    return [receive(content, recipient=each, envelope_sender=sender) for each in recipients]
