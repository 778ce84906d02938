"""The neighbourhood of quoted words in the text that they come from."""

from typing import Literal

from forum.markup.changes import TextChange
from forum.markup.quotes import PARAGRAPHS, find_pieces

# Of a paragraph that runs on, so much is shown before and after the words.
MAX_CONTEXT_CHARACTERS = 400  # characters

Kind = Literal["around", "quoted"]
Part = tuple[Kind, str]


def context_of(words: str, plain: str) -> list[Part]:
    """Return the paragraphs of `plain` in which `words` stand, with those set apart.

    Empty when they do not stand there.
    """
    pieces = find_pieces(words, plain)
    if not pieces:
        return []
    first, last = neighbourhood(plain, pieces[0][0], pieces[-1][1])
    shown: list[Part] = []
    if first and plain[first - 1] != "\n":
        shown.append(("around", "… "))
    for start, end in pieces:
        shown += [("around", plain[first:start]), ("quoted", plain[start:end])]
        first = end
    shown.append(("around", plain[first:last]))
    if plain[last : last + 1] not in ("", "\n"):
        shown.append(("around", " …"))
    return [part for part in shown if part[1]]


def neighbourhood(plain: str, start: int, end: int) -> tuple[int, int]:
    """Return where the paragraphs that hold the stretch from `start` to `end` begin and end.

    Of long ones only what is near it, from one space to another.
    """
    first = plain.rfind(PARAGRAPHS, 0, start)
    first = 0 if first < 0 else first + len(PARAGRAPHS)
    last = plain.find(PARAGRAPHS, end)
    last = len(plain) if last < 0 else last
    if start - first > MAX_CONTEXT_CHARACTERS:
        first = start - MAX_CONTEXT_CHARACTERS
        first = max(first, plain.find(" ", first, start) + 1)
    if last - end > MAX_CONTEXT_CHARACTERS:
        last = end + MAX_CONTEXT_CHARACTERS
        space = plain.rfind(" ", end, last)
        last = last if space < 0 else space
    return first, last


def changes_within(changes: list[TextChange], start: int, end: int) -> list[TextChange]:
    """Return of `changes` what became of the stretch from `start` to `end` of the old text."""
    kept: list[TextChange] = []
    place = 0
    for op, text in changes:
        if op == "added":
            if start <= place <= end:
                kept.append((op, text))
            continue
        part = text[max(0, start - place) : max(0, end - place)]
        if part:
            kept.append((op, part))
        place += len(text)
    return kept
