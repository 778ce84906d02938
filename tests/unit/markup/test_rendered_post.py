"""Rendering posts: their HTML, plain text, quotes and mentions."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.markup import highlight
from forum.markup.quotes import find
from forum.markup.rendered_post import QuoteBlock, render
from tests.corpora import DATA
from tests.html_check import assert_safe

CONVERSATION = (DATA / "conversation.md").read_text(encoding="utf-8").split("\n%%\n")


# Built like a real conversation: five posts, typed quotes, mentions at the start.


def test_opening_post_consists_of_its_paragraphs():
    opening = render(CONVERSATION[0])
    assert opening.html.count("<p>") == opening.plain.count("\n\n") + 1 == 3
    assert opening.own == opening.plain
    assert opening.mentions == opening.leading == opening.quotes == ()


def test_mention_on_its_own_line_is_followed_by_a_typed_quote():
    reply = render(CONVERSATION[1])
    assert reply.html.startswith(
        '<p class="addressed"><span class="mention">@runa</span></p>\n'
        '<figure class="quote" data-quote="0"><figcaption></figcaption><blockquote>\n'
        "<p>Yes, this means that every &quot;open&quot; score is".replace("&quot;", '"')
    )
    assert reply.leading == reply.mentions == ("runa",)
    assert reply.quotes == (
        QuoteBlock(
            0, 'Yes, this means that every "open" score is as much of a risk as a copied one.'
        ),
    )
    assert reply.own.startswith("The archive still seems to be open?\n\nAlso there is")
    assert find(reply.quotes[0].words, render(CONVERSATION[0]).plain) is None


def test_quote_is_found_in_the_post_it_comes_from():
    source, reply = render(CONVERSATION[1]), render(CONVERSATION[2])
    start, length = find(reply.quotes[0].words, source.plain) or (0, 0)
    assert source.plain[start : start + length] == "The archive still seems to be open?"


def test_mentions_directly_above_a_quote_are_a_separate_paragraph():
    reply = render(CONVERSATION[3])
    assert reply.leading == ("runa", "tilde")
    assert '<p class="addressed">' in reply.html
    assert find(reply.quotes[0].words, render(CONVERSATION[2]).plain) is not None
    assert reply.own == "It really should be."


def test_mentions_before_text_are_marked_as_leading():
    reply = render(CONVERSATION[4])
    assert reply.html.startswith('<p><span class="addressed"><span class="mention">@okon</span> ')
    assert reply.own == "Yeah. I don't know why it's like this."


def test_quote_mark_after_mentions_on_one_line_is_not_a_quote():
    assert render("@runa @tilde > words of theirs").quotes == ()


# Quotes.


def test_quotes_and_nested_quotes_are_numbered_in_order():
    rendered = render(
        "> a\n>\n> b\n> > nested\n> > > deep\n>\n> c\n\nown\n\n"
        "- > in a list\n\n>\n\n> > only nested"
    )
    assert [quote.ordinal for quote in rendered.quotes] == [0, 1, 2, 3, 4, 5, 6]
    assert [quote.words for quote in rendered.quotes] == [
        *["a\n\nb\n\nc", "nested", "deep", "in a list", "", "", "only nested"]
    ]
    assert re.findall(r'data-quote="(\d+)"', rendered.html) == list("0123456")
    assert rendered.html.count('<details class="earlier"><summary></summary><figure') == 2
    assert rendered.html.count("<blockquote>") == rendered.html.count("</figure>") == 7
    assert rendered.own == "own"
    assert "nested\n\ndeep" in rendered.plain


def test_positions_of_quoted_text_are_recorded():
    rendered = render("Mine.\n\n> one\n> > two\n>\n> three\n\nMine again.")
    shown = [(rendered.plain[start:end], n) for start, end, n in rendered.quoted]
    assert shown == [("one", 0), ("two", 1), ("three", 0)]
    assert rendered.own_words.replace("\0", "") == "Mine.\n\n\n\n\n\n\n\nMine again."
    assert len(rendered.own_words) == len(rendered.plain)


def test_number_of_nested_quotes_with_captions_is_limited():
    rendered = render("> > inside\n\nand\n\n" * 40)
    assert len(rendered.quotes) == 80
    assert len(re.findall("data-quote", rendered.html)) == 40 + 25


def test_quoted_words_are_plain_text_with_one_line_per_paragraph():
    source = (
        "> *It's*  [here](https://a.example)\n> and `x  y`\n>\n"
        "> - one\n> - two\n>\n> ```\n> a\n>   b\n> ```"
    )
    assert render(source).quotes[0].words == "It's here and x y\n\none\n\ntwo\n\na b"


# Words.


@pytest.mark.parametrize(
    ("source", "plain"),
    [
        ("a *b* **c** ~~d~~ `e` [f](https://a.example)", "a b c d e f"),
        ("one\ntwo  \nthree\\\nfour", "one\ntwo\nthree\nfour"),
        ("# Head\ntext\n\n---\n\n- item\n  - inner", "Head\n\ntext\n\nitem\n\ninner"),
        ("```py\nx = 1\n\ny\n```", "x = 1\n\ny"),
        ("|a|b|\n|-|-|\n|1||\n||2|", "a\tb\n\n1\n\n2"),
        ("![alt *text*](https://a.example/x.png)", "alt text"),
        ("![](https://a.example/x.png)", "a.example/x.png"),
        ("![a ![b](https://a.example)](https://b.example)", "a b"),
        ("&amp; \\* &lt;b> <b>", "& * <b> <b>"),
        ("https://a.example/" + "x" * 90, "a.example/" + "x" * 90),
        ("a\0b", "a\ufffdb"),
        ("", ""),
    ],
)
def test_plain_text_has_no_markup(source, plain):
    assert render(source).plain == plain


def test_excerpt_contains_only_the_authors_own_words():
    post = render("@lina\n\n> quoted words\n\n" + "own words " * 20)
    assert post.excerpt("lina").startswith("own words")
    assert post.excerpt("bob").startswith("@lina own words")
    assert len(render("own words " * 20).excerpt()) <= 120
    assert render("@lina\n\n> quoted").excerpt("lina") == "@lina"
    assert render("> quoted").excerpt() == ""
    assert render("> quoted").own == ""


def test_excerpt_begins_as_the_post_does():
    """Leave out only mentions that the line “to …” has."""
    post = render("@noor and @admin please look")
    assert post.excerpt() == post.excerpt("admin") == "@noor and @admin please look"
    assert render("@noor Yes.").excerpt("Noor") == "Yes."
    assert render("@noor @admin Yes.").excerpt("noor") == "Yes."
    assert render("@noor @admin Yes.").excerpt("admin") == "@noor @admin Yes."


@given(st.text(st.sampled_from("a> \n"), max_size=300))
def test_nested_quotes_lose_no_text(source):
    assert render(source).plain.count("a") == source.count("a")


def test_deep_nesting_loses_no_text():
    for source in ["> " * 150 + "end", "- " * 150 + "end", "> - " * 150 + "end"]:
        assert "end" in render(source).html
        assert render(source).plain.endswith("end")
    assert "end" in render("*a **b " * 60 + "end" + "** c*" * 60).plain
    assert "end" in render("[" * 60 + "end" + "](https://a.example)" * 60).plain


# Links and images.


def test_long_address_is_shortened_and_linked_in_full():
    url = "https://a.example/" + "path/" * 30 + "end"
    html = render(f"see {url}.").html
    shown = re.search(r'>(a\.example/[^<]*)<span class="cut">([^<]*)</span>([^<]*)</a>\.', html)
    assert f'href="{url}"' in html
    assert shown is not None
    head, middle, tail = shown.groups()
    assert f"https://{head}{middle}{tail}" == url, "who copies it gets all of it"
    assert len(f"{head}…{tail}") == 60
    assert tail.endswith("path/end")


def test_address_is_shown_as_typed_without_decoding():
    assert ">xn--80ak6aa92e.example/%41</a>" in render("https://xn--80ak6aa92e.example/%41").html


def test_image_becomes_a_link():
    assert render("![a cat](https://a.example/cat.png)").html == (
        '<p><a href="https://a.example/cat.png" rel="nofollow ugc noopener">a cat</a></p>\n'
    )
    assert ">a.example/cat.png</a>" in render("![](https://a.example/cat.png)").html
    assert render("[![cat](https://a.example/cat.png)](https://b.example)").html == (
        '<p><a href="https://b.example" rel="nofollow ugc noopener">cat</a></p>\n'
    )


# Blocks.


def test_headings_start_at_level_four():
    html = render("# a\n\n## b\n\n### c\n\n###### d").html
    assert html == "<h4>a</h4>\n<h5>b</h5>\n<h6>c</h6>\n<h6>d</h6>\n"


def test_tables_scroll_and_keep_their_alignment():
    html = render("|a|b|\n|-:|-|\n|1|2|").html
    assert html.startswith('<div class="scroll" tabindex="0"><table>')
    assert html.endswith("</table></div>\n")
    assert '<td align="right">1</td>\n<td>2</td>' in html


def test_code_is_highlighted_only_for_named_languages():
    assert render("```py\nNone\n```").html == (
        '<pre tabindex="0"><code class="language-python">'
        '<span class="kc">None</span>\n</code></pre>\n'
    )
    for source in ["```\nNone\n```", "```unknown\nNone\n```", "    None"]:
        assert render(source).html == '<pre tabindex="0"><code>None\n</code></pre>\n'


def test_long_code_is_not_highlighted():
    html = render("```python\n" + "None\n" * 1_000 + "```").html
    assert html.count("None") == 1_000
    assert "<span" not in html


@pytest.mark.slow
@given(st.sampled_from(sorted(highlight._LANGUAGES)), st.text(max_size=120))
def test_highlighting_does_not_change_the_code(language, code):
    html = highlight.highlight(code, language)
    assert unescape(re.sub(r'</span>|<span class="[a-z0-9]+">', "", html)) == code
    assert set(re.findall(r'<span class="([a-z0-9]+)">', html)) <= highlight.TOKEN_CLASSES


def test_every_construct_together_is_safe():
    assert_safe(
        render(
            "\n\n".join(CONVERSATION) + "\n\n# h\n\n|a|\n|-|\n\n1. x\n2. y\n\n```py\n1\n```"
        ).html
    )


@pytest.mark.parametrize(
    ("source", "is_long"),
    [
        ("1. What a year", False),
        ("98. one\n1. two", False),
        ("99. one\n1. two", True),
        ("2026. What a year it was.", True),
        ("999999999. number", True),
        ("9. one\n   1. two\n   2. three", False),
    ],
)
def test_list_with_long_numbers_is_marked(source: str, is_long: bool) -> None:
    assert ('class="long"' in render(source).html) is is_long
