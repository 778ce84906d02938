"""Warning a member: only the member is notified, and nothing else changes."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType, register_type
from forum.models import Board, User
from forum.models.visibility import Reader
from forum.moderation.base import Action, Plan
from forum.moderation.forms import WhereForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import MEMBER, TargetState, lock_people
from forum.permissions import PermissionResult, can_sanction, can_sanction_in

WARNED = register_state(
    TargetState(
        kind=MEMBER.kind,
        key="warned",
        read=lambda _person: None,  # nothing but the entry tells of it
        write=lambda _values, _action: None,
        permission=can_sanction,
    )
)

RETRACT_WARNING = register_type(
    LogEntryType(
        "retract-warning",
        _("withdrew a warning"),
        inverse="warn-person",
        notifies=True,
        notification=_("A warning was withdrawn."),
        is_public=False,
    )
)


class WarnMember(Action[User]):
    """Warn a member, with a reason."""

    entry = LogEntryType(
        "warn-person",
        _("warned a member"),
        inverse="retract-warning",
        notifies=True,
        notification=_("You were warned."),
        is_public=False,  # between moderators and one member
        can_be_appealed=True,
    )
    kind = MEMBER
    slug = "warn"
    position = 11
    button = _("Warn")
    question = ngettext_lazy("Warn this member?", "Warn these %(count)d members?", "count")
    outcome = _("Only they are told the reason. Nothing else changes.")
    done = ngettext_lazy("Member warned.", "%(count)d members warned.", "count")
    form = WhereForm
    is_for_one = True
    is_repeatable = True

    def permission(self, actor: Reader, target: User) -> PermissionResult:
        return can_sanction(actor, target)

    def plan(self, targets: Sequence[User], *, board: Board | None = None) -> Plan:
        return Plan(
            lock_people([person.pk for person in targets]),
            is_done=lambda _person: False,
            changes=lambda person: [(WARNED, person, None)],
            permission=lambda actor, person: can_sanction_in(actor, person, board),
            board=board,
        )


warn_person = register(WarnMember())
