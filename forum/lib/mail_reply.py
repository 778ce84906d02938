"""Telling what the author of a mail wrote from what their mail program added.

Lines are chosen and never changed: those that are kept and those that are left out are together
all lines of the mail. Left out are the quote at the end, the lines that introduce a quote (“On
Tuesday, lina wrote:”), an original that was copied without quote marks, and the signature. Quotes
above or between one's own words are kept. When in doubt a line is kept.

No library does this: those that there are strip indentation, take lists for signatures, or leave
out all that follows the first quote.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

# More is no signature. Programs break the line that introduces a quote into a few.
MAX_SIGNATURE_LINES = 15
MAX_ATTRIBUTION_LINES = 4
MAX_ATTRIBUTION_LENGTH = 400

_QUOTE = re.compile(r" {0,3}>")
_SIGNATURE = re.compile(r"-- ?")

# A line that introduces a quote has at least two of these, and ends with a colon.
_ENDS_WITH_COLON = re.compile(r"[:：]\W*$")
_ADDRESS = re.compile(r"[^\s@<>]@[\w-]+(\.[\w-]+)+")
_DATE = re.compile(r"(?<!\d)(\d{1,2}[:.]\d\d|(19|20)\d\d)(?!\d)")
_WROTE = re.compile(
    r"""\b(wrote|writes|schrieb|a\ écrit|escribió|ha\ scritto|escreveu|schreef|geschreven|skrev|
    kirjoitti|napisał|napsal|napísal|написал|написа|пише|пишет|έγραψε|yazdı|írta|a\ scris|
    je\ napisao)
    (?!\w)|写道|寫道|書きました|작성""",
    re.VERBOSE | re.IGNORECASE,
)

_WROTE_COLON = re.compile(rf"({_WROTE.pattern})\W{{0,3}}[:：]", _WROTE.flags)

# “From: lina”, also “**Von:** lina” and “De : lina”: the head of an original without quote marks.
_HEADER = re.compile(r"\W*[^\W\d_][^:：<>@]{0,30}[:：]\**\s*\S")
_RULE = re.compile(r"\s*[_\-=*]{10,}\s*")
# “-----Original Message-----”, in any language.
_SEPARATED_ATTRIBUTION = re.compile(r"\s*-{3,} .{10,300} -{3,}\s*")  # “---- On …, lina wrote ---”
_SEPARATOR = re.compile(r"\W*[-_=*]{3,} ?[^\W\d_][^-_=*]{2,60}[-_=*]{3,}\W*")

_SENT_FROM = re.compile(
    r"""[*_]*((this\ mail\ was\ )?sent\ (from|with|via|using)\b|get\ (\[?outlook|bluemail|\[?yahoo)|
    (von|mit)\ .{2,60}\ (gesendet|geschickt)|gesendet\ (von|mit|über)\b|
    diese\ nachricht\ wurde\ von\ mein|
    envoyé\ (de|depuis|à\ partir|avec|par)\b|enviado\ (desde|do|de|con|com|a\ partir)\b|
    inviato\ (da|dal|con)\b|verzonden\ (van|vanaf|met|via)\b|verstuurd\ van|skickat\ (från|med)\b|
    skickades\ från|sendt\ (fra|med)\b|lähetetty\b|wysłan[eo]\ (z|za)\b|odesláno\ (z|ze)\b|
    отправлено\ (с|из|от)\b|надіслано\ (з|із)\b|trimis\ de\ pe|küldve\ |.{2,40}’?dan\ gönderildi|
    .{2,40}から送信|发自我的|發自我的|從我的.{2,20}傳送|나의\ .{2,20}에서\ 보냄|נשלח\ מה|
    أرسل(ت)?\ من)""",
    re.VERBOSE | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SplitReply:
    """The text of a mail in two parts."""

    kept: str
    left_out: str

    @property
    def lines_left_out(self) -> int:
        return len(self.left_out.splitlines())


def split_reply(text: str) -> SplitReply:
    """Split the text of a mail into what its author wrote and what their program added."""
    lines = text.split("\n")
    end = _end_of_own(lines)
    left_out = set(range(end, len(lines))) | set(_attributions(lines, end))
    kept = [line for number, line in enumerate(lines) if number not in left_out]
    return SplitReply(_trimmed(kept), _trimmed([lines[number] for number in sorted(left_out)]))


def _trimmed(lines: Sequence[str]) -> str:
    """Return lines as one text, without blank lines at its ends."""
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return "\n".join(lines[filled[0] : filled[-1] + 1]) if filled else ""


# -- The end of the own words ---------------------------------------------------------------------


def _end_of_own(lines: Sequence[str]) -> int:
    """Return the number of lines before what the program put at the end."""
    end = _start_of_original(lines)
    while True:
        end = _without_blank_lines(lines, end)
        shorter = _without_quote(lines, _without_signature(lines, end))
        if shorter == end:
            return end
        end = shorter


def _without_blank_lines(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1].strip():
        end -= 1
    return end


def _without_quote(lines: Sequence[str], end: int) -> int:
    """Return the end without a quote at the very end, and the lines that introduce it."""
    start = _without_blank_lines(lines, end)
    if not start or not _QUOTE.match(lines[start - 1]):
        return end
    while start and (_QUOTE.match(lines[start - 1]) or not lines[start - 1].strip()):
        start -= 1
    return start - _count_attribution_lines(lines, start)


def _without_signature(lines: Sequence[str], end: int) -> int:
    """Return the end without a signature: below “-- ”, or “Sent from my phone”."""
    for start in range(max(0, end - MAX_SIGNATURE_LINES - 1), end):
        is_marked = _SIGNATURE.fullmatch(lines[start])
        follows_gap = start == 0 or not lines[start - 1].strip()
        if is_marked and (lines[start].endswith(" ") or follows_gap):
            return end if any(map(_QUOTE.match, lines[start:end])) else start
    start = end
    while start and lines[start - 1].strip():
        start -= 1
    is_short = 0 < end - start <= 2
    return start if is_short and _SENT_FROM.match(lines[start].lstrip()) else end


# -- Lines that introduce a quote -----------------------------------------------------------------


def _attributions(lines: Sequence[str], end: int) -> Iterator[int]:
    """Yield the numbers of the lines before `end` that introduce a quote."""
    for number, line in enumerate(lines[:end]):
        if _QUOTE.match(line) and not (number and _QUOTE.match(lines[number - 1])):
            last = _without_blank_lines(lines, number)
            yield from range(last - _count_attribution_lines(lines, last), last)


def _count_attribution_lines(lines: Sequence[str], end: int) -> int:
    """Return how many lines before `end` introduce the quote that follows; 0 if none does."""
    lines = lines[max(0, end - MAX_ATTRIBUTION_LINES - 1) : end]
    for count in range(1, 1 + min(MAX_ATTRIBUTION_LINES, len(lines))):
        first = lines[-count]
        if not first.strip() or _QUOTE.match(first):
            return 0
        if _is_attribution(" ".join(lines[-count:])):
            return count + _count_begun_above(lines, count)
    return 0


def _count_begun_above(lines: Sequence[str], count: int) -> int:
    """Return how many more lines above belong to it: “On Tue, 1 Dec 2026 at 10:00, lina”."""
    above = lines[-count - 1] if len(lines) > count else ""
    is_part = _DATE.search(above) and not above.rstrip().endswith((".", "!", "?"))
    return int(bool(is_part and not _DATE.search(" ".join(lines[-count:]))))


def _is_attribution(text: str, least: int = 2) -> bool:
    """Return whether a line names who wrote what follows: by address, date or verb."""
    if len(text) > MAX_ATTRIBUTION_LENGTH or not _ENDS_WITH_COLON.search(text):
        return False
    return _count_signs(text) >= least


def _count_signs(text: str) -> int:
    """Return how many signs a line has of naming who wrote what follows."""
    return sum(bool(sign.search(text)) for sign in (_ADDRESS, _DATE, _WROTE))


# -- An original without quote marks --------------------------------------------------------------


def _start_of_original(lines: Sequence[str]) -> int:
    """Return where the original begins that a program copied without quote marks, else the end."""
    has_own = False
    for number, line in enumerate(lines):
        if _QUOTE.match(line) or not line.strip():
            continue
        if _begins_original(lines, number) or (has_own and _begins_unquoted(lines, number)):
            return number
        has_own = has_own or not _RULE.fullmatch(line)
    return len(lines)


def _begins_original(lines: Sequence[str], number: int) -> bool:
    """Return whether the head of an original is here: a separator, or “From: … Sent: … To: …”."""
    follows_gap = number == 0 or not lines[number - 1].strip()
    if _RULE.fullmatch(lines[number]):
        return _has_headers(_next_paragraph(lines, number + 1), least=3)
    if _SEPARATED_ATTRIBUTION.fullmatch(lines[number]) and _count_signs(lines[number]) >= 2:
        return True
    if _SEPARATOR.fullmatch(lines[number]):
        below = _next_paragraph(lines, number + 1)
        first_lines = " ".join(below[:MAX_ATTRIBUTION_LINES])
        return bool(below) and (
            _has_headers(below, least=2)
            or bool(_QUOTE.match(below[0]))
            or _is_attribution(first_lines)
            or _is_attribution(below[0])
        )
    return follows_gap and _has_headers(_next_paragraph(lines, number), least=3)


def _next_paragraph(lines: Sequence[str], start: int) -> list[str]:
    """Return the next lines that are not blank, at most eight."""
    while start < len(lines) and not lines[start].strip():
        start += 1
    end = start
    while end < min(len(lines), start + 8) and lines[end].strip():
        end += 1
    return list(lines[start:end])


def _has_headers(paragraph: Sequence[str], least: int) -> bool:
    """Return whether a paragraph begins with the headers of a mail, with a sender and a date."""
    headers = [line for line in paragraph[: least + 3] if _HEADER.match(line)]
    text = " ".join(headers)
    begins = bool(paragraph) and bool(_HEADER.match(paragraph[0]))
    is_mail = bool(_ADDRESS.search(text)) or " via " in text
    return begins and len(headers) >= least and is_mail and bool(_DATE.search(text))


def _begins_unquoted(lines: Sequence[str], number: int) -> bool:
    """Return whether “On …, lina <lina@…> wrote:” is here, with no quote marks below it."""
    if number and lines[number - 1].strip():
        return False
    for count in range(1, 1 + MAX_ATTRIBUTION_LINES):
        text = " ".join(lines[number : number + count])
        colon = _WROTE_COLON.search(text)
        if colon and _is_attribution(text[: colon.end()], least=3):
            below = [text[colon.end() :].strip(), *_next_paragraph(lines, number + count)]
            return not _QUOTE.match(next(filter(None, below), ">"))
    return False
