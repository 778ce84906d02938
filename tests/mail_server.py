"""A real SMTP server on loopback that keeps what it receives, and can fail in every way."""

from __future__ import annotations

import asyncio
import socket
from collections import defaultdict
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailHandler:
    """The answers of the server, and what it received."""

    rcpt_replies: dict[str, str] = field(default_factory=lambda: defaultdict(lambda: "250 OK"))
    data_reply: str = "250 OK"
    seconds: float = 0  # before the answer to DATA
    closes_after_data: bool = False
    closes_after_each: bool = False
    envelopes: list[Envelope] = field(default_factory=list)
    connections: int = 0
    _parsed: list[EmailMessage] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802 (aiosmtpd calls it so)
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        reply = self.rcpt_replies[address]
        if reply.startswith("250"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(  # noqa: N802 (aiosmtpd calls it so)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if not self.data_reply.startswith("250"):
            return self.data_reply
        self.envelopes.append(envelope)
        await asyncio.sleep(self.seconds)
        if self.closes_after_data:
            server.transport.abort()
        elif self.closes_after_each:
            asyncio.get_running_loop().call_later(0.05, server.transport.abort)
        return self.data_reply

    @property
    def messages(self) -> list[EmailMessage]:
        """Return the messages that were received, in order; each is parsed once."""
        for envelope in self.envelopes[len(self._parsed) :]:
            content = envelope.content.replace(b"\r\n", b"\n")
            self._parsed.append(message_from_bytes(content, policy=default))
        return self._parsed.copy()


class MailServer:
    """The server: `handler` says how it behaves."""

    def __init__(self) -> None:
        self.handler = MailHandler()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._controller: Controller | None = None
        self.start()

    def start(self) -> None:
        self._controller = Controller(self.handler, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller:
            self._controller.stop(no_assert=True)
            self._controller = None
