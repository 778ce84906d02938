"""The context of quoted words in their source text."""

from typing import Literal

from forum.markup.changes import TextChange
from forum.markup.quotes import PARAGRAPHS, find_pieces

# Shown of a long paragraph before and after the words.
MAX_CONTEXT_CHARACTERS = 400

ContextPart = tuple[Literal["around", "quoted"], str]


def context_of(words: str, plain: str) -> list[ContextPart]:
    """Return the paragraphs of `plain` that contain `words`, in parts that set those apart.

    Empty when it does not contain them.
    """
    pieces = find_pieces(words, plain)
    if not pieces:
        return []
    first, last = neighbourhood(plain, pieces[0][0], pieces[-1][1])
    shown: list[ContextPart] = []
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
    """Return the start and end of the paragraphs around the stretch from `start` to `end`.

    Long paragraphs are cut at spaces, `MAX_CONTEXT_CHARACTERS` away.
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
    """Return the part of `changes` that concerns the old text from `start` to `end`."""
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
