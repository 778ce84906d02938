"""Reading a mail: its headers and its text, whatever is wrong with it."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser, BytesParser
from email.utils import getaddresses
from html import escape

from forum.lib.html_mail import CannotConvert, markdown_from_html
from forum.lib.text import clean_source, is_blank, one_line

MAX_DEPTH = 20  # of parts in parts
MAX_PARTS = 200
# Their codecs are no character sets, and slow on purpose-made input.
_NOT_CHARSETS = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"}
_PGP = re.compile(r"\s*-----BEGIN PGP MESSAGE-----")
_ENCRYPTED = {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}


class Unreadable(Exception):
    """A mail without text that could be posted.

    `reason` names a class of such mails, and `text` is what can be shown of it.
    """

    def __init__(self, reason: str, text: str = "") -> None:
        self.reason, self.text = reason, text
        super().__init__(reason)


@dataclass(frozen=True, slots=True)
class MailText:
    """The text of a mail, with what had to be done to read it."""

    text: str = ""
    is_repaired: bool = False  # bytes that are not in the character set that the mail names
    attachments: int = 0  # that were left out


@dataclass(slots=True)
class _Found:
    texts: list[str] = field(default_factory=list)
    are_html: list[bool] = field(default_factory=list)
    attachments: int = 0
    is_repaired: bool = False
    special: set[str] = field(default_factory=set)


# -- Headers --------------------------------------------------------------------------------------


def read_headers(content: bytes) -> Message:
    """Return the headers of a mail without its body; never raises."""
    return BytesHeaderParser().parsebytes(content)


def header(message: Message, name: str) -> str:
    """Return a header decoded and on one line; empty if it is not there."""
    raw = message.get(name, "")
    try:
        return one_line(str(make_header(decode_header(raw))))
    except (MessageError, LookupError, ValueError):
        return one_line(str(raw))


def header_addresses(message: Message, *names: str) -> list[str]:
    """Return the addresses in these headers."""
    values = [one_line(str(value)) for name in names for value in message.get_all(name, [])]
    return [address for _name, address in getaddresses(values) if "@" in address]


def parts_of(message: Message) -> list[Message]:
    """Return the parts of a mail; none if it has only one."""
    payload = message.get_payload()
    return [each for each in payload if isinstance(each, Message)] if message.is_multipart() else []


# -- The text -------------------------------------------------------------------------------------


def read_text(content: bytes) -> MailText:
    """Return the text of a mail; raises `Unreadable`."""
    try:
        found = _collect(BytesParser().parsebytes(content))
    except RecursionError as error:
        raise Unreadable("nested") from error
    text = clean_source("\n\n".join(each.strip("\n") for each in found.texts))
    if "calendar" in found.special:
        raise Unreadable("calendar", text)
    if "encrypted" in found.special or _PGP.match(text):
        raise Unreadable("encrypted", text)
    if any(found.are_html):
        try:
            text = markdown_from_html(_as_html(found))
        except CannotConvert as error:
            raise Unreadable("html", text) from error
    text = clean_source(text).replace("\ufeff", "")
    if is_blank(text):
        special = "winmail" if "winmail" in found.special else "attachment"
        raise Unreadable(special if found.attachments else "empty")
    return MailText(text, found.is_repaired, found.attachments)


def _as_html(found: _Found) -> str:
    """Return all texts as one of HTML, in their order."""
    return "\n".join(
        text if is_html else f"<div>{escape(text).replace(chr(10), '<br>')}</div>"
        for text, is_html in zip(found.texts, found.are_html, strict=True)
    )


def _collect(message: Message) -> _Found:
    """Return the texts of a mail, in their order; raises `Unreadable`."""
    found = _Found()
    for count, part in enumerate(_text_parts(message, found, depth=0)):
        if count >= MAX_PARTS:
            raise Unreadable("nested")
        kind = part.get_content_type()
        text, is_repaired = _decoded(part)
        found.is_repaired |= is_repaired
        is_html = kind == "text/html"
        if not is_blank(text):
            found.texts.append(text if is_html else _unflowed(part, text))
            found.are_html.append(is_html)
    return found


def _text_parts(message: Message, found: _Found, *, depth: int) -> Iterator[Message]:
    """Yield the parts with text, and note in `found` what the others are."""
    kind = message.get_content_type()
    if depth > MAX_DEPTH:
        raise Unreadable("nested")
    if kind in _ENCRYPTED and not str(message.get_param("smime-type", "")).startswith("signed"):
        found.special.add("encrypted")
    elif kind == "multipart/alternative":
        yield from _best(message, found, depth)
    elif message.is_multipart() and kind != "message/rfc822":
        for part in parts_of(message):
            yield from _text_parts(part, found, depth=depth + 1)
    elif kind == "text/calendar":
        found.special.add("calendar")
    elif kind in ("text/plain", "text/html", "text/enriched") and not _is_attached(message):
        yield message
    else:
        is_winmail = kind == "application/ms-tnef" or message.get_filename() == "winmail.dat"
        found.special.update({"winmail"} if is_winmail else ())
        found.attachments += 1


def _best(message: Message, found: _Found, depth: int) -> Iterator[Message]:
    """Yield the parts of the first alternative that is plain text, else those of all."""
    parts = [list(_text_parts(part, found, depth=depth + 1)) for part in parts_of(message)]
    is_plain = [
        [each.get_content_type() == "text/plain" and not is_blank(_decoded(each)[0]) for each in of]
        for of in parts
    ]
    yield from next((of for of, plain in zip(parts, is_plain, strict=True) if any(plain)), [])
    if not any(map(any, is_plain)):
        yield from (each for of in parts for each in of)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _decoded(part: Message) -> tuple[str, bool]:
    """Return the text of a part, and whether its bytes had to be repaired."""
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else str(part.get_payload()).encode()
    named = str(part.get_content_charset("") or "")
    for charset in (named, "utf-8"):
        try:
            codec = codecs.lookup(charset).name if charset else ""
            if codec and codec.replace("_", "-") not in _NOT_CHARSETS:
                return content.decode(codec), charset != named and bool(named)
        except (LookupError, ValueError):
            continue
    return content.decode("windows-1252", "replace"), True


def _unflowed(part: Message, text: str) -> str:
    """Return text with the lines joined that `format=flowed` has broken (RFC 3676)."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    deletes_space = str(part.get_param("delsp", "")).lower() == "yes"
    lines: list[tuple[int, str]] = []
    is_open = False  # whether the line before goes on
    for line in clean_source(text).split("\n"):
        bare = line.lstrip(">")
        depth = len(line) - len(bare)
        bare = bare.removeprefix(" ")
        is_signature = bare == "-- "
        if is_open and lines[-1][0] == depth and not is_signature:
            lines[-1] = depth, lines[-1][1] + bare
        else:
            lines.append((depth, bare))
        is_open = bare.endswith(" ") and not is_signature
        if is_open and deletes_space:
            lines[-1] = depth, lines[-1][1].removesuffix(" ")
    return "\n".join(
        f"{'> ' * depth}{bare}" if bare else ("> " * depth)[:-1] for depth, bare in lines
    )
