"""A post's source to everything the forum stores of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from markdown_it.token import Token
from markdown_it.utils import EnvType

from forum.lib.text import clean_source, excerpt
from forum.markup.clean import clean
from forum.markup.parser import post_parser
from forum.markup.plain import Paragraph, paragraphs

MAX_SOURCE = 20_000  # characters
EXCERPT = 120  # characters

_PARSER = post_parser()


@dataclass(frozen=True, slots=True)
class QuoteBlock:
    """One outermost block quote: its place among them, and its words without nested quotes."""

    ordinal: int
    words: str  # white space collapsed, paragraphs separated by a blank line


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a post is made of, the same for every reader."""

    html: str  # safe; places for captions, names and summaries are still empty
    plain: str  # all its words, paragraphs separated by blank lines
    own: str  # the author's own: no quotes, no leading mentions
    excerpt: str  # of `own`, else of `plain`
    mentions: tuple[str, ...]  # in prose, as first typed, each once
    leading: tuple[str, ...]  # those before the first other character
    quotes: tuple[QuoteBlock, ...]


def render(source: str) -> Rendered:
    """Return the post written as `source` (Markdown of any length; the limit is the form's)."""
    env: EnvType = {}
    tokens = _PARSER.parse(clean_source(source), env)
    said = list(paragraphs(tokens))
    plain = _joined(paragraph.text for paragraph in said)
    own = _joined(paragraph.own for paragraph in said if paragraph.depth == 0)
    return Rendered(
        html=clean(_PARSER.renderer.render(tokens, _PARSER.options, env)),
        plain=plain,
        own=own,
        excerpt=excerpt(own or plain, EXCERPT),
        mentions=tuple(env["mentions"]),
        leading=tuple(env["leading"]),
        quotes=_quotes(tokens, said),
    )


def _joined(texts: Iterable[str]) -> str:
    return "\n\n".join(filter(None, texts))


def _quotes(tokens: list[Token], said: list[Paragraph]) -> tuple[QuoteBlock, ...]:
    outermost = sum(t.type == "blockquote_open" and t.meta["depth"] == 0 for t in tokens)
    words: list[list[str]] = [[] for _ in range(outermost)]
    for paragraph in said:
        if paragraph.depth == 1:
            words[paragraph.quote].append(" ".join(paragraph.text.split()))
    return tuple(QuoteBlock(ordinal, _joined(texts)) for ordinal, texts in enumerate(words))
