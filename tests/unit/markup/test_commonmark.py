"""The parser follows CommonMark, apart from intended additions and restrictions."""

from __future__ import annotations

import re
from html import unescape

import pytest
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from forum.markup import markdown
from forum.markup.rendered_post import render
from tests.corpora import corpus_json, data_json

SAMPLES = [
    "*a* **b** ***c*** _d_ a_b_c `` ` `` \\* &copy; <b>",
    "# a\n\nb\n===\n\nc\n---\n\n***",
    "> a\nb\n\n> c\n> > d\n\n>e",
    "- a\n\n  b\n- c\n  1. d\n  2. e\n\n10) f",
    "```x y\ncode\n```\n\n    indented\n\ttab",
    "[a](/b 'c') ![d](<e f> \"g\") [h] [i][h] [k](()\n\n[h]: /j (l)",
    "<http://a.example> <a@b.example> http://a.example",
    "a  \nb\\\nc\nd",
    "[a [b](c) d](e) *[f*](g) `[h`](i)",
    "> - a\n>   > b\n>\n> 1. c\n\n* * *\n+ d",
]

# Cases for every construct, with the library's HTML from when it passed all examples of the
# specification; and the HTML of posts where it differs on purpose.
CASES: dict[str, list[dict[str, str]]] = data_json("markdown.json")
DIALECT: dict[str, list[dict[str, str]]] = data_json("markdown_dialect.json")


def letters_of(text: str) -> str:
    """Return the letters and digits of a text; marks of a rejected link may pair with others.

    Leaves out the schemes of addresses, which posts do not show.
    """
    return "".join(filter(str.isalnum, re.sub(r"(?i)https?://|mailto:", "", text)))


def visible_text(html: str) -> str:
    """Return the visible text of `html`, with the descriptions of its images."""
    worded = re.sub(r'<img src="[^"]*" alt="([^"]*)"[^>]*>', r"\1", html)
    return unescape(re.sub(r"<[^>]*>", "", worded))


def without_white_space(html: str) -> str:
    """Remove the white space between tags, which the specification leaves open."""
    return re.sub(r">\s+<", "><", html)


def is_subsequence(part: str, whole: str) -> bool:
    """Return whether the characters of `part` occur in `whole` in this order."""
    rest = iter(whole)
    return all(char in rest for char in part)


@pytest.fixture
def plain_parser(monkeypatch):
    """Return the parser without its additional rules, and with links as free as in CommonMark."""
    for name in ["validateLink", "normalizeLinkText"]:
        monkeypatch.setattr(markdown.Parser, name, getattr(MarkdownIt, name))
    monkeypatch.setattr(markdown, "_unlazy", lambda rule: rule)
    monkeypatch.setattr(markdown, "bare_address", lambda *_state: False)
    parser = markdown.post_parser()
    parser.block.ruler.disable(["table"])
    parser.core.ruler.disable(["mention_rule", "_images_to_links", "_show_addresses"])
    parser.options["xhtmlOut"], parser.options["breaks"] = True, False
    return parser


def render_with_library(parser: MarkdownIt, source: str) -> str:
    """Return the HTML that the library itself renders from the parser's tokens."""
    env: dict[str, object] = {}
    return RendererHTML(parser).render(parser.parse(source, env), parser.options, env)


def test_parser_reads_samples_as_the_library_does(plain_parser):
    reference = MarkdownIt("commonmark", {"html": False})
    for source in SAMPLES:
        assert render_with_library(plain_parser, source) == reference.render(source)


@pytest.mark.parametrize("construct", CASES)
def test_parser_reads_each_construct_as_commonmark(plain_parser, construct):
    for case in CASES[construct]:
        assert render_with_library(plain_parser, case["markdown"]) == case["html"], case["markdown"]


@pytest.mark.parametrize("rule", DIALECT)
def test_posts_differ_from_commonmark_only_by_stated_rules(rule):
    for case in DIALECT[rule]:
        assert render(case["markdown"]).html == case["html"], case["markdown"]


@pytest.mark.parametrize("construct", CASES)
def test_posts_keep_every_letter_of_each_construct(construct):
    assert_letters_kept([case["markdown"] for case in CASES[construct]])


def test_parser_reads_every_example_of_the_specification(plain_parser):
    reference = MarkdownIt("commonmark", {"html": False})
    for example in specification_examples():
        source = example["markdown"]
        assert render_with_library(plain_parser, source) == reference.render(source), example[
            "example"
        ]


def test_library_passes_the_specification():
    reference = MarkdownIt("commonmark")
    for example in specification_examples():
        html = reference.render(example["markdown"])
        assert without_white_space(html) == without_white_space(example["html"]), example["example"]


def test_posts_keep_every_letter_of_the_samples():
    assert_letters_kept(SAMPLES)


def test_posts_keep_every_letter_of_the_specification():
    assert_letters_kept([example["markdown"] for example in specification_examples()])


def assert_letters_kept(sources: list[str]) -> None:
    """Assert that posts contain every letter that the library shows of `sources`."""
    reference = MarkdownIt("commonmark", {"html": False})
    for source in sources:
        expected = letters_of(visible_text(reference.render(source)))
        assert is_subsequence(expected, letters_of(render(source).plain)), source


def specification_examples() -> list[dict[str, str]]:
    """Return the examples of CommonMark 0.31.2 in the corpus."""
    return [
        example
        for example in corpus_json("commonmark/examples.json")
        if example["src"] == "commonmark-0.31.2"
    ]
