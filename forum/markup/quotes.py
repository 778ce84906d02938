"""Quoted words: finding them in their source, linking to them, writing them as Markdown."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from urllib.parse import quote

# Start, end, and the ordinal of the block quote.
Stretch = tuple[int, int, int]

MIN_MATCH = 20  # characters; shorter matches may be chance, unless they are a whole paragraph
MIN_PIECE = 12  # characters of each piece around an elision
PARAGRAPHS = "\n\n"  # the separator of paragraphs in plain text
BLOT = "\0"  # no post can contain it
# One or more blanked paragraphs.
GAP = re.compile(f"{BLOT}+(?:{PARAGRAPHS}{BLOT}+)*")
FRAGMENT_WHOLE = 300  # characters; longer quotes are linked by their start and end
FRAGMENT_WORDS = 5
FRAGMENT_EDGE = 100  # characters; for scripts that put no spaces between words

# Characters that typing or copying changes without changing the words.
_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
    }
)
# A post shows a bare address without it, and who types the words may add it.
_SCHEME = re.compile(r"(?:https?://|mailto:)+(?=\S)", re.IGNORECASE)
_ELISION = re.compile(r"\[(?:…|\.\.\.)\]|\(…\)|…")
_BLANK_LINES = re.compile(r"\n\s*\n")

_MARKS = re.compile(
    r"""
    (?P<url> (?i: https?:// ) [^\s<>]+ )
    | [\\`*\[<]
    | & (?= [#A-Za-z] )
    | (?<![^\W_]) _ | _ (?![^\W_])      # no markup within a word
    | (?<=~) ~ | ~ (?=~)
    """,
    re.VERBOSE,
)
_LINE_MARK = re.compile(r"(?:\#{1,6}|[-+])(?=\s|$) | > | [-=:|][-=:|\s]*$", re.VERBOSE)
_LIST_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")


def normalise(text: str) -> str:
    """Return `text` as used for comparison.

    NFC, straight quotes and dashes, single spaces, and addresses without their scheme.
    """
    straight = unicodedata.normalize("NFC", text).translate(_STRAIGHT)
    return _SCHEME.sub("", " ".join(straight.split()))


def longest_word(words: str) -> str:
    """Return the longest word of a quote, which the plain text of its source contains literally."""
    text = _SCHEME.sub("", unicodedata.normalize("NFC", words))
    return max(re.findall(r"\w+", text), key=len, default="")


def says(words: str, plain: str) -> bool:
    """Return whether `plain` contains `words`, possibly with parts left out."""
    return _ends(words, _searched(plain)) != []


def find(words: str, plain: str) -> tuple[int, int] | None:
    """Return the first place of `words` in `plain`, as (start, length) in its own characters.

    Both are normalised for the comparison. Words that `plain` does not contain as they are may
    leave something out ("…"): then the pieces are searched in order, and the place reaches from the
    first to the last. None when they do not occur.
    """
    if not says(words, plain):
        return None
    text, spans = _normalised_spans(plain)
    ends = _ends(words, text)
    start, _end = ends[0]
    return spans[start][0], spans[ends[-1][1] - 1][1] - spans[start][0]


def find_pieces(words: str, plain: str) -> list[tuple[int, int]]:
    """Return the (start, end) of each piece of `words` in `plain`, in order."""
    if not says(words, plain):
        return []
    text, spans = _normalised_spans(plain)
    return [(spans[start][0], spans[end - 1][1]) for start, end in _ends(words, text)]


def leaves_out(words: str, plain: str) -> bool:
    """Return whether `words`, which `plain` contains, leave something out between pieces."""
    return len(_ends(words, _searched(plain))) > 1


def _ends(words: str, text: str) -> list[tuple[int, int]]:
    """Return (start, end) of each piece of `words` in a normalised text; empty unless all occur."""
    wanted = normalise(words)
    pieces = [wanted] if wanted in text else [normalise(part) for part in parts(words)]
    found: list[tuple[int, int]] = []
    place = 0
    for piece in filter(None, pieces):
        place = text.find(piece, place)
        if place < 0:
            return []
        found.append((place, place + len(piece)))
        place += len(piece)
    return found


def worth_matching(words: str, plain: str) -> bool:
    """Return whether `words` are long enough to search for, or a paragraph of `plain`."""
    wanted = normalise(words)
    return len(wanted) >= MIN_MATCH or (wanted != "" and wanted in _paragraphs(plain))


def is_patchwork(words: str, plain: str) -> bool:
    """Return whether `words` consist of pieces too short to prove anything.

    Single words of a long text can be combined into almost any sentence.
    """
    pieces = parts(words)
    if len(pieces) < 2 or normalise(words) in _searched(plain):
        return False
    return any(len(normalise(piece)) < MIN_PIECE for piece in pieces)


def without_quoted(plain: str, quoted: Iterable[Sequence[int]], start: int = 0) -> str:
    """Return `plain` at its full length with the quoted stretches blanked.

    `quoted` are stretches of a text of which `plain` is the part that begins at `start`.
    """
    for first, last, _ordinal in quoted:
        begin, end = max(0, first - start), max(0, min(len(plain), last - start))
        if begin < end:
            plain = plain[:begin] + BLOT * (end - begin) + plain[end:]
    return plain


# The quotes of one post are searched in the same few texts.
@lru_cache(maxsize=256)
def _searched(plain: str) -> str:
    return normalise(plain)


@lru_cache(maxsize=256)
def _paragraphs(plain: str) -> frozenset[str]:
    return frozenset(map(normalise, _BLANK_LINES.split(plain)))


def parts(words: str) -> list[str]:
    """Return the pieces of `words` around elisions ("…", "[…]", "[...]")."""
    return [part.strip() for part in _ELISION.split(words) if part.strip()]


def text_fragment(words: str) -> str:
    """Return the part after `#:~:text=` of a link to `words`, percent-encoded.

    Long words, several lines and words with elisions are addressed by their start and end, since
    browsers find no more than a line at once. The format is the text directive of the WICG's "URL
    Fragment Text Directives".
    """
    pieces = (piece for part in parts(words) for piece in part.split("\n"))
    paragraphs = [piece.split() for piece in pieces if piece.strip()]
    if not paragraphs:
        return ""
    whole = " ".join(paragraphs[0])
    if len(paragraphs) == 1 and len(whole) <= FRAGMENT_WHOLE:
        return _encoded(whole)
    start = " ".join(paragraphs[0][:FRAGMENT_WORDS])[:FRAGMENT_EDGE]
    end = " ".join(paragraphs[-1][-FRAGMENT_WORDS:])[-FRAGMENT_EDGE:]
    return f"{_encoded(start)},{_encoded(end)}"


def as_block(source: str) -> str:
    """Return Markdown as a block quote of it, and a blank line."""
    lines = (f"> {line}" if line.strip() else ">" for line in source.split("\n"))
    return "\n".join(lines) + "\n\n"


def as_quote(words: str) -> str:
    """Return plain `words` as a Markdown block quote that renders to the same, and a blank line."""
    quoted = [
        "\n".join(f"> {_escaped(line)}" for line in _lines(paragraph))
        for paragraph in _BLANK_LINES.split(words)
        if paragraph.strip()
    ]
    return "\n>\n".join(quoted) + "\n\n" if quoted else ""


# Much larger than the text, so only a few are kept.
@lru_cache(maxsize=4)
def _normalised_spans(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return `normalise(text)`, and the (start, end) in `text` of each of its characters."""
    chars: list[str] = []
    spans: list[tuple[int, int]] = []
    for start, end in _letters(text):
        for char in unicodedata.normalize("NFC", text[start:end]).translate(_STRAIGHT):
            if not char.isspace():
                chars.append(char)
                spans.append((start, end))
            elif chars and chars[-1] != " ":
                chars.append(" ")
                spans.append((start, end))
    if chars and chars[-1] == " ":
        chars.pop()
    for match in reversed(list(_SCHEME.finditer("".join(chars)))):
        del chars[match.start() : match.end()], spans[match.start() : match.end()]
    return "".join(chars), spans


def _letters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of `text` that compose into one character, or stay as they are."""
    if unicodedata.is_normalized("NFC", text):
        return pairwise(range(len(text) + 1))
    starts = [index for index, char in enumerate(text) if not _composes(char)]
    return pairwise(sorted({0, *starts, len(text)}))


def _composes(char: str) -> bool:
    """Return whether `char` may combine with the characters before it."""
    return unicodedata.category(char).startswith("M") or "\u1160" <= char <= "\u11ff"


def _encoded(text: str) -> str:
    # The hyphen separates parts of the directive, and quote() never encodes it.
    return quote(text, safe="", errors="replace").replace("-", "%2D")


def _lines(paragraph: str) -> list[str]:
    return [" ".join(line.split()) for line in paragraph.split("\n") if line.strip()]


def _escaped(line: str) -> str:
    text = _MARKS.sub(_escaped_mark, line)
    if _LINE_MARK.match(line):
        return "\\" + text
    return _LIST_NUMBER.sub(r"\1\\\2", text) if _LIST_NUMBER.match(text) else text


def _escaped_mark(match: re.Match[str]) -> str:
    url = match["url"]
    if url is None:
        return "\\" + match[0]
    # An escape would end a bare address; between angle brackets none is needed.
    return f"<{url}>" if _MARKS.search(url, len("http")) else url
