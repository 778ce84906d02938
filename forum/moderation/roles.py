"""Appointing and dismissing moderators and administrators, for administrators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict
from forum.log_entry_types import LogEntryType, register_type
from forum.models import Board, ModerationAction, Role, User
from forum.moderation.audit_log import NewEntry, log_changes
from forum.moderation.registry import register_state
from forum.moderation.targets import MEMBER, TargetState, lock_people
from forum.permissions import can_configure


class RoleValue(TypedDict):
    """A role, as the log stores it."""

    kind: str
    board: int | None  # null: the whole site


def roles_of(person: User) -> list[RoleValue]:
    """Return a member's roles, in a fixed order."""
    roles = person.role_assignments.order_by("kind", "board")
    return [{"kind": role.kind, "board": role.board_id} for role in roles]


def _write(values: Sequence[tuple[User, list[RoleValue]]], _action: ModerationAction) -> None:
    for person, wanted in values:
        _check(person, wanted)
        kept = [role for role in roles_of(person) if role in wanted]
        for role in person.role_assignments.all():
            if {"kind": role.kind, "board": role.board_id} not in kept:
                role.delete()
        for value in wanted:
            if value not in kept:
                person.role_assignments.create(kind=value["kind"], board_id=value["board"])


def _check(person: User, wanted: Sequence[RoleValue]) -> None:
    """Raise `Conflict` if a board is gone, or no administrator would be left."""
    boards = {value["board"] for value in wanted if value["board"] is not None}
    if Board.objects.filter(pk__in=boards).count() < len(boards):
        raise Conflict(_("A board of these roles no longer exists."))
    administrators = Role.objects.filter(kind=Role.Kind.ADMINISTRATOR)
    is_one = any(value["kind"] == Role.Kind.ADMINISTRATOR for value in wanted)
    if not is_one and not administrators.exclude(person=person).exists():
        raise Conflict(_("The site needs at least one administrator. Appoint another one first."))


ROLES = register_state(
    TargetState(
        MEMBER.kind,
        "roles",
        roles_of,
        _write,
        permission=lambda actor, _person: can_configure(actor),
    )
)
APPOINT = register_type(
    LogEntryType(
        "set-roles",
        gettext_lazy("changed the roles of a member"),
        inverse="set-roles",
        notifies=True,
        notification=gettext_lazy("Your roles were changed."),
        is_public=False,
    )
)


@retrying_transaction
def set_roles(
    person: User, roles: Sequence[RoleValue], *, actor: User, reason: str = ""
) -> ModerationAction | None:
    """Give a member exactly these roles; return None when they have them. Inverse: `undo`.

    Raises `NotAllowed`, `Busy`, and `Conflict` when no administrator would be left.
    """
    can_configure(actor).enforce()
    (person,) = lock_people([person.pk])
    wanted = sorted(roles, key=lambda role: (role["kind"], role["board"] or 0))
    if sorted(roles_of(person), key=lambda role: (role["kind"], role["board"] or 0)) == wanted:
        return None
    why = reason or _("Changed by an administrator")
    return log_changes(NewEntry(APPOINT.name, actor, why), [(ROLES, person, wanted)])
