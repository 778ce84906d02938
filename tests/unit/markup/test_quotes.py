"""Quotes: finding the words in a text, linking to them, and writing them unchanged."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from forum.lib.text import clean_source
from forum.markup.quotes import (
    as_quote,
    find,
    normalise,
    parts,
    text_fragment,
    worth_matching,
)
from forum.markup.rendered_post import render

MARKS = st.sampled_from(
    [
        *["*", "**", "_", "__", "~", "~~", "~~~", "`", "``", "```", "[", "]", "(", ")", "<", ">"],
        *[
            "#",
            "# ",
            "- ",
            "-",
            "+ ",
            "1. ",
            "12) ",
            "=",
            "===",
            "---",
            "|",
            "|-|",
            ":-:",
            "\\",
            "&",
        ],
        *["&amp;", "&#35;", "![a](https://a.example)", "[a](b)", "[a]: b", "<b>", "<https://a.b>"],
        *["https://a.example/b_c_(d)", "http://x*y*", "HTTP://a.example/_b_", "mailto:a@b.example"],
        *[
            "@lina",
            "a_b",
            "word",
            "It’s",
            "“so”",
            "—",
            "…",
            "e\u0301",
            "\u1112\u1161\u11ab",
            "字",
            ".",
        ],
        *[" ", "  ", "    ", "\t", "\n", "\n\n", "\u00a0", "\u2028", "\x0b"],
    ]
)
TEXTS = st.lists(MARKS, max_size=14).map("".join) | st.text(st.characters(), max_size=80)


@pytest.mark.parametrize(
    ("words", "plain", "found"),
    [
        ("torrenting movies", "People torrenting movies.", "torrenting movies"),
        ("it's “so”", 'I say it’s "so".', 'it’s "so"'),
        ("a - b", "x a — b y", "a — b"),
        ("a b\n\nc", "x a\nb   c y", "a\nb   c"),
        ("wait...", "Oh wait… no", "wait…"),
        ("caf\u00e9 au lait", "un cafe\u0301 au lait", "cafe\u0301 au lait"),
        ("\ud55c글", "x \u1112\u1161\u11ab글 y", "\u1112\u1161\u11ab글"),
        ("lait", "un cafe\u0301 au lait!", "lait"),
        ("  padded ", "padded", "padded"),
        ("one … five", "zero one two five six", "one two five"),
        ("[…] two […] five […]", "five two, no, five", "two, no, five"),
        ("a … a", "a b a", "a b a"),
    ],
)
def test_words_are_found_despite_differences_in_typing(words, plain, found):
    span = find(words, plain)
    assert span is not None
    start, length = span
    assert plain[start : start + length] == found


@pytest.mark.parametrize(
    ("words", "plain"),
    [
        ("", "a"),
        (" ", "a"),
        ("b", ""),
        ("Word", "word"),
        ("ab", "a b"),
        ("wards", "words"),
        ("two … one", "one two"),
        ("one … six", "one two"),
        ("a … a", "a b"),
        ("…", "a"),
    ],
)
def test_other_words_are_not_found(words, plain):
    assert find(words, plain) is None


@given(TEXTS, TEXTS, TEXTS)
def test_any_part_of_a_text_is_found_in_it(before, words, after):
    plain = f"{before} {words} {after}"
    span = find(words, plain)
    if normalise(words) == "":
        assert span is None
    else:
        assert span is not None
        start, length = span
        assert normalise(words) in normalise(plain[start : start + length])
        assert start + length <= len(plain)


@given(TEXTS)
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


def test_short_quotes_match_only_a_whole_paragraph():
    plain = "Yes.\n\nPeople get away with it all the time."
    assert worth_matching("Yes.", plain)
    assert not worth_matching("get away", plain)
    assert worth_matching("get away with it all", plain)
    assert not worth_matching("", "\n\n")


def test_elisions_split_words():
    assert parts("one … two [...] three […] four (…) five... six") == [
        *["one", "two", "three", "four", "five... six"],
    ]
    assert parts(" … ") == []
    assert parts("whole") == ["whole"]


def test_text_fragment_contains_short_words_completely():
    assert text_fragment("one-way, this & that") == "one%2Dway%2C%20this%20%26%20that"
    assert text_fragment("") == ""
    assert text_fragment("\ud800 a") == "%3F%20a"


def test_text_fragment_of_a_long_quote_has_its_start_and_end():
    words = " ".join(f"word{n}" for n in range(100))
    assert unquote(text_fragment(words)) == (
        "word0 word1 word2 word3 word4,word95 word96 word97 word98 word99"
    )
    assert text_fragment("One, two.\n\nThree four five six seven eight.") == (
        "One%2C%20two.,four%20five%20six%20seven%20eight."
    )
    assert text_fragment("One two … six.") == "One%20two,six."
    assert text_fragment("[…] two") == "two"


@given(TEXTS)
def test_text_fragment_has_one_or_two_encoded_parts(words):
    fragment = text_fragment(words)
    assert re.fullmatch(r"[A-Za-z0-9%._~]*(,[A-Za-z0-9%._~]*)?", fragment)


def test_words_are_written_as_a_quote():
    assert as_quote("One\ntwo.\n\n\nThree.") == "> One\n> two.\n>\n> Three.\n\n"
    assert as_quote(" \n ") == ""
    assert as_quote("It's legal: 2 - 1 = snake_case (see #3) @lina! A|B") == (
        "> It's legal: 2 - 1 = snake_case (see #3) @lina! A|B\n\n"
    )
    assert as_quote("1. *a*") == "> 1\\. \\*a\\*\n\n"
    assert as_quote("see https://a.example/b_(c) ok") == "> see <https://a.example/b_(c)> ok\n\n"


@given(TEXTS)
@example("\\http://_")
@example("---\n===\n1)\n+")
@example("a\n|-|\n\n    code")
def test_quote_contains_the_same_words(words):
    cleaned = clean_source(words)
    rendered = render(as_quote(words) + "Answer.")
    assert [normalise(quote.words) for quote in rendered.quotes] == [normalise(cleaned)][
        : bool(cleaned.split())
    ]
    assert rendered.own == "Answer."
    assert rendered.mentions == ()


@given(TEXTS)
def test_quote_of_a_whole_post_is_found_in_it(source):
    plain = render(source).plain
    for quote in render(as_quote(plain)).quotes:
        assert find(quote.words, plain) is not None
