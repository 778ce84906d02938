"""Fuzzy matching: words are altered from a text if most of them are its own."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.markup.altered_quotes import closest
from forum.markup.quotes import find, is_patchwork, says

TEXT = (
    "@lina I have looked at forty walls. Moss never harms bricks, whatever people say.\n\n"
    "He is not guilty. Only where they stay wet all winter does frost get in.\n\n"
    "苔は煉瓦を傷めない。冬に濡れたままの所だけが傷む。"
)
WORDS = st.lists(
    st.sampled_from("moss brick wall wet frost lime root never harms stays all the a".split()),
    min_size=8,
    max_size=60,
)


def matched_text(words: str) -> str | None:
    """Return the part of the text that these words come from."""
    span = closest(words, TEXT)
    return TEXT[span[0] : span[0] + span[1]] if span else None


@pytest.mark.parametrize(
    ("words", "source"),
    [
        ("He is guilty.", "He is not guilty."),
        ("Moss always harms bricks", "Moss never harms bricks,"),
        ("people never say moss harms bricks", None),
        ("I have looked at four walls", "I have looked at forty walls."),
        ("She is not guilty!", "He is not guilty."),
        ("苔は煉瓦を傷める。", "苔は煉瓦を傷めない。"),
        ("He is", None),
        ("Bricks are harmed by moss", None),
        ("winter wet stay all they does frost", None),
        ("", None),
        ("…", None),
    ],
)
def test_altered_words_are_found_in_their_text(words: str, source: str | None) -> None:
    assert matched_text(words) == source


@given(WORDS, st.data())
def test_words_with_one_changed_match_but_are_not_exact(
    text: list[str], data: st.DataObject
) -> None:
    size = data.draw(st.integers(8, len(text)))
    start = data.draw(st.integers(0, len(text) - size))
    words = text[start : start + size]
    assert says(" ".join(words), " ".join(text))
    words[data.draw(st.integers(0, size - 1))] = data.draw(st.sampled_from(["not", "mos\u0455"]))
    assert find(" ".join(words), " ".join(text)) is None


@given(WORDS.filter(lambda words: len(set(words)) > 6), st.integers(0, 59))
def test_text_with_an_additional_word_matches(text: list[str], index: int) -> None:
    plain = " ".join(dict.fromkeys(text))
    words = plain.split()
    words.insert(index % (len(words) + 1), "not")
    start, length = closest(" ".join(words), plain) or (0, 0)
    assert length >= len(plain) * 0.8, (start, length)


@given(st.text(max_size=200), st.text(max_size=400))
def test_match_is_always_within_the_text(words: str, plain: str) -> None:
    span = closest(words, plain)
    if span:
        assert 0 <= span[0] < span[0] + span[1] <= len(plain)


@pytest.mark.parametrize("unit", ["a b ", "字", "字典", "! ", "word", "a\u0301 ", "\0"])
def test_long_texts_are_matched_quickly(unit: str) -> None:
    plain = (unit * 20_000)[:20_000]
    shuffled = random.Random(1).sample(plain, len(plain))
    start = time.process_time()
    for words in (plain[:19_990] + " x", plain[::-1], "".join(shuffled)):
        closest(words, plain)
    assert time.process_time() - start < 2


def test_quotes_of_single_words_with_gaps_are_patchwork() -> None:
    assert is_patchwork("I … harm … bricks", TEXT)
    assert is_patchwork("Moss never harms bricks … say", TEXT)
    assert not is_patchwork("Moss never harms … whatever people say", TEXT)
    assert not is_patchwork("… whatever people say", TEXT)
    assert not is_patchwork("Wait… no", "Wait… no, that is")
