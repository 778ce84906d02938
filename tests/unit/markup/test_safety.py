"""Safety: input never becomes more than text, links and the elements that the renderer makes."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.markup.rendered_post import Rendered, render
from tests.corpora import corpus, corpus_json, data_json
from tests.html_check import assert_safe, problems

# A thousand attacks, by kind; those called "mixed" were written first.
ATTACKS: dict[str, list[str]] = data_json("attacks.json")
HOSTILE = ATTACKS["mixed"]
XSS = [
    "bleach.json",
    "bleach_strings.json",
    "dompurify.json",
    "lxml_html_clean.json",
    "owasp_filter_evasion.json",
]
FRAMES = [
    "{}",
    "> {}",
    "> > {}",
    "- {}",
    "`{}`",
    "[{}](https://a.example)",
    "@lina {}",
    "|{}|\n|-|",
]

PIECES = st.sampled_from(
    [
        *HOSTILE,
        *["<figcaption></figcaption>", "<summary></summary>", '<span class="mention">@bob</span>'],
        *[
            '<figure class="quote" data-quote="0">',
            '<p class="addressed">',
            "</figure>",
            "&lt;",
            "&quot;",
        ],
        *[
            "@lina",
            "@bob ",
            "> ",
            "> > ",
            "\n",
            "\n\n",
            "    ",
            "- ",
            "`",
            "```",
            "[",
            "](",
            ")",
            '"',
        ],
        *[
            "<",
            ">",
            "&",
            "\\",
            "https://a.example/",
            "|",
            "|-|-|\n",
            "\0",
            "\ud800",
            "\ufffe",
            "\u202e",
        ],
    ]
)


def payloads(name: str) -> list[str]:
    """Return the attack strings of a file of the corpus."""
    cases = corpus_json(f"xss/{name}")
    return [case if isinstance(case, str) else case["payload"] for case in cases]


def assert_only_own_placeholders(rendered: Rendered) -> None:
    """Assert that the HTML is safe and that all placeholders in it are the renderer's."""
    html = rendered.html
    assert_safe(html)
    assert html.count('<figure class="quote" data-quote="') == len(rendered.quotes)
    assert html.count("<figcaption></figcaption>") == html.count("<figure") == len(rendered.quotes)
    assert html.count("<summary></summary>") == html.count('<details class="earlier">')
    assert [int(n) for n in re.findall(r'<figure class="quote" data-quote="(\d+)">', html)] == [
        quote.ordinal for quote in rendered.quotes
    ]
    shown = {n.casefold() for n in re.findall(r'<span class="mention">@(.*?)</span>', html)}
    assert shown == {name.casefold() for name in rendered.mentions}
    addressed = html.count('<p class="addressed">') + html.count('<span class="addressed">')
    assert addressed <= html.count('<span class="mention">')


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_are_shown_as_text_in_any_context(attack):
    for payload in ATTACKS[attack]:
        for frame in FRAMES:
            assert_only_own_placeholders(render(frame.replace("{}", payload)))


def test_list_of_attacks_is_long_and_has_no_duplicates():
    payloads = [payload for attack in ATTACKS.values() for payload in attack]
    assert len(payloads) > 1_000
    assert len(set(payloads)) == len(payloads)


@pytest.mark.parametrize("name", XSS)
def test_attacks_from_other_projects_are_harmless(name):
    for payload in payloads(name):
        for frame in FRAMES:
            assert_only_own_placeholders(render(frame.replace("{}", payload)))


def test_naughty_strings_are_harmless():
    for text in json.loads(corpus("naughty-strings/blns.json").read_text(encoding="utf-8")):
        assert_only_own_placeholders(render(text))


@given(st.lists(PIECES, max_size=12).map("".join))
def test_no_combination_of_markup_imitates_placeholders(source):
    assert_only_own_placeholders(render(source))


@given(st.text(st.characters(), max_size=200))
def test_any_string_renders(source):
    assert_only_own_placeholders(render(source))


