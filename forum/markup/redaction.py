"""Permanent removal of words from a source: quotes of erased posts, names of erased members."""

from __future__ import annotations

import re
from collections.abc import Collection

import regex

from forum.lib.scripts import NAME_LIKE
from forum.lib.text import clean_source
from forum.markup.markdown import post_parser
from forum.markup.mentions import NOT_AFTER_LETTER
from forum.markup.quotes import MIN_PIECE, PARAGRAPHS, normalise, says

_PARSER = post_parser()
_REMOVED = "[…]"


def comes_from(words: str, texts: Collection[str]) -> bool:
    """Return whether a quote's `words`, or any of its paragraphs, occur in one of these texts."""
    pieces = [
        words,
        *(part for part in words.split(PARAGRAPHS) if len(normalise(part)) > MIN_PIECE),
    ]
    return any(normalise(piece) and says(piece, text) for text in texts for piece in pieces)


def without_blocks(source: str, ordinals: Collection[int]) -> tuple[str, dict[int, int]]:
    """Return `source` with these block quotes emptied, and the new ordinals of the others.

    Ordinals are those of `render`; quotes inside an emptied one are removed with it.
    """
    lines = clean_source(source).split("\n")
    emptied: list[tuple[int, int, int]] = []  # from line, to line, how deep
    numbers: dict[int, int] = {}
    end = 0
    for token in _PARSER.parse(clean_source(source), {}):
        if token.type != "blockquote_open" or token.map is None:
            continue
        first, last = token.map
        ordinal = token.meta["ordinal"]
        if first < end:
            continue
        numbers[ordinal] = len(numbers)
        if ordinal in ordinals:
            emptied.append((first, last, token.meta["depth"] + 1))
            end = last
    for first, last, depth in reversed(emptied):
        mark = re.match(rf"(?:[^>]*>){{{depth}}}", lines[first])
        blank = [""] if last > first and not lines[last - 1].strip() else []
        lines[first:last] = [f"{mark[0] if mark else '>' * depth} {_REMOVED}", *blank]
    return "\n".join(lines), numbers


def renamed(source: str, old: str, new: str) -> str:
    """Return `source` with `@new` in place of `@old`, ignoring case.

    An underscore goes on with a name, unless one stands before the at sign, too: `_@old_`.
    """
    name = regex.escape(old)
    alone = rf"{NOT_AFTER_LETTER}(?<!@)(?=[@＠]{name}(?!-*[{NAME_LIKE}]))"
    emphasised = rf"(?<=_)(?=[@＠]{name}_+(?![{NAME_LIKE}]))"
    return regex.sub(
        rf"(?:{alone}|{emphasised})([@＠]){name}", rf"\g<1>{new}", source, flags=regex.IGNORECASE
    )
