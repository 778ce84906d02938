"""The opening post, for its template."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.safestring import SafeString

from forum.models.windows import Row
from forum.presenters.citations import Cited


@dataclass(frozen=True, slots=True)
class Card:
    """What an opening post is shown with."""

    id: int
    author: str
    hue: str
    initial: str
    text: SafeString
    row: Row
    mark: str
    is_watched: bool
    nth: str
    next: str
    cited: Cited
    lang: str
    reported: SafeString
