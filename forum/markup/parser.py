"""The Markdown parser: CommonMark with tables, strikethrough and bare addresses as links.

HTML is shown as text, relative links are refused, images become links, and no text is dropped
however deeply it is nested.
"""

import re
from importlib import import_module
from itertools import count

from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

from forum.markup.mentions import mention_rule
from forum.markup.plain import inline_text
from forum.markup.renderer import Renderer

BLOCK_DEPTH = 100
LINE_READS = 100_000  # each level of nesting reads its lines again
INLINE_DEPTH = 20

_SAFE_LINK = re.compile(r"https?://|mailto:", re.IGNORECASE)

# A table may fill up short rows with empty cells; the default turns 2 kB into 650 kB.
vars(import_module("markdown_it.rules_block.table"))["MAX_AUTOCOMPLETED_CELLS"] = 2_000


class Parser(MarkdownIt):
    """A parser that accepts only absolute web and mail links and shows addresses as typed."""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Accept http, https and mailto; a link to anything else stays visible as typed."""
        return _SAFE_LINK.match(url) is not None

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802
        """Return `link` as it is: decoding it would show xn--… as the host it imitates."""
        return link


def post_parser() -> Parser:
    """Return a parser and renderer for posts."""
    # markdown-it drops text nested beyond its limit, so blocks stop nesting before they reach it.
    parser = _parser(max_nesting=BLOCK_DEPTH + 10)
    parser.block.ruler.at("blockquote", _shallow(blockquote), {"alt": _BLOCKS})
    parser.block.ruler.at("list", _shallow(list_block), {"alt": _BLOCKS[:-1]})
    # Spans share that option; their cost grows with its square, so they get a parser of their own.
    spans = _parser(max_nesting=INLINE_DEPTH)

    def parse_spans(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline":
                token.children = []
                spans.inline.parse(token.content, spans, state.env, token.children)

    parser.core.ruler.at("inline", parse_spans)
    parser.core.ruler.enable("linkify")
    for rule in (mention_rule, _images_to_links, _mark_quotes):
        parser.core.ruler.before("text_join", rule.__name__, rule)
    # The first parse compiles the tables of rules, which is not thread-safe.
    parser.parse("a")
    return parser


_BLOCKS = ["paragraph", "reference", "blockquote", "list"]


def _parser(max_nesting: int) -> Parser:
    options = {"html": False, "linkify": True, "maxNesting": max_nesting, "xhtmlOut": False}
    parser = Parser("commonmark", options, renderer_cls=Renderer)
    parser.enable(["table", "strikethrough"])
    assert parser.linkify is not None
    parser.linkify.set({"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    for scheme in ["ftp:", "mailto:", "//"]:
        parser.linkify.add(scheme, None)
    return parser


def _shallow(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """Return `rule` for a container block, refused where blocks are nested too deep."""

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        depth = min(BLOCK_DEPTH, max(5, LINE_READS // len(state.bMarks)))
        return state.level < depth and rule(state, start, end, silent)

    return limited


def _images_to_links(state: StateCore) -> None:
    """Turn images into links: reading a post must not contact other servers."""
    for token in state.tokens:
        if token.type == "inline" and "![" in token.content:
            token.children = _without_images(token.children or [])


def _without_images(children: list[Token]) -> list[Token]:
    result = []
    links = 0
    for token in children:
        if token.type in {"link_open", "link_close"}:
            links += token.nesting
        if token.type != "image":
            result.append(token)
            continue
        src = str(token.attrGet("src"))
        alt = inline_text(token.children or [])
        text = Token("text", "", 0, content=alt or src, level=token.level)
        if links:  # a link within a link is no HTML
            result.append(text)
            continue
        info = "" if alt.strip() else "auto"
        result += [
            Token("link_open", "a", 1, attrs={"href": src}, info=info, level=token.level),
            text,
            Token("link_close", "a", -1, info=info, level=token.level),
        ]
    return result


def _mark_quotes(state: StateCore) -> None:
    """Number the block quotes in the order of the text and set their depth, in `meta`."""
    inside: list[int] = []
    numbers = count()
    for token in state.tokens:
        if token.type == "blockquote_open":
            token.meta = {"depth": len(inside), "ordinal": next(numbers)}
            inside.append(token.meta["ordinal"])
        elif token.type == "blockquote_close":
            ordinal = inside.pop()
            token.meta = {"depth": len(inside), "ordinal": ordinal}
