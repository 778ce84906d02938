"""The Markdown of posts: its parser, its HTML, and the allow-list for that HTML.

It is CommonMark with tables, strikethrough and bare addresses as links. HTML is shown as text,
relative links are refused, images become links, and no text is dropped however deeply it is nested.
A line break is kept. A line without ">" after a quote is the author's own, where CommonMark would
count it to the quote.
"""

import re
from collections.abc import Iterable, Sequence
from html import escape
from importlib import import_module
from itertools import count
from urllib.parse import quote

import nh3
import regex
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.parser_block import RuleFuncBlockType
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock, blockquote, list_block, paragraph
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from forum.lib.scripts import NAME_LIKE
from forum.lib.text import is_blank, split_middle
from forum.markup.emphasis import InlineState
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
    parser.block.ruler.at("blockquote", _shallow(_unlazy(blockquote)), {"alt": _BLOCKS})
    parser.block.ruler.at("list", _shallow(list_block), {"alt": _BLOCKS[:-1]})
    parser.block.ruler.at("paragraph", _indented_paragraph)
    # Spans share that option; their cost grows with its square, so they get a parser of their own.
    spans = _parser(max_nesting=INLINE_DEPTH)

    def parse_spans(state: StateCore) -> None:
        for token in state.tokens:
            if token.type == "inline":
                token.children = []
                inline = InlineState(token.content, spans, state.env, token.children)
                spans.inline.tokenize(inline)
                for pairs in spans.inline.ruler2.getRules(""):
                    pairs(inline)

    parser.core.ruler.at("inline", parse_spans)
    for rule in (mention_rule, _images_to_links, _show_addresses, _mark_quotes):
        parser.core.ruler.before("text_join", rule.__name__, rule)
    # The first parse compiles the tables of rules, which is not thread-safe.
    parser.parse("a")
    return parser


_BLOCKS = ["paragraph", "reference", "blockquote", "list"]


def _parser(max_nesting: int) -> Parser:
    options = {"html": False, "breaks": True, "maxNesting": max_nesting, "xhtmlOut": False}
    parser = Parser("commonmark", options, renderer_cls=Renderer)
    parser.enable(["table", "strikethrough"])
    parser.inline.ruler.after("text", "bare_address", bare_address)
    return parser


