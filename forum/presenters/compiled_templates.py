"""Compiled templates: rendered once, and filled many times.

A template is rendered with marks in the place of values, once for each variant that it
distinguishes, and the pieces between the marks are stored. Filling it means joining strings. Its
values must be plain strings, ready as HTML.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

# Private-use characters that no template contains; values are not searched for them.
PLACEHOLDER = "\ue000{}\ue001"
PLACEHOLDER_PATTERN = re.compile("\ue000([a-z_]+)\ue001")
START_TAG = re.compile(r"<[a-z][^<>]*>")
INSIDE_TAGS = re.compile(r"(<[a-z][^<>]*>)\n|\n(?=</)")


class Placeholders:
    """The values of the first rendering: each attribute is its own mark."""

    def __getitem__(self, name: str) -> SafeString:
        return mark_safe(PLACEHOLDER.format(name))  # noqa: S308 (a mark, not text of anybody's)


class CompiledTemplate:
    """One template; it may branch on `variant`, and shows the values of `name`."""

    def __init__(self, template: str, name: str = "post") -> None:
        self.template = template
        self.name = name
        # By variant; a process has only one language.
        self._pieces: dict[tuple[Any, ...], list[str]] = {}

    def fill(self, variant: tuple[Any, ...], values: Mapping[str, str]) -> str:
        """Return the template's HTML; `values` are HTML already, and `variant` is a named tuple."""
        pieces = self._pieces.get(variant)
        if pieces is None:
            pieces = self._cut(variant)
            if not settings.DEBUG:
                self._pieces[variant] = pieces
        filled = pieces.copy()
        for place in range(1, len(filled), 2):
            filled[place] = values[filled[place]]
        return "".join(filled)

    def _cut(self, variant: tuple[Any, ...]) -> list[str]:
        """Return the texts and the names of values, alternating."""
        rendered = render_to_string(self.template, {"variant": variant, self.name: Placeholders()})
        lines = (line.strip() for line in rendered.splitlines())
        # Indentation is not sent with every post.
        html = START_TAG.sub(lambda tag: " ".join(tag[0].split()), "\n".join(filter(None, lines)))
        return PLACEHOLDER_PATTERN.split(INSIDE_TAGS.sub(r"\1", html))


# -- The variants of a reply -----------------------------------------------------------------------

POST_TEMPLATE = CompiledTemplate("posts/_post.html")
TOMBSTONE_TEMPLATE = CompiledTemplate("posts/_tombstone.html")


class PostVariant(NamedTuple):
    """The conditions of `posts/_post.html`."""

    to: str  # "opening", "near", "far" (elsewhere in the page), "away" (elsewhere), "gone"
    has_also: bool
    is_edited: bool
    is_starter: bool
    is_yours: bool
    mark: str  # "new", "changed" (since the reader saw it), "shown" (new, and seen meanwhile), ""
    is_tracked: bool  # noted when it has been on the screen
    is_hidden: bool
    is_nested: bool
    is_open: bool
    has_restrictions: bool  # the head of a branch that is locked or slow
    is_edited_for: bool  # by a moderator
    is_focused: bool
    is_answered: bool  # from elsewhere, by posts that quote it
    is_quoted: bool
    is_hit: bool  # of a search in the thread
    is_ignored: bool  # the reader ignores its author
    is_parent_ignored: bool
    is_bookmarked: bool
    is_muted: bool  # the head of a branch that the reader muted
    lang: str  # where the script tells it

    @property
    def says_words(self) -> bool:
        """Return whether the parent is named with its first words: when it is not right above.

        Not when the reader ignores its author.
        """
        return self.to in ("far", "away") and not self.is_parent_ignored


class TombstoneVariant(NamedTuple):
    """The conditions of `posts/_tombstone.html`."""

    is_hidden: bool
    is_erased: bool
    is_many: bool
    has_replies: bool
    has_new: bool
