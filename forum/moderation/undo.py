"""Undoing an action: everything that it changed, except what a later action has changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict
from forum.models import ModerationAction, ModerationEffect, User
from forum.moderation.audit_log import NewEntry, log_changes
from forum.moderation.branch_transfer import undo_move
from forum.moderation.registry import LOCKS, state_named
from forum.moderation.targets import Target, TargetState, Value
from forum.permissions import can_undo


@dataclass(slots=True)
class Undone:
    """The entry of an undo, and the targets left alone because a later action changed them."""

    action: ModerationAction
    # Targets with the later action; None if the change was not by a moderator.
    kept: list[tuple[Target, ModerationAction | None]] = field(default_factory=list)
    restored: int = 0

    def kept_in_words(self) -> list[str]:
        """Describe the targets left alone, and who changed them."""
        return [
            _("%(target)s was left unchanged: %(name)s has changed it since.")
            % {"target": target, "name": later.actor.username}
            if later
            else _("%(target)s was left unchanged: it has changed since.") % {"target": target}
            for target, later in self.kept
        ]


@dataclass(slots=True)
class _Part:
    """One state of one target that an action changed."""

    state: TargetState
    target: Any
    before: Value
    after: Value
    owner: int | None

    def is_owned_by(self, action: ModerationAction) -> bool:
        return self.owner == action.pk and self.state.read(self.target) == self.after


@retrying_transaction
def undo(
    action: ModerationAction,
    *,
    actor: User,
    reason: str,
    note: str = "",
    member: User | None = None,
) -> Undone:
    """Undo an action; with `member`, only the changes that concern this member.

    Undone twice, it returns the first entry. Raises `NotAllowed`, `Invalid`, `Busy`, and `Conflict`
    when nothing is left to undo.
    """
    can_undo(actor, action).enforce()
    if action.type.topic == "moves":
        return Undone(undo_move(action, actor=actor, reason=reason, note=note), restored=1)
    parts = [part for part in _parts(action) if member is None or _concerns(part.target, member)]
    earlier = ModerationAction.objects.filter(undoes=action).first()
    if earlier is not None:
        return Undone(earlier)
    for part in parts:
        part.state.permission(actor, part.target).enforce()
    owned = [part for part in parts if part.is_owned_by(action)]
    kept = [part for part in parts if not part.is_owned_by(action)]
    later = ModerationAction.objects.select_related("actor").in_bulk(
        {part.owner for part in kept if part.owner and part.owner != action.pk}
    )
    if not owned:
        raise Conflict(_("Nothing can be undone: all of this has changed since."))
    inverse = action.type.inverse
    assert inverse
    is_whole = member is None or len(parts) == action.effects.count()
    entry = NewEntry(inverse, actor, reason, note, undoes=action if is_whole else None)
    record = log_changes(entry, [(part.state, part.target, part.before) for part in owned])
    return Undone(record, [(part.target, later.get(part.owner or 0)) for part in kept], len(owned))


def _parts(action: ModerationAction) -> list[_Part]:
    """Find the changes of an action, with their targets locked and fresh."""
    effects = list(action.effects.all())
    parts = []
    for kind, lock in LOCKS.items():
        mine = {effect.target_id: effect for effect in effects if effect.kind == kind}
        targets = lock(list(mine)) if mine else ()
        keys = {key for effect in mine.values() for key in effect.after}
        owners = {key: ModerationEffect.objects.owners(kind, list(mine), key) for key in keys}
        for target in targets:
            effect = mine[target.pk]
            parts += [
                _Part(
                    state_named(kind, key),
                    target,
                    effect.before[key],
                    after,
                    owners[key].get(target.pk),
                )
                for key, after in effect.after.items()
            ]
    return parts


def _concerns(target: Target, person: User) -> bool:
    return person.pk == (target.pk if isinstance(target, User) else target.author_id)
