"""Threads of mail as readers see them: the algorithm of Jamie Zawinski, by Message-ID alone.

https://www.jwz.org/doc/threading.html, steps 1 and 2. Most mail clients use it or a part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from email.message import Message

MESSAGE_ID = re.compile(r"<[^<>\s]+>")


class MailThreads:
    """The parents of messages, each by Message-ID; None for the first of a thread."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.parents: dict[str, str | None] = {}
        for message in messages:
            self._add(message)

    def _add(self, message: Message) -> None:
        [own] = MESSAGE_ID.findall(str(message["Message-ID"]))
        references = MESSAGE_ID.findall(str(message["References"] or ""))
        if message["In-Reply-To"]:
            replied_to = MESSAGE_ID.findall(str(message["In-Reply-To"]))[0]
            references = [each for each in references if each != replied_to] + [replied_to]
        self.parents.setdefault(own, None)
        before = None
        for each in references:
            known = self.parents.setdefault(each, None)
            if before and known is None and not self._is_above(each, before):
                self.parents[each] = before
            before = each
        # Now that the message is here, what others said about its parent no longer counts.
        if before is None or not self._is_above(own, before):
            self.parents[own] = before

    def _is_above(self, message_id: str, other: str | None) -> bool:
        """Return whether `message_id` is `other` or above it."""
        while other is not None:
            if other == message_id:
                return True
            other = self.parents[other]
        return False
