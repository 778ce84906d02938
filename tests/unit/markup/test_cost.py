"""Cost of rendering posts, whatever they contain.

Each family is a text for which some parser takes quadratic time, at the maximal length of a post.
The limit on processor time is generous: it tells milliseconds from minutes.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from markdown_it.ruler import Ruler

from forum.markup import highlight
from forum.markup.markdown import post_parser
from forum.markup.quotes import as_quote, find, text_fragment
from forum.markup.rendered_post import MAX_SOURCE, render
from tests.corpora import corpus

pytestmark = pytest.mark.slow

SECONDS = 2
LARGEST = 600_000  # characters of HTML; "&" alone becomes five

FAMILIES = {
    "quotes, deep": "> " * 20_000,
    "quotes, lazy lines": ">" * 100 + "a\n" * 10_000,
    "quotes, many": "> a\n\nb\n\n" * 2_500,
    "lists, deep": "- " * 10_000,
    "lists, nested": "".join(" " * (2 * (n % 60)) + "- a\n" for n in range(400)),
    "lists in quotes": "> - " * 5_000,
    "mentions without spaces": "@名前" * 6_600,
    "one mention without spaces": "@" + "名" * 19_999,
    "mentions of many letters": ("@" + "名" * 30 + "、") * 620,
    "letters with marks after an at sign": "@" + "名\u0301" * 9_999,
    "brackets": "[" * 20_000,
    "brackets and parentheses": "[a](b" * 4_000,
    "links in links": "[" * 2_000 + "a" + "](https://b)" * 1_600,
    "images": "![" * 10_000,
    "images in images": "![" * 2_500 + "a" + "](http://b)" * 1_300,
    "one reference, often": "[a]: http://" + "b" * 9_000 + "\n\n" + "[a] " * 2_700,
    "references": "".join(f"[{n}]: http://a\n" for n in range(1_200)),
    "emphasis": "*a **b " * 3_000,
    "underscores": "_a " * 6_600,
    "tildes": "~~a " * 5_000,
    "backticks": "".join("`" * n + " " for n in range(199)),
    "tags": "<a " * 6_600,
    "addresses in angles": "<http:" * 3_300,
    "schemes": "http://" * 2_800,
    "addresses": "http://a.b " * 1_800,
    "address, parentheses": "http://a/" + "(" * 19_000,
    "address, dots": "http://" + "a." * 9_900,
    "address, quotes": "http://a/?" + "'a" * 9_900,
    "table, wide": "|a" * 3_000 + "|\n" + "|-" * 3_000 + "|\n" + "a\n" * 900,
    "table, long": "|a" * 200 + "|\n" + "|-" * 200 + "|\n" + "a\n" * 9_000,
    "mentions": "".join(f"@user{n} " for n in range(2_000)),
    "one mention": "@lina " * 3_300,
    "at signs": "@" * 20_000,
    "hyphens behind a mention": "@lina" + "-" * 19_000,
    "names that end with hyphens": "@a-" * 6_600,
    "ampersands": "&" * 20_000,
    "backslashes": "\\" * 20_000,
    "accents": "a" + "\u0301" * 19_000,
    "fences": "```\n" * 5_000,
    "code": "```java\n" + "\n" * 19_000,
    "much code": ("```make\n" + "0" * 900 + "\n```\n") * 20,
    "headings": "a\n=\n" * 5_000,
    "spaces": " " * 19_999 + "a",
}


def corpus_families() -> Iterator[tuple[str, str]]:
    """Yield the families of the shared corpus in several sizes."""
    path = corpus("pathological/gen_pathological.py")
    spec = importlib.util.spec_from_file_location("gen_pathological", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    for n in (5_000, 20_000):
        for name, text in module.cases(n):
            yield f"{name} {n}", text[:MAX_SOURCE]


def assert_cheap(name: str, text: str) -> None:
    """Assert that rendering, quoting, finding and linking stay within the limit."""
    start = time.process_time()
    rendered = render(text)
    as_quote(text)
    find(text[-60:], rendered.plain)
    text_fragment(text)
    seconds = time.process_time() - start
    assert seconds < SECONDS, f"{name}: {seconds:.1f} s"
    assert len(rendered.html) < LARGEST, name


@pytest.mark.parametrize("name", FAMILIES)
def test_worst_cases_are_rendered_quickly(name):
    assert_cheap(name, FAMILIES[name][:MAX_SOURCE])


def test_worst_cases_of_the_corpus_are_rendered_quickly():
    for name, text in corpus_families():
        assert_cheap(name, text)


@pytest.mark.parametrize("piece", ["\n", "a\n", "0"])
def test_all_lexers_are_quick(piece):
    code = (piece * highlight.MAX_CODE)[: highlight.MAX_CODE]
    for language in sorted(highlight._LANGUAGES):
        start = time.process_time()
        highlight.highlight(code, language)
        seconds = time.process_time() - start
        assert seconds < SECONDS, f"{language}: {seconds:.1f} s"


def test_rules_of_the_parser_are_compiled_in_advance(monkeypatch):
    """Two threads that compile at once would render posts with half of the rules."""
    parser = post_parser()
    monkeypatch.setattr(Ruler, "__compile__", lambda _ruler: pytest.fail("compiled late"))
    parser.render("*a* [b](https://a.example)\n\n- c\n\n|d|\n|-|\n")


def test_posts_rendered_in_parallel_are_the_same_as_in_sequence():
    sources = [*FAMILIES.values()][:6] + ["@lina\n\n> *a*\n\n```py\nNone\n```"] * 20
    texts = [source[:500] for source in sources]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(render, texts)) == [render(text) for text in texts]
