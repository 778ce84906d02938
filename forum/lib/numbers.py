"""Numbers as pages show them, and as URLs and forms send them."""

from __future__ import annotations

from collections.abc import Iterable

MAX_SHOWN = 99
# Every number with this many digits fits into a bigint.
DIGITS = 18


def capped(count: int) -> str:
    """Return a count for display: “7”, “99+”; empty for 0."""
    return f"{MAX_SHOWN}+" if count > MAX_SHOWN else str(count or "")


def parse_number(text: str) -> int | None:
    """Return the number in `text`; None if it is no number that a column could hold."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS
    return int(text) if is_number else None


def parse_numbers(texts: Iterable[str]) -> list[int]:
    """Return the numbers in `texts`, skipping everything else."""
    return [number for number in map(parse_number, texts) if number is not None]
