"""Plain text: cleaning, blank texts, excerpts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.lib.scripts import GRAPHEME, whole_graphemes
from forum.lib.text import clean_source, excerpt, is_blank, middle_cut, split_middle


def test_newlines_are_unified_and_characters_that_cannot_be_stored_are_replaced():
    assert clean_source("a\r\nb\rc\n\rd") == "a\nb\nc\n\nd"
    assert clean_source("a\0b\ud800c\udfffd") == "a\ufffdb\ufffdc\ufffdd"


def test_other_characters_are_not_changed():
    text = "  e\u0301 \ufeff\ufffe\u202e\t\u00a0…“” \U0001f469\u200d\U0001f680 "
    assert clean_source(text) == text


@given(st.text(st.characters()))
def test_cleaned_text_can_be_encoded_and_needs_no_second_cleaning(text):
    cleaned = clean_source(text)
    cleaned.encode()
    assert "\0" not in cleaned
    assert clean_source(cleaned) == cleaned


@pytest.mark.parametrize(
    "text",
    [
        *["", " \t\n\r", "\u00a0\u3000\u2028", "\u200b\u200c\u200d\u2060\ufeff", "\u3164\uffa0"],
        *["\u115f\u1160", "\u2800\u2800", "\u00ad\u034f", "\ufe0f\ufe0e", "\U000e0041\U000e0100"],
        *["\u202e\u2066\u2069", "\x07\x1b", "\u17b4\u180e", "\ufffe"],
    ],
)
def test_invisible_text_is_blank(text):
    assert is_blank(text)
    assert not is_blank(f"{text}.")


@pytest.mark.parametrize("text", ["a", "0", ".", "\u0301", "한", "\ufffd", "\U0001f600", "_"])
def test_visible_text_is_not_blank(text):
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("", ""),
        ("one two", "one two"),
        ("one\n\n two   three", "one two…"),
        ("one two three", "one two…"),
        ("one two xx", "one two xx"),
        ("one two, three", "one two,…"),
        ("abcdefghijklm", "abcdefghi…"),
        ("abcdefgh " * 2, "abcdefgh…"),
        ("abcdefghe\u0301x", "abcdefgh…"),
        ("abcdefghi j", "abcdefghi…"),
    ],
)
def test_excerpt_ends_with_a_whole_word(text, shortened):
    assert excerpt(text, 10) == shortened


@given(st.text(), st.integers(2, 40))
def test_excerpt_is_one_line_within_the_limit(text, limit):
    shortened = excerpt(text, limit)
    assert len(shortened) <= limit
    assert len(shortened.splitlines()) <= 1
    line = " ".join(re.sub("[\u202a-\u202e\u2066-\u2069]", "", text).split())
    assert line.startswith(shortened.removesuffix("…"))


FLAG, THUMB, KEYCAP, FAMILY = "🇫🇮", "👍🏾", "7️⃣", "👨‍👩‍👧"


@pytest.mark.parametrize("letter", [FLAG, THUMB, KEYCAP, FAMILY, "क्षि", "நி", "กี่", "e\u0301", "각"])
def test_shortened_texts_contain_whole_letters_only(letter):
    for limit in range(12, 40):
        shortened = excerpt(letter * 120, limit)
        assert shortened == letter * ((limit - 1) // len(letter)) + "…"
        head, left_out, tail = split_middle(letter * 120, limit)
        assert head + left_out + tail == letter * 120
        assert set(map(len, (head, left_out, tail))) <= set(range(0, 1000, len(letter)))


def test_letter_with_more_marks_than_fit_is_cut():
    assert excerpt("a" + "\u0301" * 50, 10) == "a" + "\u0301" * 8 + "…"


@pytest.mark.parametrize(
    ("text", "shortened"),
    [
        ("苔は緑です。壁も緑です。", "苔は緑です。壁も緑…"),
        ("Moss 苔は緑です。壁も緑です。", "Moss 苔は緑で…"),
        ("ตะไคร่น้ำสีเขียว", "ตะไคร่น้ำ…"),
        ("이끼는 초록색이고 축축하다", "이끼는 초록색이고…"),
        ("\u202eevil\u202c and \u2067more\u2069", "evil and…"),
    ],
)
def test_excerpt_ends_between_words_of_any_script(text, shortened):
    assert excerpt(text, 10) == shortened


@given(st.text(), st.integers(3, 80))
def test_middle_cut_keeps_start_and_end(text, limit):
    cut = middle_cut(text, limit)
    if len(text) <= limit:
        assert cut == text
    else:
        head, _, tail = cut.partition("…") if "…" not in text else (cut, "", "")
        assert len(cut) == limit
        assert text.startswith(head) or "…" in text
        assert text.endswith(tail)


@given(st.text("ab é’…\u0301\u200d😀\r\n\xad", max_size=12), st.integers(1, 12))
def test_beginning_of_a_text_has_whole_graphemes_only(text: str, limit: int) -> None:
    ends = [match.end() for match in GRAPHEME.finditer(text) if match.end() <= limit]
    assert whole_graphemes(text, limit) == text[: max(ends, default=limit)]
