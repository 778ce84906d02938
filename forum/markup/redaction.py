"""Permanent removal of words from a source: quotes of erased posts, names of erased members."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

import regex

from forum.lib.names import fold_name
from forum.lib.scripts import NAME_LIKE
from forum.lib.text import clean_source
from forum.markup.markdown import post_parser
from forum.markup.mentions import NAME_END, NOT_AFTER_LETTER
from forum.markup.quotes import MIN_PIECE, PARAGRAPHS, normalise, says
from forum.markup.rendered_post import render

_PARSER = post_parser()
_REMOVED = "[…]"
_MASK = re.compile(r"(?:[^>]*>)+ \[hidden quote (\d+)\]")


@dataclass(frozen=True, slots=True)
class QuoteLines:
    """A block quote in a source: its ordinal, its lines, and the marks before its words."""

    ordinal: int
    first: int
    last: int  # the line after it
    prefix: str

    def replaced(self, lines: list[str], words: str) -> None:
        """Put `words` in the place of the block; those after it must have been replaced before."""
        is_open = self.last > self.first and not lines[self.last - 1].strip()
        lines[self.first : self.last] = [f"{self.prefix} {words}", *([""] if is_open else [])]


def quote_lines(lines: list[str]) -> Iterator[QuoteLines]:
    for token in _PARSER.parse("\n".join(lines), {}):
        if token.type == "blockquote_open" and token.map is not None:
            first, last = token.map
            depth = token.meta["depth"] + 1
            mark = re.match(rf"(?:[^>]*>){{{depth}}}", lines[first])
            prefix = mark[0] if mark else ">" * depth
            yield QuoteLines(token.meta["ordinal"], first, last, prefix)


def mask_blocks(source: str, hidden: Mapping[str, int]) -> str:
    """Return `source` with a numbered note in place of each block quote of these words.

    `hidden` has a number for the words of a block, as `render` gives them; quotes inside a masked
    one go with it.
    """
    words = {block.ordinal: block.words for block in render(source).quotes}
    lines = clean_source(source).split("\n")
    masked: list[QuoteLines] = []
    for block in quote_lines(lines):
        is_inside = bool(masked) and block.first < masked[-1].last
        if words.get(block.ordinal) in hidden and not is_inside:
            masked.append(block)
    for block in reversed(masked):
        block.replaced(lines, f"[hidden quote {hidden[words[block.ordinal]]}]")
    return "\n".join(lines)


def unmask_blocks(source: str, original: str) -> str:
    """Return `source` with the block quotes of `original` in place of the notes about them."""
    before = clean_source(original).split("\n")
    blocks = {block.ordinal: before[block.first : block.last] for block in quote_lines(before)}
    lines: list[str] = []
    for line in clean_source(source).split("\n"):
        mask = _MASK.fullmatch(line.rstrip())
        block = blocks.get(int(mask[1])) if mask else None
        lines += [line] if block is None else "\n".join(block).rstrip("\n").split("\n")
    return "\n".join(lines)


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
    emptied: list[QuoteLines] = []
    numbers: dict[int, int] = {}
    for block in quote_lines(lines):
        if emptied and block.first < emptied[-1].last:
            continue
        numbers[block.ordinal] = len(numbers)
        if block.ordinal in ordinals:
            emptied.append(block)
    for block in reversed(emptied):
        block.replaced(lines, _REMOVED)
    return "\n".join(lines), numbers


def forms_of_name(name: str) -> set[str]:
    """Return the ways to write a name that no search regards as the same."""
    names = (name, fold_name(name))
    return {unicodedata.normalize(form, each) for form in ("NFC", "NFD") for each in names}


def renamed(source: str, old: str, new: str, longer: Iterable[str] = ()) -> str:
    """Return `source` with `@new` in place of `@old`, ignoring case.

    `longer` are the names of others that begin with `old`: those stay. An underscore goes on with a
    name, unless one stands before the at sign, too: `_@old_`.
    """
    name, others = _one_of([old]), _one_of(longer)
    alone = rf"{NOT_AFTER_LETTER}(?<!@)(?=[@＠](?!{others}{NAME_END}){name}{NAME_END})"
    emphasised = rf"(?<=_)(?=[@＠]{name}_+(?![{NAME_LIKE}]))"
    return regex.sub(
        rf"(?:{alone}|{emphasised})([@＠]){name}", rf"\g<1>{new}", source, flags=regex.IGNORECASE
    )


def _one_of(names: Iterable[str]) -> str:
    """Return the regular expression for one of these names; for no name, one that never matches."""
    forms = {regex.escape(form) for name in names for form in forms_of_name(name)}
    return rf"(?:{'|'.join(sorted(forms))})" if forms else "(?!)"
