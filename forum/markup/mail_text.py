"""The text of a post in mail: its Markdown, each quote with a line above it that says whose it is.

The same Markdown makes the HTML part, so that both say the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import nh3

from forum.lib.text import clean_source
from forum.markup.redaction import QuoteLines, quote_lines
from forum.markup.rendered_post import render

_ONLY_MARKS = re.compile(r"[> ]*>")
_MARKS = re.compile(r"[> ]*")

# Mail clients know no style sheet of ours.
_STYLES = {
    "<blockquote>": '<blockquote style="margin:.5em 0;padding:0 0 0 .75em;'
    'border-left:3px solid #999">',
    "<pre>": '<pre style="white-space:pre-wrap;padding:.5em;border:1px solid #999">',
    "<td>": '<td style="padding:.2em .5em;border:1px solid #999">',
    "<th>": '<th style="padding:.2em .5em;border:1px solid #999">',
}
_TAGS = """
a blockquote br code em h2 h3 h4 h5 h6 hr li ol p pre s strong table tbody td th thead tr ul
"""
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS.split()),
    attributes={"a": {"href"}, "ol": {"start"}},
    link_rel=None,
    url_schemes={"http", "https", "mailto"},
    url_relative="deny",
)


def mail_text(source: str, captions: Mapping[int, str], hidden: Mapping[int, str]) -> str:
    """Return the Markdown of a post for mail.

    `captions` and `hidden` are by the ordinal of the block quote: the line to put above it, and the
    words to put in the place of those that the reader may not read.
    """
    lines = clean_source(source).strip("\n").split("\n")
    for block in reversed(_outside_hidden(lines, hidden)):
        if block.ordinal in hidden:
            block.replaced(lines, hidden[block.ordinal])
        if block.ordinal in captions and _ONLY_MARKS.fullmatch(block.prefix):
            outer = block.prefix.rpartition(">")[0].rstrip()
            before = [outer] if block.first and _MARKS.sub("", lines[block.first - 1]) else []
            caption = f"{outer} {captions[block.ordinal]}".strip()
            lines[block.first : block.first] = [*before, caption]
    return "\n".join(lines)


def _outside_hidden(lines: list[str], hidden: Mapping[int, str]) -> list[QuoteLines]:
    """Return the block quotes, without those inside one whose words are replaced."""
    found: list[QuoteLines] = []
    end = 0  # of the last one that is replaced
    for block in quote_lines(lines):
        if block.first < end:
            continue
        found.append(block)
        if block.ordinal in hidden:
            end = block.last
    return found


def mail_html(text: str) -> str:
    """Return small HTML of such a text, without classes, images and anything that is loaded."""
    html = _CLEANER.clean(render(text).html)
    for tag, styled in _STYLES.items():
        html = html.replace(tag, styled)
    return html
