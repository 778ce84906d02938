"""Plain text: what can be stored, what is invisible, and how to shorten it."""

import hashlib
import re
import unicodedata

_NEWLINE = re.compile(r"\r\n?")
# PostgreSQL stores neither NUL nor lone surrogates, and UTF-8 cannot carry the latter.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Letters and marks that draw nothing, although Unicode does not class them as space or format:
# Hangul fillers, Khmer inherent vowels, the braille blank, the null note head, selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\ufffe\uffff\U0001d159\U000e0000-\U000e0fff]"
)
_EMPTY_CATEGORIES = {"Cc", "Cf", "Zl", "Zp", "Zs"}


def clean_source(text: str) -> str:
    """Return `text` as it may be stored: newlines as LF, NUL and lone surrogates as U+FFFD.

    Everything else stays as typed.
    """
    return _UNSTORABLE.sub("\ufffd", _NEWLINE.sub("\n", text))


def one_line(text: str) -> str:
    """Return `text` as it may be stored, on one line: every run of white space as one space."""
    return " ".join(clean_source(text).split())


def is_blank(text: str) -> bool:
    """Return whether `text` shows nothing at all."""
    return all(
        unicodedata.category(char) in _EMPTY_CATEGORIES or _INVISIBLE.match(char) for char in text
    )


def excerpt(text: str, limit: int) -> str:
    """Return the first words of `text` on one line, at most `limit` characters with the "…"."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    if line[limit - 1] != " ":
        # A word longer than the limit is cut inside.
        head = head.rpartition(" ")[0] or _whole_characters(head, line[limit - 1])
    return head.rstrip() + "…"


def fingerprint(text: str) -> str:
    """Return a hash of `text` in 16 characters."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def middle_cut(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters: two thirds of its head, "…", its tail."""
    if len(text) <= limit:
        return text
    tail = (limit - 1) // 3
    head = limit - 1 - tail
    return f"{text[:head]}…{text[len(text) - tail :]}"


def _whole_characters(head: str, following: str) -> str:
    """Drop the last letter of `head` when `following` is a mark that belongs to it."""
    while head and (unicodedata.combining(following) or following in "\u200d\ufe0f"):
        head, following = head[:-1], head[-1]
    return head
