"""The opening post, for its template."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from forum.presenters.backlinks import BacklinkSummary
from forum.queries.thread_pages import PostRow


@dataclass(frozen=True, slots=True)
class OpeningPost:
    """An opening post for `threads/_opening.html`."""

    id: int
    author: str
    hue: str
    initial: str
    text: SafeString
    row: PostRow
    hidden_by: str
    edited_by: str
    mark: str
    is_tracked: bool
    nth: str
    next: str
    backlinks: BacklinkSummary
    lang: str
    reported: SafeString
