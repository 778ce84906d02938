"""Names of people in any one script: which are valid, which are the same, which look alike.

Follows Unicode Technical Standard #39: names are NFKC, of the scripts that are recommended for
identifiers, at its level “single script”, and compared by the shapes of their letters.
"""

from __future__ import annotations

import unicodedata

import regex

from forum.lib.confusables import LOOK_ALIKES

MIN_NAME, MAX_NAME = 2, 30  # characters
# Begins with a letter or a digit, and does not end with a hyphen.
NAME = r"[\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}_-]{0,28}[\p{L}\p{M}\p{Nd}_]"
_NAME = regex.compile(NAME)

# What is written together counts as one script: Japanese, Chinese with Bopomofo, Korean.
_WRITING_SYSTEMS = (
    *(
        "Arabic Armenian Bengali Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi "
        "Hebrew Kannada Khmer Lao Latin Malayalam Myanmar Oriya Sinhala Tamil Telugu Thaana Thai "
        "Tibetan"
    ).split(),
    "Han Hiragana Katakana",
    "Han Bopomofo",
    "Han Hangul",
)
_ONE_SCRIPT = regex.compile(
    "|".join(
        "[" + "".join(rf"\p{{scx={script}}}" for script in system.split()) + r"\p{scx=Zinh}0-9_-]+"
        for system in _WRITING_SYSTEMS
    )
)
# Modifier letters look like apostrophes and accents; marks in heaps cover the neighbouring lines.
_NEVER = regex.compile(r"[\u02b0-\u02ff]|(\p{Mn})\1|\p{Mn}{5}")

_FOLDED = str.maketrans("Σςİ", "σσi")
# Letters that look like others, and which.
SHAPED = "".join(alikes[1:] for alikes in LOOK_ALIKES)
SHAPES = "".join(alikes[0] * (len(alikes) - 1) for alikes in LOOK_ALIKES)
_SHAPES = str.maketrans(SHAPED, SHAPES, "_-")


def has_name_characters(name: str) -> bool:
    """Return whether `name` has the length and the characters of a name, of any scripts."""
    is_stable = unicodedata.normalize("NFKC", name) == name
    # Of letters that are newer than Python's tables, the small ones are not known.
    is_known = all(unicodedata.category(char) != "Cn" for char in name)
    return is_stable and is_known and bool(_NAME.fullmatch(name)) and not _NEVER.search(name)


def is_one_script(name: str) -> bool:
    """Return whether all letters of `name` are of one script, and all digits of one kind."""
    zeros = {ord(char) - unicodedata.decimal(char) for char in name if char.isdecimal()}
    return len(zeros) <= 1 and bool(_ONE_SCRIPT.fullmatch(name))


def is_name(name: str) -> bool:
    """Return whether a member can have that name."""
    return has_name_characters(name) and is_one_script(name)


def fold_name(name: str) -> str:
    """Return the form in which names are compared: NFKC and small letters.

    The same as the database’s: one character stays one, wherever it stands in the name.
    """
    return unicodedata.normalize("NFKC", name).translate(_FOLDED).lower()


def shape_of_name(name: str) -> str:
    """Return the look of `name`: names of the same shape are taken for each other.

    Case, separators and look-alikes are folded together, such as 0/O, 1/I/l, rn/m, and the а of
    Cyrillic.
    """
    return unicodedata.normalize("NFD", name).translate(_SHAPES).lower().replace("rn", "m")
