"""The types of entries of the moderation log, and the rules for each type.

Models, permissions and presenters ask this registry. Moderation actions fill it when Django starts:
each registers the type that it is logged as (see `forum.moderation`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Topic = Literal["", "moves", "notes", "edits", "pending posts"]


@dataclass(frozen=True, slots=True)
class LogEntryType:
    """A type of entry, for example "hide-post".

    `name` is stored; `past_tense` follows the moderator's name ("hid a post"). `inverse` is the
    type of the entry that undoing one of this type writes; without it, it can't be undone.
    """

    name: str
    past_tense: Any  # a lazy translation, as are all texts
    inverse: str | None = None
    # The text of notifications to authors and members concerned: "Your post was hidden."
    notifies: bool = False
    notification: Any = ""
    # Everybody can read its entries in the log.
    is_public: bool = True
    # It affects a member, who can appeal to a different moderator.
    can_be_appealed: bool = False
    # Types with the same topic are treated alike in places.
    topic: Topic = ""

    @property
    def is_irreversible(self) -> bool:
        return self.inverse is None


_types: dict[str, LogEntryType] = {}


def register_type(entry_type: LogEntryType) -> LogEntryType:
    """Register a type of entry and return it; two actions can share one type."""
    known = _types.setdefault(entry_type.name, entry_type)
    if known != entry_type:
        raise ValueError(f"two types of log entries are named {entry_type.name!r}")
    return entry_type


def entry_type(name: str) -> LogEntryType:
    """Return the type of that name; raises `KeyError` when there is none."""
    return _types[name]


def entry_types() -> list[LogEntryType]:
    """Return all types, by name."""
    return [_types[name] for name in sorted(_types)]


def public_types() -> list[str]:
    """Return the names of the types whose entries everybody can read."""
    return [each.name for each in _types.values() if each.is_public]


def types_about(topic: Topic) -> list[str]:
    """Return the names of the types of that topic."""
    return [each.name for each in _types.values() if each.topic == topic]


def public_type_choices() -> list[tuple[str, Any]]:
    """Return the choices of which everybody can find entries in the log, by their texts."""
    return _in_words(each for each in entry_types() if each.is_public)


def type_choices() -> list[tuple[str, Any]]:
    """Return the choices of `ModerationAction.act`, by their texts."""
    return _in_words(entry_types())


def _in_words(types: Iterable[LogEntryType]) -> list[tuple[str, str]]:
    choices = [(each.name, each.past_tense) for each in types]
    return sorted(choices, key=lambda choice: str(choice[1]))
