"""Quoted words: finding them in the text they come from, linking to them, writing them down."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from urllib.parse import quote

# From, to, and the number of the block quote.
Stretch = tuple[int, int, int]

MIN_MATCH = 20  # characters; shorter words occur by chance, unless they are a whole paragraph
MIN_PIECE = 12  # characters of each piece around something that is left out
PARAGRAPHS = "\n\n"  # between two of them in plain text
BLOT = "\0"  # no post can hold it
# A quote of one or more paragraphs, blotted out.
GAP = re.compile(f"{BLOT}+(?:{PARAGRAPHS}{BLOT}+)*")
FRAGMENT_WHOLE = 300  # characters; longer words are linked by how they start and end
FRAGMENT_WORDS = 5
FRAGMENT_EDGE = 100  # characters; for scripts that put no spaces between words

# Texts differ in these only by who typed or copied them.
_STRAIGHT = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′", "'"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        "…": "...",
    }
)
_ELISION = re.compile(r"\[(?:…|\.\.\.)\]|\(…\)|…")
_BLANK_LINES = re.compile(r"\n\s*\n")

_MARKS = re.compile(
    r"""
    (?P<url> https?://[^\s<>]+ )
    | [\\`*\[<]
    | & (?= [#A-Za-z] )
    | (?<![^\W_]) _ | _ (?![^\W_])      # within a word it marks nothing
    | (?<=~) ~ | ~ (?=~)
    """,
    re.VERBOSE,
)
_LINE_MARK = re.compile(r"(?:\#{1,6}|[-+])(?=\s|$) | > | [-=:|][-=:|\s]*$", re.VERBOSE)
_LIST_NUMBER = re.compile(r"(\d{1,9})([.)])(?=\s|$)")


def normalise(text: str) -> str:
    """Return plain `text` as it is compared: NFC, straight quotes and dashes, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_STRAIGHT).split())


def says(words: str, plain: str) -> bool:
    """Tell whether `words` stand in `plain`, be it with something left out."""
    return _ends(words, _searched(plain)) != []


def find(words: str, plain: str) -> tuple[int, int] | None:
    """Return where `words` first stand in `plain`, as (start, length) in its own characters.

    Both are normalised for the comparison. Words that do not stand there as they are may leave
    something out ("…"): then the pieces around it are looked for in their order, and the place
    reaches from the first to the last. None when they do not occur.
    """
    if not says(words, plain):
        return None
    text, spans = _normalised_spans(plain)
    ends = _ends(words, text)
    start, _end = ends[0]
    return spans[start][0], spans[ends[-1][1] - 1][1] - spans[start][0]


def find_pieces(words: str, plain: str) -> list[tuple[int, int]]:
    """Return where each piece of `words` stands in `plain`, from and to, in their order."""
    if not says(words, plain):
        return []
    text, spans = _normalised_spans(plain)
    return [(spans[start][0], spans[end - 1][1]) for start, end in _ends(words, text)]


def leaves_out(words: str, plain: str) -> bool:
    """Tell whether `words`, which `plain` says, leave something out between their pieces."""
    return len(_ends(words, _searched(plain))) > 1


def _ends(words: str, text: str) -> list[tuple[int, int]]:
    """Where each piece of `words` stands in a normalised text; empty unless all of them do."""
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
    """Tell whether finding `words` in `plain` would mean anything: long enough, or a paragraph."""
    wanted = normalise(words)
    return len(wanted) >= MIN_MATCH or (wanted != "" and wanted in _paragraphs(plain))


def is_patchwork(words: str, plain: str) -> bool:
    """Tell whether `words` leave something out between pieces so short that they prove nothing.

    With single words picked from a long text, anybody can be made to say anything.
    """
    pieces = parts(words)
    if len(pieces) < 2 or normalise(words) in _searched(plain):
        return False
    return any(len(normalise(piece)) < MIN_PIECE for piece in pieces)


def without_quoted(plain: str, quoted: Iterable[Sequence[int]], start: int = 0) -> str:
    """Return `plain`, as long as it is, with the words of others blotted out.

    `quoted` are their stretches in a text of which `plain` is the part that begins at `start`.
    """
    for first, last, _ordinal in quoted:
        begin, end = max(0, first - start), max(0, min(len(plain), last - start))
        if begin < end:
            plain = plain[:begin] + BLOT * (end - begin) + plain[end:]
    return plain


# The quotes of one post are looked for in the same few texts.
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
    """Return what follows `#:~:text=` in a link to `words`, percent-encoded.

    Long words, several paragraphs and words with something left out are named by how they start
    and end.
    """
    pieces = (piece for part in parts(words) for piece in _BLANK_LINES.split(part))
    paragraphs = [piece.split() for piece in pieces if piece.strip()]
    if not paragraphs:
        return ""
    whole = " ".join(paragraphs[0])
    if len(paragraphs) == 1 and len(whole) <= FRAGMENT_WHOLE:
        return _encoded(whole)
    start = " ".join(paragraphs[0][:FRAGMENT_WORDS])[:FRAGMENT_EDGE]
    end = " ".join(paragraphs[-1][-FRAGMENT_WORDS:])[-FRAGMENT_EDGE:]
    return f"{_encoded(start)},{_encoded(end)}"


def as_quote(words: str) -> str:
    """Return plain `words` as a Markdown block quote that says the same, and a blank line."""
    quoted = [
        "\n".join(f"> {_escaped(line)}" for line in _lines(paragraph))
        for paragraph in _BLANK_LINES.split(words)
        if paragraph.strip()
    ]
    return "\n>\n".join(quoted) + "\n\n" if quoted else ""


# Much larger than the text, so that few are kept.
@lru_cache(maxsize=4)
def _normalised_spans(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Return `normalise(text)` and where each of its characters comes from in `text`."""
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
    return "".join(chars), spans


def _letters(text: str) -> Iterator[tuple[int, int]]:
    """Yield the ranges of `text` that compose into one letter, or stay the one they are."""
    if unicodedata.is_normalized("NFC", text):
        return pairwise(range(len(text) + 1))
    starts = [index for index, char in enumerate(text) if not _composes(char)]
    return pairwise(sorted({0, *starts, len(text)}))


def _composes(char: str) -> bool:
    """Tell whether `char` may melt into what stands before it."""
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
