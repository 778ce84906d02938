"""Numbers as lists show them, and as addresses and forms bring them."""

from __future__ import annotations

from collections.abc import Iterable

MAX_SHOWN = 99
# All numbers of so many digits fit into a column.
DIGITS = 18


def capped(count: int) -> str:
    """“7”, “99+”; empty for none."""
    return f"{MAX_SHOWN}+" if count > MAX_SHOWN else str(count or "")


def parse_number(text: str) -> int | None:
    """What was sent as a number that the database could hold; None for anything else."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= DIGITS
    return int(text) if is_number else None


def parse_numbers(texts: Iterable[str]) -> list[int]:
    """Those of several; what is none is left out."""
    return [number for number in map(parse_number, texts) if number is not None]
