"""Context of quoted words, and their changes since."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from forum.markup.changes import word_diff
from forum.markup.quote_context import changes_within, context_of, neighbourhood

PLAIN = "One paragraph.\n\nThe wall is wet, and moss likes that very much.\n\nAnother one."


def test_context_is_the_paragraph_with_the_quoted_words_marked() -> None:
    assert context_of("moss likes that", PLAIN) == [
        ("around", "The wall is wet, and "),
        ("quoted", "moss likes that"),
        ("around", " very much."),
    ]
    assert context_of("One paragraph.\n\nThe wall", PLAIN) == [
        ("quoted", "One paragraph.\n\nThe wall"),
        ("around", " is wet, and moss likes that very much."),
    ]
    assert context_of("not there", PLAIN) == []


def test_words_left_out_of_a_quote_are_shown_in_its_context() -> None:
    assert context_of("The wall is wet … very much.", PLAIN) == [
        ("quoted", "The wall is wet"),
        ("around", ", and moss likes that "),
        ("quoted", "very much."),
    ]


def test_long_paragraph_is_cut_on_both_sides_of_the_words() -> None:
    plain = "before " * 300 + "the very words" + " after" * 300
    parts = context_of("the very words", plain)
    assert [kind for kind, _text in parts] == ["around", "around", "quoted", "around", "around"]
    assert parts[0][1] + parts[-1][1] == "…  …"
    assert 390 <= len(parts[1][1]) <= 400
    assert parts[1][1].startswith("before ")
    assert parts[3][1].endswith(" after")


def test_only_the_changes_near_the_words_are_shown() -> None:
    changed = PLAIN.replace("likes", "hates").replace("Another", "A third")
    start = PLAIN.index("moss")
    nearby = neighbourhood(PLAIN, start, start + 4)
    assert changes_within(word_diff(PLAIN, changed), *nearby) == [
        ("same", "The wall is wet, and moss "),
        ("removed", "likes"),
        ("added", "hates"),
        ("same", " that very much."),
    ]


@given(st.text("ab \n", max_size=60), st.text("ab \n", max_size=60), st.data())
def test_changes_within_a_range_contain_all_its_old_words(
    old: str, new: str, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(old)))
    end = data.draw(st.integers(start, len(old)))
    part = changes_within(word_diff(old, new), start, end)
    assert "".join(text for op, text in part if op != "added") == old[start:end]
    all_changes = changes_within(word_diff(old, new), 0, len(old))
    assert "".join(text for op, text in all_changes if op != "removed") == new
