"""Plain text: what can be stored, what is invisible, and how to shorten it."""

import hashlib
import re
import unicodedata

import regex

from forum.lib.scripts import GRAPHEME, UNSPACED, whole_graphemes

_NEWLINE = re.compile(r"\r\n?")
# PostgreSQL stores neither NUL nor lone surrogates, and UTF-8 cannot carry the latter.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

# Letters and marks that draw nothing, although Unicode does not class them as space or format:
# Hangul fillers, Khmer inherent vowels, the braille blank, the null note head, selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\ufff0-\ufff8\ufffe\uffff\U0001d159\U000e0000-\U000e0fff]"
)
# Embeddings, overrides and isolates, and their ends.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
# A place in a text of a script without spaces.
_BETWEEN_WORDS = regex.compile(f"(?<=[{UNSPACED}])|(?=[{UNSPACED}])")
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
    """Return the first words of `text` on one line, at most `limit` characters with the "…".

    Without controls of the direction: their ends may be cut off, and turn what follows.
    """
    line = " ".join(_DIRECTION.sub("", text).split())
    if len(line) <= limit:
        return line
    head = whole_graphemes(line, limit - 1)
    if line[len(head)] != " " and not _BETWEEN_WORDS.match(line, len(head)):
        # A word longer than the limit is cut inside.
        head = head.rpartition(" ")[0] or head
    return head.rstrip() + "…"


def fingerprint(text: str) -> str:
    """Return a hash of `text` in 16 characters."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def middle_cut(text: str, limit: int) -> str:
    """Return `text` in at most `limit` characters: two thirds of its head, "…", its tail."""
    head, left_out, tail = split_middle(text, limit)
    return f"{head}…{tail}" if left_out else text


def split_middle(text: str, limit: int) -> tuple[str, str, str]:
    """Return `text` in three parts, so that with a "…" for the middle it has `limit` characters.

    The middle is empty when `text` is short enough. No grapheme is cut.
    """
    if len(text) <= limit:
        return text, "", ""
    tail = (limit - 1) // 3
    head = whole_graphemes(text, limit - 1 - tail)
    starts = (match.start() for match in GRAPHEME.finditer(text))
    end = next((start for start in starts if start >= len(text) - tail), len(text))
    return head, text[len(head) : end], text[end:]
