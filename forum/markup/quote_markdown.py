"""The Markdown that quotes a whole post: its own source, so that code, links and lists stay."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import regex

from forum.lib.text import clean_source, is_blank
from forum.markup.markdown import post_parser
from forum.markup.mentions import KnownNames
from forum.markup.quotes import GAP, as_block, as_quote, normalise, says
from forum.markup.rendered_post import render

_PARSER = post_parser()


def quote_post(
    source: str, parent_author: str | None = None, known_names: KnownNames | None = None
) -> str:
    """Return block quotes of what a post's author wrote, each with a blank line after it.

    Leaves out the quotes in the post, so there is one before and one after each of them, and the
    mentions at its start if they begin with the author of its parent. Where that would change the
    rest, such as around a quote in a list, the plain words are quoted. Empty when nothing is left.
    """
    rendered = render(source, known_names)
    repeated = rendered.leading if rendered.begins_with_parent(parent_author) else ()
    words = rendered.own if repeated else rendered.unquoted
    said = rendered.own_words
    quotes = _blocks(_own_parts(source), repeated, as_block)
    if _are_the_words(quotes, words, said):
        return quotes
    return _blocks(GAP.split(said), repeated, as_quote)


def _blocks(parts: Iterable[str], repeated: Iterable[str], block: Callable[[str], str]) -> str:
    kept = [part.strip("\n") for part in parts]
    if kept:
        kept[0] = _without_mentions(kept[0], repeated)
    return "".join(block(part) for part in kept if not is_blank(part))


def _without_mentions(text: str, names: Iterable[str]) -> str:
    """Return `text` without mentions of these people at its start."""
    name = "|".join(map(regex.escape, names))
    return regex.sub(rf"\A\s*(?:@(?:{name})(?:\s+|\Z))+", "", text, flags=regex.I) if name else text


def _are_the_words(quotes: str, words: str, said: str) -> bool:
    """Return whether these quotes have the post's own `words`, each as a piece of `said`."""
    quoted = [quote.words for quote in render(quotes).quotes]
    return normalise(" ".join(quoted)) == normalise(words) and all(
        says(each, said) for each in quoted
    )


def _own_parts(source: str) -> Iterator[str]:
    """Yield the source between the quotes in it."""
    lines = clean_source(source).split("\n")
    literal: set[int] = set()
    quoted: list[tuple[int, int]] = []
    for token in _PARSER.parse("\n".join(lines), {}):
        if token.type == "fence" and token.map:
            literal.update(range(*token.map))
        elif token.type == "blockquote_open" and token.level == 0 and token.map:
            quoted.append((token.map[0], token.map[1]))
    # A tab after "> " is narrower than at the start of a line.
    lines = [line if at in literal else _spaced(line) for at, line in enumerate(lines)]
    end = 0
    for first, last in [*quoted, (len(lines), 0)]:
        yield "\n".join(lines[end:first])
        end = last


def _spaced(line: str) -> str:
    text = line.lstrip(" \t")
    return line[: len(line) - len(text)].expandtabs(4) + text
