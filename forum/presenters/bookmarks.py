"""Bookmarks as their list and the exported files show them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from forum.models import Bookmark
from forum.models.posts import post_path

EXPORT_COLUMNS = ("address", "thread", "author", "note", "remind_on", "created_at")
# Spreadsheets take text that begins with one of these for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def exported_bookmarks(bookmarks: Iterable[Bookmark], site: str) -> Iterator[dict[str, str]]:
    """Yield what is exported of each bookmark: of unreadable posts, only what is the member’s.

    `site` is the start of addresses.
    """
    for bookmark in bookmarks:
        yield {
            "address": site + post_path(bookmark.post_id),
            "thread": bookmark.post.thread.title if bookmark.is_readable else "",
            "author": bookmark.post.author.username if bookmark.is_readable else "",
            "note": bookmark.note,
            "remind_on": bookmark.remind_on.isoformat() if bookmark.remind_on else "",
            "created_at": bookmark.created_at.isoformat(timespec="seconds"),
        }


def plain_cell(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
