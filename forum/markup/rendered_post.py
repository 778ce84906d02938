"""Rendering: from the source of a post to everything stored of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it.token import Token
from markdown_it.utils import EnvType

from forum.lib.names import fold_name
from forum.lib.text import clean_source, excerpt
from forum.markup.markdown import clean, inline_text, post_parser
from forum.markup.mentions import KnownNames, composed
from forum.markup.quotes import PARAGRAPHS, Stretch, without_quoted

MAX_SOURCE = 20_000  # characters
# Of HTML: more than any text of that length that has something to say.
MAX_HTML = 120_000
EXCERPT = 120  # characters

_LEAVES = {"inline", "fence", "code_block"}

_PARSER = post_parser()


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, heading, list item, table row or code block, in the order of the source."""

    text: str
    own: str  # without the mentions that lead the post
    quote: int | None  # ordinal of the innermost block quote around it


@dataclass(frozen=True, slots=True)
class QuoteBlock:
    """A block quote: its ordinal in the post, and its words without quotes inside it."""

    ordinal: int
    words: str  # white space collapsed, paragraphs separated by a blank line


@dataclass(frozen=True, slots=True)
class Rendered:
    """The rendered parts of a post, the same for every reader."""

    html: str  # safe; captions, names and summaries are filled in per reader
    plain: str  # the whole text, paragraphs separated by blank lines
    quoted: tuple[Stretch, ...]  # the quoted stretches of `plain`
    unquoted: str  # without quotes
    own: str  # without quotes and leading mentions
    mentions: tuple[str, ...]  # in prose, as first typed, each once
    leading: tuple[str, ...]  # the mentions before any other text
    quotes: tuple[QuoteBlock, ...]
    links: tuple[str, ...]  # all link targets, those in quotes included

    @property
    def own_words(self) -> str:
        """Return the author's own words: `plain` at full length, with quoted words blanked."""
        return without_quoted(self.plain, self.quoted)

    def begins_with_parent(self, parent_author: str | None) -> bool:
        """Return whether the leading mentions begin with the author of the parent.

        Then the line “to …” above the post has them.
        """
        if parent_author is None or not self.leading:
            return False
        return fold_name(self.leading[0]) == fold_name(parent_author)

    def excerpt(self, parent_author: str | None = None) -> str:
        """Return the beginning of the post, without quotes and mentions of the line “to …”."""
        own = self.own if self.begins_with_parent(parent_author) else ""
        return excerpt(own or self.unquoted, EXCERPT)


def render(source: str, known_names: KnownNames | None = None) -> Rendered:
    """Return the post for `source`, Markdown of any length (forms limit it).

    `known_names` is asked where mentions end in scripts without spaces. What is stored of a post
    needs it.
    """
    env: EnvType = {"known_names": known_names}
    tokens = _PARSER.parse(clean_source(source), env)
    said = list(paragraphs(tokens))
    plain = _join_paragraphs(paragraph.text for paragraph in said)
    own = _join_paragraphs(paragraph.own for paragraph in said if paragraph.quote is None)
    unquoted = _join_paragraphs(paragraph.text for paragraph in said if paragraph.quote is None)
    return Rendered(
        html=clean(_PARSER.renderer.render(tokens, _PARSER.options, env)),
        plain=plain,
        quoted=tuple(_stretches(said)),
        unquoted=unquoted,
        own=own,
        mentions=tuple(env["mentions"]),
        leading=tuple(env["leading"]),
        quotes=_quotes(tokens, said),
        links=tuple(_links(tokens)),
    )


def paragraphs(tokens: Iterable[Token]) -> Iterator[Paragraph]:
    """Yield the paragraphs of a parsed post that hold any text."""
    inside: list[int] = []  # the block quotes that are open, the innermost last
    cells: list[str] | None = None  # of the table row being read
    for token in tokens:
        quote = inside[-1] if inside else None
        if token.type == "blockquote_open":
            inside.append(token.meta["ordinal"])
        elif token.type == "blockquote_close":
            inside.pop()
        elif token.type == "tr_open":
            cells = []
        elif token.type == "tr_close" and cells is not None:
            row = "\t".join(cells).strip()
            cells = None
            if row:
                yield Paragraph(row, row, quote)
        elif token.type in _LEAVES:
            text = _text(token)
            if cells is not None:
                cells.append(text)
            elif text:
                yield Paragraph(text, _own_text(token), quote)


def _text(token: Token) -> str:
    if token.type == "inline":
        return composed(inline_text(token.children or [])).strip()
    return composed(token.content).rstrip()


def _own_text(token: Token) -> str:
    if token.meta.get("addressed"):
        return ""
    for index, child in enumerate(token.children or []):
        if child.type == "addressed_close":
            return composed(inline_text((token.children or [])[index + 1 :])).strip()
    return _text(token)


def _links(tokens: list[Token]) -> Iterator[str]:
    for token in tokens:
        for child in token.children or ():
            if child.type == "link_open":
                yield str(child.attrGet("href"))


def _join_paragraphs(texts: Iterable[str]) -> str:
    return PARAGRAPHS.join(filter(None, texts))


def _stretches(said: list[Paragraph]) -> Iterator[Stretch]:
    place = 0
    for paragraph in said:
        end = place + len(paragraph.text)
        if paragraph.quote is not None:
            yield place, end, paragraph.quote
        place = end + len(PARAGRAPHS)


def _quotes(tokens: list[Token], said: list[Paragraph]) -> tuple[QuoteBlock, ...]:
    words: list[list[str]] = [[] for token in tokens if token.type == "blockquote_open"]
    for paragraph in said:
        if paragraph.quote is not None:
            words[paragraph.quote].append(" ".join(paragraph.text.split()))
    return tuple(
        QuoteBlock(ordinal, _join_paragraphs(texts)) for ordinal, texts in enumerate(words)
    )
