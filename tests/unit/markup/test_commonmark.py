"""Our parser is CommonMark but for what we add and refuse on purpose."""

from __future__ import annotations

import re
from html import unescape

import pytest
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

from forum.markup import parser as markup_parser
from forum.markup.render import render
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

# Our own cases for every construct, and what the library drew of them when it passed all examples
# of the specification; and what our posts make of where they differ from it.
CASES: dict[str, list[dict[str, str]]] = data_json("markdown.json")
DIALECT: dict[str, list[dict[str, str]]] = data_json("markdown_dialect.json")


def letters(text: str) -> str:
    """The letters and digits of a text: marks of a refused link may pair with others."""
    return "".join(filter(str.isalnum, text))


def shown(html: str) -> str:
    """What a page shows of `html`, with the words for its pictures."""
    worded = re.sub(r'<img src="[^"]*" alt="([^"]*)"[^>]*>', r"\1", html)
    return unescape(re.sub(r"<[^>]*>", "", worded))


def without_gaps(html: str) -> str:
    """HTML without the white space between tags, which the specification leaves open."""
    return re.sub(r">\s+<", "><", html)


def is_subsequence(part: str, whole: str) -> bool:
    """Do the characters of `part` occur in `whole` in this order?"""
    rest = iter(whole)
    return all(char in rest for char in part)


@pytest.fixture
def bare(monkeypatch):
    """Our parser without the rules we add, its links as free as CommonMark's."""
    for name in ["validateLink", "normalizeLinkText"]:
        monkeypatch.setattr(markup_parser.Parser, name, getattr(MarkdownIt, name))
    parser = markup_parser.post_parser()
    parser.block.ruler.disable(["table"])
    parser.core.ruler.disable(["linkify", "mention_rule", "_images_to_links"])
    parser.options["xhtmlOut"] = True
    return parser


def rendered_bare(parser: MarkdownIt, source: str) -> str:
    """The HTML of `source` as the library itself draws our tokens."""
    env: dict[str, object] = {}
    return RendererHTML(parser).render(parser.parse(source, env), parser.options, env)


def test_our_parser_reads_commonmark_as_the_library_does(bare):
    reference = MarkdownIt("commonmark", {"html": False})
    for source in SAMPLES:
        assert rendered_bare(bare, source) == reference.render(source)


@pytest.mark.parametrize("construct", CASES)
def test_our_parser_reads_each_construct_as_commonmark(bare, construct):
    for case in CASES[construct]:
        assert rendered_bare(bare, case["markdown"]) == case["html"], case["markdown"]


@pytest.mark.parametrize("rule", DIALECT)
def test_posts_differ_from_commonmark_only_by_rule(rule):
    for case in DIALECT[rule]:
        assert render(case["markdown"]).html == case["html"], case["markdown"]


@pytest.mark.parametrize("construct", CASES)
def test_posts_keep_every_letter_of_each_construct(construct):
    assert_kept([case["markdown"] for case in CASES[construct]])


def test_our_parser_reads_every_example_of_the_specification(bare):
    reference = MarkdownIt("commonmark", {"html": False})
    for example in examples_of_the_specification():
        source = example["markdown"]
        assert rendered_bare(bare, source) == reference.render(source), example["example"]


def test_library_passes_the_specification():
    reference = MarkdownIt("commonmark")
    for example in examples_of_the_specification():
        drawn = reference.render(example["markdown"])
        assert without_gaps(drawn) == without_gaps(example["html"]), example["example"]


def test_posts_keep_every_letter_of_the_samples():
    assert_kept(SAMPLES)


def test_posts_keep_every_letter_of_the_specification():
    assert_kept([example["markdown"] for example in examples_of_the_specification()])


def assert_kept(sources: list[str]) -> None:
    """What the library shows of `sources`, our posts say too; a refused link says even more."""
    reference = MarkdownIt("commonmark", {"html": False})
    for source in sources:
        expected = letters(shown(reference.render(source)))
        assert is_subsequence(expected, letters(render(source).plain)), source


def examples_of_the_specification() -> list[dict[str, str]]:
    """The examples of CommonMark 0.31.2, as many as the corpus has."""
    return [
        example
        for example in corpus_json("commonmark/examples.json")
        if example["src"] == "commonmark-0.31.2"
    ]
