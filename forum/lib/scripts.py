"""Scripts and letters: the parts of regular expressions that say how people write.

For the `regex` package, inside square brackets. Ranges of code points would miss half of a script.
"""

import regex

# Scripts without spaces between words: a word may end after any character.
UNSPACED = (
    r"\p{Han}\p{Hiragana}\p{Katakana}\p{Bopomofo}\p{Yi}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
    r"\p{Tibetan}\p{Tai_Le}\p{New_Tai_Lue}\p{Tai_Tham}\p{Balinese}\p{Javanese}ー〆ｰﾞﾟ"
)
# Where a name may end inside a row of letters: those, and Hangul, whose particles follow directly.
LOOSE = rf"{UNSPACED}\p{{Hangul}}"
# What goes on with a name or an address: the letters of alphabets like ours, digits, underscores.
# Letters of all other scripts may touch a name. Some have no spaces, others add particles.
NAME_LIKE = r"\p{Latin}\p{Greek}\p{Cyrillic}\p{Armenian}\p{Georgian}\p{Coptic}\p{Nd}_"

# A letter as people see it: with its marks, all of a flag, a family.
GRAPHEME = regex.compile(r"\X")
# All characters but those of Western European languages, of which each is a grapheme. Most texts
# have none of these, and looking takes a fortieth of the time of splitting.
_MAY_COMBINE = regex.compile(r"[^ -\u02ff\u2010-\u2027]")


def count_graphemes(text: str) -> int:
    """Return the number of characters as people count them."""
    return sum(1 for _match in GRAPHEME.finditer(text))


def whole_graphemes(text: str, limit: int) -> str:
    """Return the beginning of `text` up to `limit` characters, without part of a grapheme.

    Of a first grapheme longer than that, as many marks as fit.
    """
    if not _MAY_COMBINE.search(text, 0, limit + 1):
        return text[:limit]
    end = 0
    for match in GRAPHEME.finditer(text):
        if match.end() > limit:
            break
        end = match.end()
    return text[: end or limit]
