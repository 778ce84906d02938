"""Numbers as lists show them, and as addresses and forms bring them."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 99
# All numbers of so many digits fit into a column.
DIGITS = 18


def capped(count: int) -> str:
    """“7”, “99+”; empty for none."""
    return f"{MOST}+" if count > MOST else str(count or "")


def number_in(text: str) -> int | None:
    """What was sent as a number that the database could hold; None for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS
    return int(text) if is_number else None


def numbers_in(texts: Iterable[str]) -> list[int]:
    """Those of several; what is none is left out."""
    return [number for number in map(number_in, texts) if number is not None]
