"""Changes between two revisions of a text, word by word."""

from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from typing import Literal

import regex

from forum.lib.scripts import UNSPACED

TextChange = tuple[Literal["same", "added", "removed"], str]

# In scripts without spaces each letter counts as a word.
SPACE_OR_WORD = regex.compile(rf"\s+|(?=[{UNSPACED}])\X|[^\s{UNSPACED}]+")

# The cost of each level is linear. Prose needs three or four; the limit is for texts crafted to
# need one for every word.
_MAX_LEVELS = 32


def word_diff(old: str, new: str) -> list[TextChange]:
    """Return the changes from `old` to `new`.

    "same" and "removed" texts joined are `old`, "same" and "added" ones are `new`, white space
    included.
    """
    before, after = SPACE_OR_WORD.findall(old), SPACE_OR_WORD.findall(new)
    changes: list[TextChange] = []
    i = j = 0
    for same_i, same_j in [*matches(before, after), (len(before), len(after))]:
        _add(changes, "removed", before[i:same_i])
        _add(changes, "added", after[j:same_j])
        _add(changes, "same", before[same_i : same_i + 1])
        i, j = same_i + 1, same_j + 1
    return changes


def _add(
    changes: list[TextChange], op: Literal["same", "added", "removed"], words: list[str]
) -> None:
    text = "".join(words)
    if not text:
        return
    if changes and changes[-1][0] == op:
        text = changes.pop()[1] + text
    changes.append((op, text))


def matches(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    """Return the index pairs of unchanged words, in order.

    A patience diff: words that occur once on either side are anchors, and the texts between them
    are compared in the same way. difflib would be quadratic in repeated words, and anybody can post
    them.
    """
    found: list[tuple[int, int]] = []
    regions = [(0, len(before), 0, len(after), 0)]
    while regions:
        i, i_end, j, j_end, level = regions.pop()
        while i < i_end and j < j_end and before[i] == after[j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and before[i_end - 1] == after[j_end - 1]:
            i_end, j_end = i_end - 1, j_end - 1
            found.append((i_end, j_end))
        if level == _MAX_LEVELS or i == i_end or j == j_end:
            continue
        anchors = _anchors(before[i:i_end], after[j:j_end])
        if anchors:
            # Each region begins with its anchor, which its own first loop then finds.
            edges = [(0, 0), *anchors, (i_end - i, j_end - j)]
            regions += [
                (i + a, i + b, j + c, j + d, level + 1) for (a, c), (b, d) in pairwise(edges)
            ]
    return sorted(found)


def _anchors(before: list[str], after: list[str]) -> list[tuple[int, int]]:
    """Return the longest chain of words that occur once in either text, in the same order."""
    places = {word: j for j, word in enumerate(after) if not word.isspace()}
    counts_before, counts_after = Counter(before), Counter(after)
    pairs = [
        (i, places[word])
        for i, word in enumerate(before)
        if word in places and counts_before[word] == counts_after[word] == 1
    ]
    ends: list[int] = []  # ends[k]: the smallest j that ends a chain of k + 1 pairs
    best: list[int] = []  # best[k]: the pair it belongs to
    previous: list[int | None] = []
    for index, (_i, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        previous.append(best[length - 1] if length else None)
        # A slice one long: it replaces the element, or appends it behind the last one.
        ends[length : length + 1] = [j]
        best[length : length + 1] = [index]
    chain: list[tuple[int, int]] = []
    step = best[-1] if best else None
    while step is not None:
        chain.append(pairs[step])
        step = previous[step]
    return chain[::-1]
