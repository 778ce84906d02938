"""Mail that no person wrote: automatic replies, lists, bounces and complaints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser

from forum.lib.mail_reader import parts_of

# The values of headers that mail from a person does not have; None is any value.
_AUTOMATIC_HEADERS: dict[str, re.Pattern[str] | None] = {
    "Auto-Submitted": re.compile(r"(?!\s*no\b)", re.IGNORECASE),
    "X-Loop": None,
    "X-Autoreply": None,
    "X-Autorespond": None,
    "X-Plait-Reason": None,  # our own
    "List-Id": None,
    "Precedence": re.compile(r"\s*(bulk|junk|list|auto_reply)\b", re.IGNORECASE),
    "Content-Type": re.compile(r"\s*multipart/report\b", re.IGNORECASE),
    "Return-Path": re.compile(r"\s*<\s*>"),
}
_PERMANENT = re.compile(r"\s*5\.\d{1,3}\.\d{1,3}")


def automatic_header(headers: Message) -> str:
    """Return the header by which a mail is automatic; empty when a person may have written it."""
    for name, pattern in _AUTOMATIC_HEADERS.items():
        for value in headers.get_all(name, []):
            if pattern is None or pattern.match(str(value)):
                return name
    return ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """A report of another server on a mail that it got from us.

    A delay, or a mailbox that is full, is neither permanent nor a complaint.
    """

    is_complaint: bool = False  # its reader reported it as spam
    is_permanent: bool = False  # it cannot be delivered, and trying again is of no use
    status: str = ""  # such as “5.1.1”


def read_report(content: bytes) -> DeliveryReport | None:
    """Return what a bounce (RFC 3464) or a complaint (RFC 5965) says; None for other mail."""
    try:
        message = BytesParser().parsebytes(content)
    except RecursionError:
        return None
    if message.get_content_type() != "multipart/report":
        return None
    for part in parts_of(message):
        if part.get_content_type() == "message/feedback-report":
            return DeliveryReport(is_complaint=_is_complaint(part))
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            return _delivery_report(part)
    return None


def _is_complaint(part: Message) -> bool:
    """Return whether a feedback report is about spam; others say that it is none."""
    text = "\n".join(str(each) for each in parts_of(part)) or str(part.get_payload())
    kind = re.search(r"^Feedback-Type:\s*([\w-]+)", text, re.MULTILINE | re.IGNORECASE)
    return kind is None or kind[1].lower() != "not-spam"


def _delivery_report(part: Message) -> DeliveryReport:
    """Return the report on the recipient; the parser makes a message of each block of fields."""
    for block in parts_of(part):
        status = str(block.get("Status", "")).strip()[:20]
        if str(block.get("Action", "")).strip().lower() == "failed":
            return DeliveryReport(is_permanent=bool(_PERMANENT.match(status)), status=status)
    return DeliveryReport()
