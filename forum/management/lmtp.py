"""A server for LMTP (RFC 2033), which mail servers deliver to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import Envelope
from django.conf import settings
from django.db import close_old_connections

from forum.actions.incoming_mail import MAX_MAIL

logger = logging.getLogger(__name__)

TakeIn = Callable[[bytes, list[str], str | None], Sequence[object]]

# Larger messages are read and answered by mail; those larger than this are refused.
MAX_LMTP_MESSAGE = 32 * MAX_MAIL
ACCEPTED = "250 2.0.0 Accepted"
LATER = "451 4.3.0 Try again later"


class LmtpHandler:
    """The hooks that aiosmtpd calls for each message."""

    def __init__(self, take_in: TakeIn) -> None:
        self.take_in = take_in

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, server: object, session: object, envelope: Envelope, address: str, options: object
    ) -> str:
        if not address.lower().endswith(f"@{settings.INCOMING_MAIL_HOST}"):
            return "550 5.1.1 Not an address of this forum"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's own name
        self, server: object, session: object, envelope: Envelope
    ) -> str:
        """Take in a message, and return one line for each recipient, as LMTP wants."""
        assert isinstance(envelope.content, bytes)
        content = envelope.content[: MAX_MAIL + 1]
        sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd leaves the empty one as "<>"
        answers = [
            await asyncio.to_thread(self._take_in, content, each, sender)
            for each in envelope.rcpt_tos
        ]
        return "\r\n".join(answers)

    def _take_in(self, content: bytes, recipient: str, sender: str) -> str:
        close_old_connections()
        try:
            self.take_in(content, [recipient], sender)
        except Exception:
            # Nothing happened to the message, so the server keeps it and tries again.
            logger.exception("A message could not be taken in")
            return LATER
        finally:
            close_old_connections()
        return ACCEPTED


class LmtpSession(LMTP):
    """One connection; lines may be longer than SMTP allows, as some programs write them."""

    line_length_limit = 64 * 1024


class LmtpServer(Controller):
    """A server in a thread of its own."""

    def __init__(self, take_in: TakeIn, *, hostname: str, port: int) -> None:
        super().__init__(LmtpHandler(take_in), hostname=hostname, port=port)

    def factory(self) -> Any:
        return LmtpSession(self.handler, data_size_limit=MAX_LMTP_MESSAGE, enable_SMTPUTF8=True)
