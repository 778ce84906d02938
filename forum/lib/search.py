"""The language of searches: words, "phrases", -not, OR, and filters such as author:lina."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from forum.lib.names import fold_name

MAX_CHARACTERS = 200
MAX_TERMS = 20

# A quoted phrase or anything without spaces, either with a filter's name before it.
_TOKEN = re.compile(r'(?P<not>-)?(?:(?P<name>[a-z]+):)?(?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>\S+))')
_ID = re.compile(r"[1-9][0-9]{0,17}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What the database could not store, and marks that would reorder the page.
_NOT_SEARCHED = re.compile(
    "[\x00-\x1f\x7f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)

# What follows each filter's name.
Kind = Literal["name", "id", "date", "flag"]
FILTERS: dict[str, tuple[Kind, str]] = {
    "author": ("name", "author"),
    "board": ("name", "board"),
    "tag": ("name", "tag"),
    "in": ("id", "thread_id"),
    "under": ("id", "branch_id"),
    "before": ("date", "before"),
    "after": ("date", "after"),
    "is": ("flag", "flags"),
    "has": ("flag", "flags"),
}
FLAGS = {"is": ("opening", "mine", "followed", "unread", "unanswered"), "has": ("quote",)}
SCHEMES = ("http", "https", "mailto")


@dataclass(slots=True)
class SearchQuery:
    """A search as it was understood.

    A post matches if it contains at least one term of each group in `groups`, none of `excluded`,
    and passes every filter. A term is a word or a phrase.
    """

    groups: list[list[str]] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    author: str = ""
    board: str = ""  # slug
    tag: str = ""  # slug
    thread_id: int | None = None
    branch_id: int | None = None  # the post at the head of the branch
    before: date | None = None
    after: date | None = None
    flags: set[str] = field(default_factory=set)
    # Filters that could not be used: "unknown", or what should follow the name; and as typed.
    faults: list[tuple[str, str]] = field(default_factory=list)
    is_cut: bool = False  # longer than what is searched

    @property
    def has_filters(self) -> bool:
        """Return whether the search has a filter."""
        places = (self.board, self.tag, self.thread_id, self.branch_id)
        return any((self.author, *places, self.before, self.after, self.flags))

    @property
    def is_empty(self) -> bool:
        """Return whether there is nothing to search for: neither a term nor a filter."""
        return not (self.groups or self.has_filters)


def clean_search(text: str) -> str:
    """Return a search as its page shows it: in one line, without marks that would reorder it."""
    return " ".join(_NOT_SEARCHED.sub(" ", text).split())


def parse_search(text: str) -> SearchQuery:
    """Return what `text` asks for. Every text can be read: what is no filter is a word."""
    text = clean_search(text)
    query = SearchQuery(is_cut=len(text) > MAX_CHARACTERS)
    is_alternative = False
    terms = 0
    for match in _TOKEN.finditer(text[:MAX_CHARACTERS]):
        name, value = (
            match["name"],
            match["phrase"] if match["phrase"] is not None else match["word"],
        )
        if name and match["word"] and _set_filter(query, name, value, match[0]):
            continue
        if match[0] == "OR":
            is_alternative = bool(query.groups)
            continue
        term = f"{name}:{value}" if name else value
        if not any(char.isalnum() for char in term):
            continue
        if terms == MAX_TERMS:
            query.is_cut = True
            break
        terms += 1
        if match["not"]:
            query.excluded.append(term)
        elif is_alternative:
            query.groups[-1].append(term)
        else:
            query.groups.append([term])
        is_alternative = False
    return query


def _set_filter(query: SearchQuery, name: str, value: str, typed: str) -> bool:
    """Set the filter `name:value`; return whether it was taken out of the words."""
    if name not in FILTERS:
        if name not in SCHEMES:
            query.faults.append(("unknown", typed))
        return False
    kind, attribute = FILTERS[name]
    if kind == "flag" and value in FLAGS[name]:
        query.flags.add(value)
    elif kind == "name":
        setattr(query, attribute, fold_name(value.removeprefix("@")))
    elif kind == "id" and _ID.fullmatch(value):
        setattr(query, attribute, int(value))
    elif kind == "date" and (day := _day(value)):
        setattr(query, attribute, day)
    else:
        query.faults.append((kind, typed))
    return True


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
