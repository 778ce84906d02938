"""The variants of a reply's templates; each is rendered once per process."""

from __future__ import annotations

from typing import NamedTuple

from forum.presenters.compiled_templates import CompiledTemplate

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
    lang: str  # where the script tells it

    @property
    def says_words(self) -> bool:
        """Return whether the parent is named with its first words: when it is not right above."""
        return self.to in ("far", "away")


class TombstoneVariant(NamedTuple):
    """The conditions of `posts/_tombstone.html`."""

    is_hidden: bool
    is_erased: bool
    is_many: bool
    has_replies: bool
    has_new: bool
