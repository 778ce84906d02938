"""Pending posts, as their authors and moderators see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from django.utils.translation import gettext as _

from forum.actions.posts import prepare_post
from forum.errors import Invalid
from forum.models import HeldPost, HoldRule, ModerationAction, ModerationEffect, User
from forum.permissions import can_appeal, can_withdraw
from forum.presenters.compiled_templates import CompiledTemplate
from forum.presenters.preview import Preview, preview

LINE = CompiledTemplate("held/_line.html")


class LineShape(NamedTuple):
    """The variants of `held/_line.html`."""

    is_edit: bool
    is_away: bool  # at the head of the thread: its place is on another page


def line_of(line: Mapping[str, object], *, is_away: bool) -> str:
    """Return the line of a reader's own pending post; `line` is from `HeldPostQuerySet.lines`."""
    variant = LineShape(line["edits"] is not None, is_away)
    return LINE.fill(variant, {"id": str(line["id"]), "words": escape(str(line["excerpt"]))})


@dataclass(frozen=True, slots=True)
class Shown:
    """A pending post in its author's list, or where it was just sent."""

    held: HeldPost
    what: str  # “Your reply to bob”
    state: str
    decided: ModerationAction | None = None  # the record of the log that ended it


def shown(held: HeldPost, decided: ModerationAction | None = None) -> Shown:
    return Shown(held, _what(held), _state(held), decided)


def held_of(listed: Iterable[HeldPost]) -> list[Shown]:
    """Return pending posts with the decisions of moderators; at most two queries."""
    found = list(listed)
    kind = ModerationEffect.Kind.HELD
    owners = ModerationEffect.objects.owners(kind, [each.pk for each in found], "state")
    actions = ModerationAction.objects.in_bulk(set(owners.values()))
    return [shown(each, actions.get(owners.get(each.pk, 0))) for each in found]


@dataclass(frozen=True, slots=True)
class HeldPage:
    """One pending post for one reader."""

    each: Shown
    is_own: bool
    text: Preview | None  # none when it is no post as it stands
    why: str
    can_withdraw: bool
    can_appeal: bool


def held_page(held: HeldPost, reader: User) -> HeldPage:
    (each,) = held_of([held])
    is_own = held.author_id == reader.pk
    return HeldPage(
        each=each,
        is_own=is_own,
        text=text_of_held(held, reader),
        why=_why(held) if is_own else held.why,
        can_withdraw=bool(can_withdraw(reader, held)) and held.state != HeldPost.State.WITHDRAWN,
        can_appeal=bool(is_own and each.decided and can_appeal(reader, each.decided)),
    )


def text_of_held(held: HeldPost, reader: User) -> Preview | None:
    """Preview a pending post; quoted text that `reader` cannot read is left out."""
    parent = held.edits.parent if held.edits else held.parent
    try:
        prepared = prepare_post(
            held.source,
            author=reader,
            parent=parent,
            quoted_post_ids=held.quoted_post_ids,
            exclude=held.edits,
        )
    except Invalid:
        return None
    return preview(prepared, author=reader, parent=parent, edits=held.edits)


def _what(held: HeldPost) -> str:
    if held.edits:
        return _("Edit of a post")
    if held.parent:
        return _("Reply")
    if held.board:
        return _("Thread in %(board)s") % {"board": held.board.name}
    return _("Thread")


def _state(held: HeldPost) -> str:
    match held.state:
        case HeldPost.State.WAITING:
            return _("awaiting review")
        case HeldPost.State.APPROVED:
            return _("published")
        case HeldPost.State.REJECTED:
            return _("not published")
    return _("withdrawn")


def _why(held: HeldPost) -> str:
    """Explain to its author why a post is held, without the word that a rule looks for."""
    match held.kind:
        case HoldRule.Kind.FIRST:
            return _("The first posts of new members need review.")
        case HoldRule.Kind.PACE:
            return _("You posted a lot in a short time.")
        case HoldRule.Kind.LINKS | HoldRule.Kind.DOMAINS:
            return _("Some links need review before others can see them.")
    return _("Some words need review before others can see them.")
