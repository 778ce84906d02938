"""How much waits for moderators."""

from __future__ import annotations

from forum.models.reports import MOST_WAITING


def in_words(count: int) -> str:
    """“3”, “99+”; nothing for nothing."""
    if not count:
        return ""
    return f"{MOST_WAITING}+" if count > MOST_WAITING else str(count)
