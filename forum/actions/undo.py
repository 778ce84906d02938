"""Taking an act back: exactly what it changed, but for what a later act changed since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from forum.actions import moves
from forum.actions.acts import write
from forum.actions.catalogue import LOCKS, state_of
from forum.actions.states import State, Target, Value
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict
from forum.models import ModerationAction, ModerationEffect, User
from forum.models.acts import MOVES, rule_of
from forum.permissions import can_undo


@dataclass(slots=True)
class Undone:
    """What undoing did: its record, and what stays since somebody changed it later."""

    action: ModerationAction
    # Targets, and by which later act; None when it was no moderator's.
    kept: list[tuple[Target, ModerationAction | None]] = field(default_factory=list)
    restored: int = 0


@dataclass(slots=True)
class _Part:
    """One state of one target that an act changed."""

    state: State
    target: Any
    before: Value
    after: Value
    owner: int | None

    def is_owned_by(self, action: ModerationAction) -> bool:
        return self.owner == action.pk and self.state.read(self.target) == self.after


@retrying_transaction
def undo(
    action: ModerationAction, *, actor: User, reason: str, note: str = "", of: User | None = None
) -> Undone:
    """Set back what an act changed; `of` one person only what concerns them.

    Undone twice, the first record is returned. Raises `NotAllowed`, `Invalid`, `Busy`, and
    `Conflict` when nothing is left of what it did.
    """
    can_undo(actor, action).enforce()
    if action.act in MOVES:
        return Undone(moves.undo_move(action, actor=actor, reason=reason, note=note), restored=1)
    parts = [part for part in _parts(action) if of is None or _concerns(part.target, of)]
    earlier = ModerationAction.objects.filter(undoes=action).first()
    if earlier is not None:
        return Undone(earlier)
    for part in parts:
        part.state.may(actor, part.target).enforce()
    owned = [part for part in parts if part.is_owned_by(action)]
    kept = [part for part in parts if not part.is_owned_by(action)]
    later = ModerationAction.objects.select_related("actor").in_bulk(
        {part.owner for part in kept if part.owner and part.owner != action.pk}
    )
    if not owned:
        raise Conflict(_("Nothing is left of it: all of this was changed again since."))
    inverse = rule_of(action.act).inverse
    assert inverse
    record = write(
        inverse,
        _changes(owned),
        actor=actor,
        reason=reason,
        note=note,
        undoes=action if of is None or len(parts) == action.effects.count() else None,
    )
    return Undone(record, [(part.target, later.get(part.owner or 0)) for part in kept], len(owned))


def _parts(action: ModerationAction) -> list[_Part]:
    """What the act changed, with the targets as they are now, locked."""
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
                    state_of(kind, key),
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


def _changes(parts: Iterable[_Part]) -> Sequence[tuple[State, list[tuple[Any, Value]]]]:
    by_state: dict[str, tuple[State, list[tuple[Any, Value]]]] = {}
    for part in parts:
        name = f"{part.state.kind} {part.state.key}"
        by_state.setdefault(name, (part.state, []))[1].append((part.target, part.before))
    return list(by_state.values())