@pytest.mark.parametrize(
    "source",
    [
        "[x](https://a.example \"<span class='mention'>@1</span>\")",
        "&lt;span class=&quot;mention&quot;&gt;@1&lt;/span&gt;",
        "&#60;span class=&#34;mention&#34;&#62;@1&#60;/span&#62;",
        '```<span class="mention">@1</span>\nx\n```',
        '```html\n<span class="mention">@1</span>\n```',
        '`<span class="mention">@1</span>`',
        '[<span class="mention">@1</span>](https://a.example)',
        '![<span class="mention">@1</span>](https://a.example/x.png)',
        '[a]: https://a.example/<figcaption></figcaption> "<summary></summary>"\n\n[a]',
    ],
)
def test_placeholders_cannot_be_typed(source):
    html = render(source).html
    assert '<span class="mention">' not in html
    assert "<figcaption></figcaption>" not in html
    assert "<summary></summary>" not in html


@pytest.mark.parametrize(
    ("source", "href"),
    [
        ('[x](https://a.example/ü?q="<>)', "https://a.example/%C3%BC?q=%22%3C%3E"),
        ("[x](HTTP://a.example)", "HTTP://a.example"),
        ("[x](mailto:lina@a.example)", "mailto:lina@a.example"),
        ("<lina@a.example>", "mailto:lina@a.example"),
        ("![x](https://a.example/x.png)", "https://a.example/x.png"),
        ("https://a.example/x", "https://a.example/x"),
        ("[x](https://аррӏе.example)", "https://xn--80ak6aa92e.example"),
    ],
)
def test_web_and_mail_links_are_kept(source, href):
    assert f'<a href="{href}" rel="nofollow ugc noopener">' in render(source).html


@pytest.mark.parametrize(
    "target",
    ["javascript:x", "data:x", "//a.example", "/t/1/", "#p1", "ftp://a.example", "tel:1", "x"],
)
def test_links_with_other_schemes_remain_text(target):
    rendered = render(f"[words]({target})")
    assert "<a" not in rendered.html
    assert rendered.plain == f"[words]({target})"


def test_addresses_without_a_scheme_are_not_linked():
    assert "<a" not in render("example.org www.example.org lina@example.org mailto:a@b.c").html


def test_images_are_never_loaded():
    html = render(
        "![a](https://a.example/x.png) [![b](https://a.example/y.png)](https://b.example)"
    ).html
    assert "<img" not in html
    assert html.count("<a ") == 2


# The checker.


def test_checker_reports_raw_attacks():
    markup = [payload for payload in HOSTILE if payload.lstrip("\0").startswith("<")]
    own_markup = '<p class="addressed">', '<span class="mention">', '<figure class="quote"'
    for payload in markup:
        if not payload.startswith(own_markup):
            assert problems(payload), payload


def test_checker_reports_most_raw_attacks_from_other_projects():
    raw = [payload for name in XSS for payload in payloads(name)]
    assert sum(bool(problems(payload)) for payload in raw) > len(raw) * 2 / 3


@pytest.mark.parametrize(
    "html",
    [
        "<p>a",
        "<p></em></p>",
        '<p onclick="x">a</p>',
        "<p class='addressed'>a</p>",
        '<p class="other">a</p>',
        '<a href="javascript:x" rel="nofollow ugc noopener">a</a>',
        '<a href="jav&#x61;script:x">a</a>',
        '<a href="https://a.example" target="_blank">a</a>',
        '<a href="https://a.example" rel="opener">a</a>',
        '<a href="/t/1/">a</a>',
        "<img>",
        "<h1>a</h1>",
        "a < b",
        '<p hx-get="/">a</p>',
        '<ol start="1" start="2"><li>a</li></ol>',
    ],
)
def test_checker_reports_invalid_or_unsafe_html(html):
    assert problems(html)


def test_checker_allows_additional_attributes_when_specified():
    html = '<a class="mention" href="/u/lina/">@lina</a>'
    assert problems(html)
    assert problems(html, {"a": {"class"}}) == []
    assert problems('<a href="//evil.example">x</a>', {"a": {"class"}})
