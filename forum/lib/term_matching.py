"""Search for words and hosts in a text, as people expect it.

Words match whole, ignoring case and accents; hosts match on the boundaries of their labels. No
regular expressions of users are run: a text is folded once, and each term is searched in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property
from urllib.parse import unquote

import regex

from forum.lib.scripts import NAME_LIKE, UNSPACED

# In scripts without spaces each character is a word.
_UNSPACED = regex.compile(f"[{UNSPACED}]")
# Accents, and the points of Hebrew and Arabic, which are rarely typed.
_ACCENTS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]"
)
_FULL_STOPS = str.maketrans("。．｡", "...")
_BEGINNING = re.compile(r"(?:https?|mailto):[/\\]*", re.IGNORECASE)
_END_OF_HOST = re.compile(r"[/?#\\]")
# Characters that cannot be part of a host, in any script.
_NO_HOST = regex.compile(r"[^\w\p{M}.\-]+")
# Characters that draw nothing, such as a space without width.
_UNDRAWN = regex.compile(r"[\p{Cf}\p{Variation_Selector}\u034f]")
# A host goes on with these, where letters of another script begin another word. No registry gives
# out names of Latin letters mixed with those of another alphabet.
_LATIN = r"\p{Latin}\p{Nd}_"
_GOES_ON_BEFORE = {
    is_ascii: regex.compile(rf"[{letters}\-]\p{{M}}*\Z")
    for is_ascii, letters in [(True, _LATIN), (False, NAME_LIKE)]
}
_GOES_ON_AFTER = {
    is_ascii: regex.compile(rf"-*\.?[{letters}\p{{M}}]")
    for is_ascii, letters in [(True, _LATIN), (False, NAME_LIKE)]
}


def fold(text: str) -> str:
    """Return the words of a text without case and accents, with a space before and after each."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return f" {' '.join(''.join(map(_fold_character, _ACCENTS.sub('', plain))).split())} "


def _fold_character(char: str) -> str:
    """Return the replacement of one character: itself, a space between words, or nothing."""
    if _UNSPACED.match(char):
        return f" {char} "
    category = unicodedata.category(char)
    if category[0] in "LNM":
        return char
    return "" if category == "Cf" else " "


def normal_host(host: str) -> str:
    """Return a host in the form used for comparison: decoded and in lower case."""
    labels = unquote(host).translate(_FULL_STOPS).strip(".").split(".")
    return ".".join(map(_fold_label, labels))


def _fold_label(label: str) -> str:
    label = unicodedata.normalize("NFKC", label).casefold()
    if label.startswith("xn--"):
        try:
            label = label[4:].encode("ascii").decode("punycode")
        except UnicodeError:
            return label
    return unicodedata.normalize("NFKC", label).casefold()


def host_of(address: str) -> str:
    """Return the host of a web or mail address, without user and port."""
    rest = _BEGINNING.sub("", address.strip(), count=1)
    host = _END_OF_HOST.split(rest, maxsplit=1)[0].rpartition("@")[2]
    return normal_host(host if host.startswith("[") else host.partition(":")[0])


def is_within(host: str, domain: str) -> bool:
    """Return whether a host is `domain` or below it: www.evil.example is, notevil.example not."""
    return host == domain or host.endswith(f".{domain}")


class SearchedText:
    """A text to search, with the addresses that it links to.

    `links` counts those, without links to the site's `own` host.
    """

    def __init__(self, text: str, addresses: Iterable[str] = (), own: str = "") -> None:
        self.text = text
        self._linked = [host_of(address) for address in addresses]
        self.links = sum(not (own and is_within(host, own)) for host in self._linked)

    @cached_property
    def _folded(self) -> str:
        return fold(self.text)

    @cached_property
    def _hosts(self) -> set[str]:
        """Return the hosts that the text links to, and those it mentions."""
        pieces = _NO_HOST.split(self.text.translate(_FULL_STOPS))
        named = (piece.strip(".-") for piece in pieces)
        return {*self._linked, *(normal_host(piece) for piece in named if "." in piece)}

    def has_words(self, term: str) -> bool:
        """Return whether `term` occurs as whole words in a row; a final * allows longer words."""
        words = fold(term)
        if words.isspace():
            return False
        return (words.rstrip() if term.rstrip().endswith("*") else words) in self._folded

    @cached_property
    def _text_of_hosts(self) -> str:
        """Return the text in the form of hosts, to find one beside letters of another script."""
        text = unicodedata.normalize("NFKC", _UNDRAWN.sub("", self.text)).translate(_FULL_STOPS)
        return unicodedata.normalize("NFKC", text.casefold())

    def leads_to(self, domain: str) -> bool:
        """Return whether the text links to or mentions that domain or one below it."""
        return any(is_within(host, domain) for host in self._hosts) or self._names(domain)

    def _names(self, domain: str) -> bool:
        """Return whether the text mentions `domain`, possibly beside letters without a space."""
        text = self._text_of_hosts
        start = text.find(domain) if domain else -1
        while start >= 0:
            end = start + len(domain)
            before = text[max(0, start - 8) : start]
            goes_on_before = _GOES_ON_BEFORE[domain[0].isascii()].search(before)
            goes_on_after = _GOES_ON_AFTER[domain[-1].isascii()].match(text, end)
            if not goes_on_before and not goes_on_after:
                return True
            start = text.find(domain, start + 1)
        return False
