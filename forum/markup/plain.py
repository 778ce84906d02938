"""The plain text of a post, for quoting, comparing and searching."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from markdown_it.token import Token

_LEAVES = {"inline", "fence", "code_block"}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, heading, list item, table row or code block, in the order of the source."""

    text: str
    own: str  # without the mentions that lead the post
    quote: int | None  # ordinal of the innermost block quote around it


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


def inline_text(children: Iterable[Token]) -> str:
    """Return the visible text of inline tokens, addresses in full."""
    return "".join(_shown(token) for token in children)


def _shown(token: Token) -> str:
    match token.type:
        case "text" | "text_special" | "code_inline":
            return token.content
        case "mention":
            return f"@{token.content}"
        case "softbreak":
            return " "
        case "hardbreak":
            return "\n"
        case "image":  # one within the text of another
            return inline_text(token.children or [])
        case _:
            return ""


def _text(token: Token) -> str:
    if token.type == "inline":
        return inline_text(token.children or []).strip()
    return token.content.rstrip()


def _own_text(token: Token) -> str:
    if token.meta.get("addressed"):
        return ""
    for index, child in enumerate(token.children or []):
        if child.type == "addressed_close":
            return inline_text((token.children or [])[index + 1 :]).strip()
    return _text(token)