def _unlazy(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """Return the rule for block quotes that end at a line without ">"."""

    def marked(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        last = start + 1
        while last < end and _is_marked(state, last):
            last += 1
        line_max, state.lineMax = state.lineMax, last
        done = rule(state, start, last, silent)
        state.lineMax = line_max
        return done

    return marked


def _is_marked(state: StateBlock, line: int) -> bool:
    place = state.bMarks[line] + state.tShift[line]
    return state.sCount[line] >= state.blkIndent and state.src.startswith(">", place)


def _indented_paragraph(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """Read a paragraph without losing an indent by full-width space, as the library does."""
    done = paragraph(state, start, end, silent)
    inline = state.tokens[-2]
    assert inline.map is not None
    first, last = inline.map
    inline.content = state.getLines(first, last, state.blkIndent, False).strip(" \t\n")
    return done


def _shallow(rule: RuleFuncBlockType) -> RuleFuncBlockType:
    """Return `rule` for a container block, refused where blocks are nested too deep."""

    def limited(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        depth = min(BLOCK_DEPTH, max(5, LINE_READS // len(state.bMarks)))
        return state.level < depth and rule(state, start, end, silent)

    return limited


def _show_addresses(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline":
            token.children = show_addresses(token.children or [])


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
    """Return the visible text of inline tokens: the text of their HTML, but for line breaks."""
    return "".join(_visible_text(token) for token in children)


def _visible_text(token: Token) -> str:
    match token.type:
        case "text" | "text_special" | "code_inline":
            return token.content
        case "mention":
            return f"@{token.content}"
        case "softbreak" | "hardbreak":
            return "\n"
        case "image":  # one within the text of another
            return inline_text(token.children or [])
        case _:
            return ""


# -- Addresses: where a bare one begins and ends, and how it is shown ------------------------------

# linkify-it finds addresses, but ends them at ASCII punctuation only.
_SCHEME = regex.compile(rf"(?<![{NAME_LIKE}+-]\p{{M}}*|\.)https?\Z", regex.IGNORECASE)
_SCHEME_READ = 16  # characters: the scheme, and a letter with its marks before it

# What no address contains unless it is encoded. Katakana names and Catalan words have dots.
_END = regex.compile(
    r"""
    [\s\u200b\u2060\ufeff“”„‟«»‹›…—―]
    | [^\x00-\x7f] (?<= \p{Terminal_Punctuation} )
    | [^\x00-\x7f・･] (?<= [\p{Ps}\p{Pe}\p{Po}] ) (?<= [\p{ea=F}\p{ea=W}\p{ea=H}] )
    """,
    regex.VERBOSE,
)
# What may be part of an address but not its end.
_TRAILING = regex.compile(
    r"""(?: [.,;:!?'"] | [^\x00-\x7f] (?<= [\p{P}\p{Cf}] ) )+ \Z""", regex.VERBOSE
)
# "&quot;" after an address is no part of it.
_ENTITY = re.compile(r"&#?[A-Za-z0-9]+\Z")
# Characters that cannot be seen, or turn the direction of those around them; but not those that
# join letters.
_UNSEEN = regex.compile(r"(?![\u200c\u200d])[\p{Cc}\p{Cf}\p{Z}]")


def bare_address(state: StateInline, silent: bool) -> bool:
    """Inline rule: turn `https://…` into a link. Runs before marks in it mean anything."""
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-_SCHEME_READ:])
    if scheme is None:
        return False
    start = state.pos - len(scheme[0])
    written = _address_in(state, start)
    address = unescapeAll(written)  # "\\_" and "&amp;" are what they are elsewhere in a text
    href = state.md.normalizeLink(address)
    if not address or not state.md.validateLink(href):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": href}
        state.push("text", "", 0).content = address
        closing = state.push("link_close", "a", -1)
        for token in (opening, closing):
            token.markup, token.info = "linkify", "auto"
    state.pos = start + len(written)
    return True


def _address_in(state: StateInline, start: int) -> str:
    """Return the address that begins at `start`; empty when it is none."""
    address = _linked(state, state.src[start : state.posMax])
    if end := _END.search(address):
        address = _linked(state, address[: end.start()])
    for mark in ("*", "~~"):
        if mark in address and _is_open(state, mark[0]):
            address = _linked(state, address.partition(mark)[0])
    while address:
        shorter = _TRAILING.sub("", address)
        if shorter.endswith("_") and _is_open(state, "_"):
            shorter = shorter.rstrip("_")
        if state.src.startswith(";", start + len(shorter)):
            shorter = _ENTITY.sub("", shorter)
        if shorter == address:
            break
        address = shorter
    return address


def _linked(state: StateInline, text: str) -> str:
    """Return the address at the start of `text`, as linkify-it finds it; empty when it is none."""
    assert state.md.linkify is not None
    link = state.md.linkify.match_at_start(text)
    return link.raw if link else ""


def _is_open(state: StateInline, mark: str) -> bool:
    """Return whether emphasis by `mark` is open here, so that the mark would close it."""
    depth = 0
    for delimiter in state.delimiters:
        if delimiter.marker == ord(mark):
            if delimiter.close and depth:
                depth -= 1
            elif delimiter.open:
                depth += 1
    return depth > 0


def show_addresses(children: list[Token]) -> list[Token]:
    """Return inline tokens with the text of each automatic link as it is shown.

    A link without words is one, too: nobody would see it otherwise.
    """
    result: list[Token] = []
    opening = 0  # the index in `result` of the last opened link
    for token in children:
        if token.type == "link_open":
            opening = len(result)
        elif token.type == "link_close":
            link = result[opening]
            inside = result[opening + 1 :]
            if link.info != "auto" and is_blank("".join(each.content for each in inside)):
                link.info = token.info = "auto"
                inside = [Token("text", "", 0, content=str(link.attrGet("href")))]
            if link.info == "auto":
                inside[0].content = shown_address(inside[0].content)
            result[opening + 1 :] = inside
        result.append(token)
    return result


def shown_address(address: str) -> str:
    """Return an address without its scheme, with everything that cannot be seen encoded."""
    text = _SAFE_SCHEME.sub("", address, count=1) or address
    return _UNSEEN.sub(lambda match: quote(match[0]), text)


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
            f'{fold}<figure class="quote" data-quote="{meta["ordinal"]}">'
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
        """Mark a list whose numbers are too long for the margin."""
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
            head, middle, tail = split_middle(text, URL_SHOWN)
            if middle:
                # Shown as "…" by the style sheet: who copies the address gets all of it.
                return f'{escape(head)}<span class="cut">{escape(middle)}</span>{escape(tail)}'
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
        "figure": {"quote"},
        "p": {"addressed"},
        "span": {"addressed", "cut", "mention", *TOKEN_CLASSES},
    },
    link_rel="nofollow ugc noopener",
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def clean(html: str) -> str:
    """Return `html` without anything that a post may not contain."""
    return _CLEANER.clean(html)
