"""Tokens to HTML, with empty places that are filled in for each reader later."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from forum.lib.text import middle_cut
from forum.markup.highlight import MAX_CODE, code_language, highlight

URL_SHOWN = 60  # characters
ADDRESSES = 100_000  # characters of all link targets in a post: a reference can be used 5,000 times
# Quotes in one post whose sources are searched.
MAX_QUOTES = 50
TOP_HEADING = 4  # the page's own headings are h1 to h3

_SCHEME = re.compile(r"https?://|mailto:", re.IGNORECASE)

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
            text = middle_cut(_SCHEME.sub("", text, count=1), URL_SHOWN)
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
