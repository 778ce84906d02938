"""Web addresses in prose: where a bare one begins and ends, and how it is shown.

linkify-it finds addresses, but ends them at ASCII punctuation only.
"""

import re
from urllib.parse import quote

import regex
from markdown_it.common.utils import unescapeAll
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from forum.lib.scripts import NAME_LIKE
from forum.lib.text import is_blank

_SCHEME = regex.compile(rf"(?<![{NAME_LIKE}+-]\p{{M}}*|\.)https?\Z", regex.IGNORECASE)
_SCHEME_READ = 16  # characters: the scheme, and a letter with its marks before it
_HIDDEN_SCHEME = re.compile(r"https?://|mailto:", re.IGNORECASE)

# What no address contains unless it is encoded. Katakana names and Catalan words have dots.
_END = regex.compile(
    r"""
    [\s\u200b\u2060\ufeff“”„‟«»‹›…—―]
    | [^\x00-\x7f] (?<= \p{Terminal_Punctuation} )
    | [^\x00-\x7f・･] (?<= [\p{Ps}\p{Pe}\p{Po}] ) (?<= [\p{ea=F}\p{ea=W}\p{ea=H}] )
    """,
    regex.VERBOSE,
)
# What may be part of an address but not its end.
_TRAILING = regex.compile(
    r"""(?: [.,;:!?'"] | [^\x00-\x7f] (?<= [\p{P}\p{Cf}] ) )+ \Z""", regex.VERBOSE
)
# "&quot;" after an address is no part of it.
_ENTITY = re.compile(r"&#?[A-Za-z0-9]+\Z")
# Characters that cannot be seen, or turn the direction of those around them; but not those that
# join letters.
_UNSEEN = regex.compile(r"(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Z}]")


def bare_address(state: StateInline, silent: bool) -> bool:
    """Inline rule: turn `https://…` into a link. Runs before marks in it mean anything."""
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-_SCHEME_READ:])
    if scheme is None:
        return False
    start = state.pos - len(scheme[0])
    written = _address_in(state, start)
    address = unescapeAll(written)  # "\\_" and "&amp;" are what they are elsewhere in a text
    href = state.md.normalizeLink(address)
    if not address or not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": href}
        state.push("text", "", 0).content = address
        closing = state.push("link_close", "a", -1)
        for token in (opening, closing):
            token.markup, token.info = "linkify", "auto"
    state.pos = start + len(written)
    return True


def _address_in(state: StateInline, start: int) -> str:
    """Return the address that begins at `start`; empty when it is none."""
    address = _linked(state, state.src[start : state.posMax])
    if end := _END.search(address):
        address = _linked(state, address[: end.start()])
    for mark in ("*", "~~"):
        if mark in address and _is_open(state, mark[0]):
            address = _linked(state, address.partition(mark)[0])
    while address:
        shorter = _TRAILING.sub("", address)
        if shorter.endswith("_") and _is_open(state, "_"):
            shorter = shorter.rstrip("_")
        if state.src.startswith(";", start + len(shorter)):
            shorter = _ENTITY.sub("", shorter)
        if shorter == address:
            break
        address = shorter
    return address


def _linked(state: StateInline, text: str) -> str:
    """Return the address at the start of `text`, as linkify-it finds it; empty when it is none."""
    assert state.md.linkify is not None
    link = state.md.linkify.match_at_start(text)
    return link.raw if link else ""


def _is_open(state: StateInline, mark: str) -> bool:
    """Return whether emphasis by `mark` is open here, so that the mark would close it."""
    depth = 0
    for delimiter in state.delimiters:
        if delimiter.marker == ord(mark):
            if delimiter.close and depth:
                depth -= 1
            elif delimiter.open:
                depth += 1
    return depth > 0


def show_addresses(children: list[Token]) -> list[Token]:
    """Return inline tokens with the text of each automatic link as it is shown.

    A link without words is one, too: nobody would see it otherwise.
    """
    result: list[Token] = []
    opening = 0  # the index in `result` of the last opened link
    for token in children:
        if token.type == "link_open":
            opening = len(result)
        elif token.type == "link_close":
            link = result[opening]
            inside = result[opening + 1 :]
            if link.info != "auto" and is_blank("".join(each.content for each in inside)):
                link.info = token.info = "auto"
                inside = [Token("text", "", 0, content=str(link.attrGet("href")))]
            if link.info == "auto":
                inside[0].content = shown_address(inside[0].content)
            result[opening + 1 :] = inside
        result.append(token)
    return result


def shown_address(address: str) -> str:
    """Return an address without its scheme, with everything that cannot be seen encoded."""
    text = _HIDDEN_SCHEME.sub("", address, count=1) or address
    return _UNSEEN.sub(lambda match: quote(match[0]), text)
