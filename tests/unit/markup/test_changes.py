"""Differences between two texts, word by word."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.markup.changes import word_diff

TEXT = st.lists(st.sampled_from(["a", "b", "c", "d.", " ", "  ", "\n\n", "字", "の"])).map("".join)


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ("", "", []),
        ("a b", "a b", [("same", "a b")]),
        ("", "a", [("added", "a")]),
        ("a", "", [("removed", "a")]),
        ("one two three", "one 2 three",
         [("same", "one "), ("removed", "two"), ("added", "2"), ("same", " three")]),
        ("It is legal.", "It is not legal.",
         [("same", "It is "), ("added", "not "), ("same", "legal.")]),
        ("我看書", "我買書",
         [("same", "我"), ("removed", "看"), ("added", "買"), ("same", "書")]),
        ("one two", "three four", [("removed", "one two"), ("added", "three four")]),
    ],
)  # fmt: skip
def test_changed_words_are_marked(old, new, changes):
    assert word_diff(old, new) == changes


def test_moved_sentence_leaves_the_rest_unchanged():
    old = "Alpha beta gamma. Delta epsilon. Zeta eta theta iota kappa."
    new = "Delta epsilon. Alpha beta gamma. Zeta eta theta iota kappa."
    same = "".join(text for op, text in word_diff(old, new) if op == "same")
    assert "Alpha beta gamma." in same
    assert "Zeta eta theta iota kappa." in same


@given(TEXT, TEXT)
def test_both_texts_can_be_restored_from_the_changes(old, new):
    changes = word_diff(old, new)
    assert "".join(text for op, text in changes if op != "added") == old
    assert "".join(text for op, text in changes if op != "removed") == new
    assert all(a[0] != b[0] for a, b in pairwise(changes))


@pytest.mark.parametrize("words", ["a", "a b", "a b c d e f g h", "random"])
def test_long_texts_are_compared_quickly_in_the_worst_case(words):
    rng = random.Random(1)
    pool = [str(n) for n in range(300)] if words == "random" else words.split()
    old = " ".join(rng.choice(pool) for _ in range(10_000))[:20_000]
    new = " ".join(rng.choice(pool) for _ in range(10_000))[:20_000]
    start = time.process_time()
    word_diff(old, new)
    assert time.process_time() - start < 2
