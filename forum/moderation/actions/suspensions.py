"""Suspending a member: they can log in and read, but not write."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType
from forum.models import Board, ModerationAction, Restriction, User
from forum.moderation.registry import register, register_state, register_states_of
from forum.moderation.sanctions import (
    LiftingAction,
    SanctionAction,
    restriction_named,
    restriction_state,
)
from forum.moderation.targets import MEMBER, TargetState
from forum.moderation.time_limits import TimeLimit, end_of, limit_of
from forum.permissions import can_suspend

SUSPENSION = Restriction.Kind.SUSPENSION


def _read_suspension(person: User) -> TimeLimit | None:
    return limit_of(person.suspended_until) if person.is_suspended else None


def _write_suspension(
    values: Sequence[tuple[User, TimeLimit | None]], action: ModerationAction
) -> None:
    for person, limit in values:
        person.suspended_at = action.created_at if limit else None
        person.suspended_until = end_of(limit)
        person.suspended_action = action if limit else None
        person.save(update_fields=["suspended_at", "suspended_until", "suspended_action"])


SUSPENDED = register_state(
    TargetState(MEMBER.kind, "suspended", _read_suspension, _write_suspension, can_suspend)
)
register_states_of(SUSPENSION, partial(restriction_named, SUSPENSION))


def _state(board: Board | None) -> TargetState:
    return restriction_state(SUSPENSION, board.pk) if board else SUSPENDED


class SuspendMember(SanctionAction):
    """Let members read, but not write; suspending again replaces the end.

    Their pending posts stay pending, and can't be approved meanwhile.
    """

    entry = LogEntryType(
        "suspend-person",
        _("suspended a member"),
        inverse="lift-suspension",
        notifies=True,
        notification=_("You were suspended."),
        can_be_appealed=True,
    )
    slug = "suspend"
    position = 30
    button = _("Suspend")
    question = ngettext_lazy("Suspend this member?", "Suspend these %(count)d members?", "count")
    outcome = _("They can log in and read, but not write. They are told the reason.")
    done = ngettext_lazy("Member suspended.", "%(count)d members suspended.", "count")

    def state(self, board: Board | None) -> TargetState:
        return _state(board)

    def is_applicable(self, target: User) -> bool:
        return not target.is_suspended


class LiftSuspension(LiftingAction):
    """Let members write again."""

    entry = LogEntryType(
        "lift-suspension",
        _("lifted a suspension"),
        inverse="suspend-person",
        notifies=True,
        notification=_("Your suspension was lifted."),
    )
    slug = "lift"
    position = 31
    button = _("Lift suspension")
    question = ngettext_lazy(
        "Lift the suspension of this member?",
        "Lift the suspension of these %(count)d members?",
        "count",
    )
    outcome = _("They can write again.")
    done = ngettext_lazy(
        "The member can write again.", "%(count)d members can write again.", "count"
    )

    def state(self, board: Board | None) -> TargetState:
        return _state(board)

    def is_applicable(self, target: User) -> bool:
        return target.is_suspended or target.is_kept(SUSPENSION)


suspend_person = register(SuspendMember())
lift_suspension = register(LiftSuspension())
