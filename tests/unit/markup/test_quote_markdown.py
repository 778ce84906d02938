"""A quote of a whole post keeps what its author wrote as it was written."""

from __future__ import annotations

import re
from html import unescape
from unicodedata import normalize

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forum.markup.quote_markdown import quote_post
from forum.markup.quotes import find
from forum.markup.rendered_post import render
from tests.corpora import data_json
from tests.quotable_posts import SOURCES

FIGURE = re.compile(
    r'<figure class="quote" data-quote="\d+"><figcaption></figcaption><blockquote>\n(.*?)'
    r"</blockquote></figure>\n",
    re.DOTALL,
)


@pytest.mark.parametrize("kind", SOURCES)
def test_quote_looks_like_the_post(kind: str) -> None:
    source = SOURCES[kind]
    quoted = render(quote_post(source) + "Yes.").html
    mentions = re.compile(r'<span class="mention">(@\w+)</span>')  # nobody is called by a quote
    assert FIGURE.sub(r"\1", quoted) == mentions.sub(r"\1", render(source).html) + "<p>Yes.</p>\n"


def test_quote_leaves_out_the_quotes_in_a_post() -> None:
    assert quote_post("> theirs\n\nMine.\n> theirs\nMine, too.") == "> Mine.\n\n> Mine, too.\n\n"
    assert quote_post("> theirs") == quote_post("") == quote_post("\u200b") == ""
    assert quote_post("- a\n\n  > theirs\n\n  b") == "> a\n\n> b\n\n"


def test_quote_leaves_out_the_mentions_of_the_line_above_the_post() -> None:
    assert quote_post("@lina\n@lina Yes.", "Lina") == "> Yes.\n\n"
    assert quote_post("@lina @bob Yes.", "lina") == "> Yes.\n\n"
    assert quote_post("@bob @lina Yes.", "lina") == "> @bob @lina Yes.\n\n"
    assert quote_post("@lina Yes.", None) == "> @lina Yes.\n\n"
    assert quote_post("@lina\n\n> theirs\n\nYes.", "lina") == "> Yes.\n\n"


PIECES = st.sampled_from(
    [
        *["> ", "> > ", "- ", "1. ", "```\n", "    ", "\t", "\n", "\n\n", "a", "*", "**", "`", "|"],
        *[
            "[a]",
            "(https://a.example)",
            "https://a.example/b_",
            "[1]: https://a.example\n",
            "[a][1]",
        ],
        *["@lina ", "\\", "<", "&amp;", "苔。", "\u3000", "\u00ad", "# ", "---\n", "\u202e"],
    ]
)


@given(st.lists(PIECES, max_size=16).map("".join))
@example("> a\n|-|\n")
@example("- > a\n\n[a][1]\n\n[1]: https://a.example")
@example("@lina \n\t\ta")
def test_every_part_of_a_quote_is_found_in_the_post(source: str) -> None:
    post = render(source)
    for parent_author in (None, "lina"):
        for quote in render(quote_post(source, parent_author) + "Yes.").quotes:
            assert not quote.words or find(quote.words, post.own_words) is not None


@given(st.lists(PIECES, max_size=16).map("".join))
def test_plain_text_is_the_visible_text(source: str) -> None:
    assert_plain_is_visible(source)


def test_plain_text_of_every_construct_is_the_visible_text() -> None:
    for name in ("markdown.json", "markdown_dialect.json"):
        for cases in data_json(name).values():
            for case in cases:
                assert_plain_is_visible(case["markdown"])
    assert_plain_is_visible("https://a.example/" + "long/" * 50)


def assert_plain_is_visible(source: str) -> None:
    rendered = render(source)
    visible = normalize("NFC", unescape(re.sub(r"<[^>]*>", "", rendered.html)))
    assert "".join(visible.split()) == "".join(rendered.plain.split()), source
