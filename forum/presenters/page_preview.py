"""Previews that other sites show of a link to a page: OpenGraph and a Twitter card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from forum.queries.thread_pages import PostRow


@dataclass(frozen=True, slots=True)
class PagePreview:
    """A preview of a page; the description is empty if the reader may not read the post."""

    title: str
    description: str
    address: str
    author: str = ""
    published: datetime | None = None


def thread_preview(
    title: str, address: str, opening: PostRow, linked: PostRow | None
) -> PagePreview:
    """Return the preview of a thread, or of the post that the link leads to."""
    row = linked or opening
    if not row.is_readable:
        return PagePreview(title, "", address)
    return PagePreview(title, row.excerpt, address, row.author, row.created_at)
