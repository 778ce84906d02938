"""Lists of names in a sentence."""

from __future__ import annotations

import pytest

from forum.presenters.names import join_with_others


@pytest.mark.parametrize(
    ("people", "words"),
    [
        (["lina"], "lina"),
        (["lina", "bob"], "lina and bob"),
        (["lina", "bob", "wren"], "lina, bob and wren"),
        (["lina", "bob", "wren", "fern"], "lina, bob, wren and fern"),
        (["lina", "bob", "wren", "fern", "ivy"], "lina, bob, wren and 2 others"),
        ([f"member-{n}" for n in range(14)], "member-0, member-1, member-2 and 11 others"),
    ],
)
def test_people_beyond_the_first_are_counted_only_if_they_are_several(people, words):
    assert join_with_others(people) == words
