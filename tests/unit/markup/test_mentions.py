"""Mentions: names that count as mentions, and texts that only look like them."""

from __future__ import annotations

import re

import pytest

from forum.markup.mentions import MAX_MENTIONS, NAME
from forum.markup.redaction import renamed
from forum.markup.render import render
from tests.corpora import corpus_json, data_json

# Intended differences from Twitter's rules, with the reasons.
DIFFERENCES = {
    "@username/7list-name is a great list!": [],  # @scope/package is not a member
    # Directly after a word, as in an address.
    "RT@username RT:@mention RT @test": ["mention", "test"],
    "Rt@username Rt:@mention Rt @test": ["mention", "test"],
}


@pytest.mark.parametrize("vector", data_json("markup_mentions.json"), ids=lambda v: v["text"][:40])
def test_only_names_in_prose_are_mentions(vector):
    rendered = render(vector["text"])
    assert list(rendered.mentions) == vector["names"]
    shown = re.findall(r'<span class="mention">@([^<]*)</span>', rendered.html)
    assert {name.casefold() for name in shown} == {name.casefold() for name in vector["names"]}


def test_mentions_match_the_test_cases_of_twitter_with_listed_differences():
    for vector in corpus_json("mentions-twitter-text/conformance.json")["extract"]["mentions"]:
        expected = DIFFERENCES.get(vector["text"], vector["expected"])
        assert list(render(vector["text"]).mentions) == expected, vector["description"]


@pytest.mark.parametrize("vector", data_json("markup_mentions.json"), ids=lambda v: v["text"][:40])
def test_renaming_finds_every_mention(vector):
    """A name that is permanently deleted must not stay beside letters of another script."""
    names = vector["names"] if "\\" not in vector["text"] else []  # an escaped name stays
    for name in names:
        source = renamed(vector["text"], name, "former-1")
        mentioned = [each.casefold() for each in render(source).mentions]
        assert "former-1" in mentioned
        assert name.casefold() not in mentioned


def test_every_valid_name_can_be_mentioned():
    for name in ["ab", "a_", "0-0", "a" * 30, "A" + "-" * 28 + "_"]:
        assert re.fullmatch(NAME, name)
        assert render(f"hello @{name}, you").mentions == (name,)


def test_at_most_fifty_names_are_mentions():
    rendered = render(" ".join(f"@user{n}" for n in range(80)) + " @user0")
    assert len(rendered.mentions) == MAX_MENTIONS == 50
    assert rendered.html.count('<span class="mention">') == MAX_MENTIONS + 1
    assert "@user79" in rendered.html
    assert '"mention">@user79' not in rendered.html


@pytest.mark.parametrize(
    ("source", "leading", "own"),
    [
        ("@lina @bob Yeah.", ("lina", "bob"), "Yeah."),
        ("@lina\n@bob\nYeah.", ("lina", "bob"), "Yeah."),
        ("@lina\n\n@bob Yeah @carol.", ("lina", "bob"), "Yeah @carol."),
        ("@lina\n\n@bob\n\nYeah.", ("lina", "bob"), "Yeah."),
        ("@lina @bob", ("lina", "bob"), ""),
        ("@lina  \n@bob\\\nhi", ("lina", "bob"), "hi"),
        ("@lina &nbsp;", ("lina",), ""),
        ("&nbsp; @lina&nbsp;hi", ("lina",), "hi"),
        ("", (), ""),
        ("@lina @Lina hi", ("lina",), "hi"),
        ("@lina **@bob** hi", ("lina",), "@bob hi"),
        ("@lina's words", (), "@lina's words"),
        ("@lina, hello", (), "@lina, hello"),
        ("@lina @bob, hello", ("lina",), "@bob, hello"),
        ("Hello @lina", (), "Hello @lina"),
        ("> words\n\n@lina hi", (), "@lina hi"),
        ("- @lina hi", (), "@lina hi"),
        ("# @lina", (), "@lina"),
        ("\\@lina hi", (), "@lina hi"),
        ("@lina\n# heading", ("lina",), "heading"),
        ("@lina\n```\ncode\n```", ("lina",), "code"),
    ],
)
def test_only_mentions_before_any_other_text_are_leading(source, leading, own):
    rendered = render(source)
    assert rendered.leading == leading
    assert rendered.own == own


def test_leading_mentions_are_wrapped_with_the_following_space():
    assert render("@lina  @bob\nYeah").html == (
        '<p><span class="addressed"><span class="mention">@lina</span>  '
        '<span class="mention">@bob</span>\n</span>Yeah</p>\n'
    )


def test_leading_mentions_contain_no_line_breaks():
    assert "<br>" not in render("@lina  \n@bob\\\nhi").html


def test_paragraph_of_leading_mentions_is_marked_as_a_whole():
    assert render("@lina @bob").html == (
        '<p class="addressed"><span class="mention">@lina</span> '
        '<span class="mention">@bob</span></p>\n'
    )
