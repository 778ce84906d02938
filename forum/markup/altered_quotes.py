"""Fuzzy matching: the place in a text that altered quoted words come from."""

import re
from collections import Counter
from functools import lru_cache

from forum.markup.changes import SPACE_OR_WORD, matches
from forum.markup.quotes import BLOT, normalise, parts

# The share and number of words that must be the same, of the quoted ones and of those in their
# place. Fewer prove nothing: a quote is called altered only on good evidence.
MIN_SHARED = 0.6
MIN_WORDS = 3  # words

_PUNCTUATION = re.compile(r"^\W+|\W+$")


def closest(words: str, plain: str) -> tuple[int, int] | None:
    """Return the place in `plain` that `words` are an altered form of, as (start, length).

    None when no place has enough of the words. The cost is linear: the stretch that shares the most
    words, in any order, is found by counting, and words are compared in order only there.
    """
    wanted = [word for part in parts(words) for word, _start, _end in _words(part)]
    text = _words(plain)
    size = len(wanted) + max(2, len(wanted) // 2)  # some words may be missing from the quote
    begin = _most_shared([word for word, _start, _end in text], wanted, size)
    if begin is None:
        return None
    near = text[begin : begin + size]
    same = matches(wanted, [word for word, _start, _end in near])
    if len(same) < MIN_WORDS:
        return None
    # Changed words at either end take the place of as many words of the text.
    start = max(0, same[0][1] - same[0][0])
    end = min(len(near), same[-1][1] + len(wanted) - same[-1][0])
    if len(same) < MIN_SHARED * max(len(wanted), end - start):
        return None
    place = near[start][1]
    return place, near[end - 1][2] - place


@lru_cache(maxsize=32)
def _words(plain: str) -> tuple[tuple[str, int, int], ...]:
    """Return the words of `plain`, without case and punctuation, with their start and end."""
    return tuple(
        (_bare(normalise(match[0]).casefold()), match.start(), match.end())
        for match in SPACE_OR_WORD.finditer(plain)
        if not match[0].isspace() and BLOT not in match[0]
    )


def _bare(word: str) -> str:
    return _PUNCTUATION.sub("", word) or word


def _most_shared(text: list[str], wanted: list[str], size: int) -> int | None:
    """Return the start of the stretch of `size` words that shares the most with `wanted`.

    None when even that shares too few.
    """
    missing = Counter(wanted)
    shared, most, best = 0, 0, None
    for place, word in enumerate(text):
        shared += missing[word] > 0
        missing[word] -= 1
        leaving = place - size
        if leaving >= 0:
            missing[text[leaving]] += 1
            shared -= missing[text[leaving]] > 0
        if shared > most:
            most, best = shared, max(0, leaving + 1)
    return best if most >= max(MIN_WORDS, MIN_SHARED * len(wanted)) else None
