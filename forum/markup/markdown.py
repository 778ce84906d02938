"""The Markdown of posts: its parser, its HTML, and the allow-list for that HTML.

It is CommonMark with tables, strikethrough and bare addresses as links. HTML is shown as text,
relative links are refused, images become links, and no text is dropped however deeply it is nested.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib import import_module
from itertools import count

import nh3
from markdown_it import MarkdownIt
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, blockquote, list_block
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from forum.lib.text import middle_cut
from forum.markup.highlight import (
    LANGUAGE_CLASSES,
    MAX_CODE,
    TOKEN_CLASSES,
    code_language,
    highlight,
)
from forum.markup.mentions import mention_rule

# -- The parser ------------------------------------------------------------------------------------

BLOCK_DEPTH = 100
LINE_READS = 100_000  # each level of nesting reads its lines again
INLINE_DEPTH = 20

_SAFE_SCHEME = re.compile(r"https?://|mailto:", re.IGNORECASE)

# A table may fill up short rows with empty cells; the default turns 2 kB into 650 kB.
vars(import_module("markdown_it.rules_block.table"))["MAX_AUTOCOMPLETED_CELLS"] = 2_000


class Parser(MarkdownIt):
    """A parser that accepts only absolute web and mail links and shows addresses as typed."""

    def validateLink(self, url: str) -> bool:  # noqa: N802
        """Accept http, https and mailto; a link to anything else stays visible as typed."""
        return _SAFE_SCHEME.match(url) is not None

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


def inline_text(children: Iterable[Token]) -> str:
    """Return the visible text of inline tokens, addresses in full."""
    return "".join(_visible_text(token) for token in children)


def _visible_text(token: Token) -> str:
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


# -- Its HTML, with empty places that are filled in for each reader later --------------------------

URL_SHOWN = 60  # characters
ADDRESSES = 100_000  # characters of all link targets in a post: a reference can be used 5,000 times
# Quotes in one post whose sources are searched.
MAX_QUOTES = 50
FIRST_LONG_NUMBER = 100  # of a list, with more digits than its margin has room for
TOP_HEADING = 4  # the page's own headings are h1 to h3

Tokens = Sequence[Token]


class Renderer(RendererHTML):
    """The HTML of everything that differs from plain CommonMark.

    Methods are named for token types; markdown-it calls each with all tokens and an index.
    """

    def mention(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<span class="mention">@{escape(tokens[idx].content)}</span>'

    def blockquote_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render a quote as a figure with an empty caption; quotes inside another are folded.

        Deeper ones are not folded again, and beyond `MAX_QUOTES` they have no caption.
        """
        meta = tokens[idx].meta
        fold = '<details class="earlier"><summary></summary>' if meta["depth"] == 1 else ""
        if not _has_caption(meta):
            return f"{fold}<blockquote>\n"
        return (
            f'{fold}<figure class="q" data-quote="{meta["ordinal"]}">'
            "<figcaption></figcaption><blockquote>\n"
        )

    def blockquote_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        meta = tokens[idx].meta
        figure = "</figure>" if _has_caption(meta) else ""
        return f"</blockquote>{figure}{'</details>' if meta['depth'] == 1 else ''}\n"

    def heading_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"<{_demoted(tokens[idx].tag)}>"

    def heading_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</{_demoted(tokens[idx].tag)}>\n"

    def ordered_list_open(
        self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Mark a list whose numbers are too long to stand in the margin."""
        last = int(tokens[idx].attrGet("start") or 1) + _items_of(tokens, idx) - 1
        if last >= FIRST_LONG_NUMBER:
            tokens[idx].attrSet("class", "long")
        return self.renderToken(tokens, idx, options, env)

    def table_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="scroll" tabindex="0"><table>\n'

    def table_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell_open(tokens[idx])

    def td_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell_open(tokens[idx])

    def link_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render a link without its title: few see tooltips, and they could imitate our marks."""
        href = str(tokens[idx].attrGet("href"))
        env["addresses"] = env.get("addresses", 0) + len(href)
        return f'<a href="{escape(href)}">' if env["addresses"] <= ADDRESSES else "<a>"

    def text(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        text = tokens[idx].content
        if idx and tokens[idx - 1].type == "link_open" and tokens[idx - 1].info == "auto":
            text = middle_cut(_SAFE_SCHEME.sub("", text, count=1), URL_SHOWN)
        return escape(text)

    def fence(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        code, language = tokens[idx].content, code_language(tokens[idx].info)
        if language is None:
            return _plain_code(code)
        env["code"] = env.get("code", 0) + len(code)
        text = highlight(code, language) if env["code"] <= MAX_CODE else escape(code)
        return f'<pre tabindex="0"><code class="language-{language}">{text}</code></pre>\n'

    def code_block(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _plain_code(tokens[idx].content)


def _items_of(tokens: Tokens, opening: int) -> int:
    """Return the number of items of the list that opens there."""
    count = 0
    level = tokens[opening].level
    for place in range(opening + 1, len(tokens)):
        if tokens[place].level == level:
            break
        count += tokens[place].type == "list_item_open" and tokens[place].level == level + 1
    return count


def _has_caption(meta: dict[str, int]) -> bool:
    return meta["depth"] == 0 or meta["ordinal"] < MAX_QUOTES


def _demoted(tag: str) -> str:
    return f"h{min(int(tag[1]) + TOP_HEADING - 1, 6)}"


def _cell_open(token: Token) -> str:
    # markdown-it aligns by a style attribute, which the content security policy refuses.
    _property, _colon, side = str(token.attrGet("style") or "").partition(":")
    return f'<{token.tag} align="{side}">' if side else f"<{token.tag}>"


def _plain_code(code: str) -> str:
    return f'<pre tabindex="0"><code>{escape(code)}</code></pre>\n'


# -- The allow-list for stored HTML: a safety net below the renderer -------------------------------

_TAGS = """
a blockquote br code details div em figcaption figure h4 h5 h6 hr li ol p pre s span strong
summary table tbody td th thead tr ul
"""
_CELL = {"align": {"left", "center", "right"}}

_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={"a": {"href"}, "figure": {"data-quote"}, "ol": {"start"}},
    tag_attribute_values={
        "div": {"tabindex": {"0"}},
        "pre": {"tabindex": {"0"}},
        "td": _CELL,
        "th": _CELL,
    },
    allowed_classes={
        "ol": {"long"},
        "code": set(LANGUAGE_CLASSES),
        "details": {"earlier"},
        "div": {"scroll"},
        "figure": {"q"},
        "p": {"addressed"},
        "span": {"addressed", "mention", *TOKEN_CLASSES},
    },
    link_rel="nofollow ugc noopener",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def clean(html: str) -> str:
    """Return `html` without anything that a post may not contain."""
    return _CLEANER.clean(html)
