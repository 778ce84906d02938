"""The language of searches."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forum.lib.search import MAX_TERMS, parse_search

PIECES = [
    *("moss", "-roof", "OR", '"wet all winter"', 'author:"', "in:12", "in:x", "before:2026-13-40"),
    *("is:opening", "has:nothing", "-", ":", "::", "a:b:c", "(", "&|!<->*", "\x00", "\u202e"),
]


@pytest.mark.parametrize(
    ("text", "groups", "excluded"),
    [
        ("moss bricks", [["moss"], ["bricks"]], []),
        ('"wet all winter" moss', [["wet all winter"], ["moss"]], []),
        ("moss OR lichen bricks", [["moss", "lichen"], ["bricks"]], []),
        ("OR moss OR", [["moss"]], []),
        ('moss -roof -"old roof"', [["moss"]], ["roof", "old roof"]),
        ('an "unclosed phrase', [["an"], ["unclosed phrase"]], []),
        ("- & !! <-> moss", [["moss"]], []),
        ("well-known C++", [["well-known"], ["C++"]], []),
        ("or", [["or"]], []),
    ],
)
def test_terms(text: str, groups: list[list[str]], excluded: list[str]) -> None:
    query = parse_search(text)
    assert (query.groups, query.excluded) == (groups, excluded)


def test_filters() -> None:
    query = parse_search(
        "author:@Lina board:Gardens tag:Walls in:12 under:34 after:2026-01-31 is:mine moss"
    )
    assert (query.author, query.board, query.tag) == ("lina", "gardens", "walls")
    assert (query.thread_id, query.branch_id) == (12, 34)
    assert (query.after, query.before) == (date(2026, 1, 31), None)
    assert (query.flags, query.groups) == ({"mine"}, [["moss"]])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("before:2026-13-40", ("date", "before:2026-13-40")),
        ("before:20260101", ("date", "before:20260101")),
        ("in:0", ("id", "in:0")),
        ("is:nice", ("flag", "is:nice")),
    ],
)
def test_filter_that_makes_no_sense_is_left_out(text: str, fault: tuple[str, str]) -> None:
    query = parse_search(f"{text} moss")
    assert (query.faults, query.groups) == ([fault], [["moss"]])


def test_unknown_filter_is_searched_as_words() -> None:
    query = parse_search("colour:green")
    assert (query.faults, query.groups) == ([("unknown", "colour:green")], [["colour:green"]])


def test_long_searches_are_cut() -> None:
    assert parse_search("moss " * 41).is_cut
    many = parse_search(" ".join("abcdefghijklmnopqrstuvwxyz"))
    assert many.is_cut
    assert len(many.groups) == MAX_TERMS


@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text()), max_size=40).map(" ".join))
def test_any_text_can_be_read(text: str) -> None:
    query = parse_search(text)
    terms = [*query.excluded, *(term for group in query.groups for term in group)]
    assert all(query.groups)
    assert len(terms) <= MAX_TERMS
    assert all(any(char.isalnum() for char in term) for term in terms)
    assert "\x00" not in "".join([*terms, query.author, query.board])
