"""Silencing a member: they can't write anything new, but can edit and delete their posts."""

from __future__ import annotations

from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType
from forum.models import Board, Restriction, User
from forum.moderation.registry import register, register_states_of
from forum.moderation.sanctions import (
    LiftingAction,
    SanctionAction,
    restriction_named,
    restriction_state,
)
from forum.moderation.targets import TargetState

SILENCE = Restriction.Kind.SILENCE

register_states_of(SILENCE, partial(restriction_named, SILENCE))


def _state(board: Board | None) -> TargetState:
    return restriction_state(SILENCE, board.pk if board else None)


class SilenceMember(SanctionAction):
    """Keep members from writing anything new, for good or until a time."""

    entry = LogEntryType(
        "silence-person",
        _("silenced a member"),
        inverse="lift-silence",
        notifies=True,
        notification=_("You were silenced."),
        is_public=False,  # between moderators and one member
        can_be_appealed=True,
    )
    slug = "silence"
    position = 20
    button = _("Silence")
    question = ngettext_lazy("Silence this member?", "Silence these %(count)d members?", "count")
    outcome = _("They can’t write anything new, but can still edit and delete what they wrote.")
    done = ngettext_lazy("Member silenced.", "%(count)d members silenced.", "count")

    def state(self, board: Board | None) -> TargetState:
        return _state(board)

    def is_applicable(self, target: User) -> bool:
        return not target.is_kept(SILENCE)


class UnsilenceMember(LiftingAction):
    """Let members write again."""

    entry = LogEntryType(
        "lift-silence",
        _("lifted a silence"),
        inverse="silence-person",
        notifies=True,
        notification=_("You can write again."),
        is_public=False,
    )
    slug = "unsilence"
    position = 21
    button = _("Lift silence")
    question = ngettext_lazy(
        "Lift the silence of this member?", "Lift the silence of these %(count)d members?", "count"
    )
    outcome = _("They can write again.")
    done = ngettext_lazy(
        "The member can write again.", "%(count)d members can write again.", "count"
    )

    def state(self, board: Board | None) -> TargetState:
        return _state(board)

    def is_applicable(self, target: User) -> bool:
        return target.is_kept(SILENCE)


silence_person = register(SilenceMember())
lift_silence = register(UnsilenceMember())
