"""How acts are carried out: on one target or many, in one transaction, with one record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Concatenate, Generic, ParamSpec, Required, TypedDict, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.records import Concerned, Effect, clean_reason, close_record, open_record
from forum.actions.states import LOCKS, State, Target, Value, kind_of
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, UserError
from forum.lib.clock import was_within
from forum.models import Board, ModerationAction, ModerationEffect, User
from forum.models.version_tokens import last_change, reports_stamp_of, stamp_of

T = TypeVar("T")
P = ParamSpec("P")

# The same act for the same reason again so soon is the same form, sent twice.
SAME_FORM = timedelta(minutes=10)


class How(TypedDict, total=False):
    """What every act is given besides its targets."""

    actor: Required[User]
    reason: Required[str]
    note: str  # for moderators only
    seen: str | None  # the stamp of the targets that `actor` was shown


@dataclass(slots=True)
class Outcome:
    """What became of one act on several targets; `action` is its record, if anything was done."""

    action: ModerationAction | None = None
    done: list[Target] = field(default_factory=list)
    # What was so before, with the record that made it so, if the log has one.
    already: list[tuple[Target, ModerationAction | None]] = field(default_factory=list)
    refused: list[tuple[Target, UserError]] = field(default_factory=list)


class Several(Generic[T, P]):
    """An act of moderators on several targets, that can be called with one of them as well.

    Called with one it returns the record, the earlier one when there was nothing left to do, and
    raises what refuses it. `together` there is one record for all that could be done.
    """

    def __init__(self, run: Callable[Concatenate[Sequence[T], P], Outcome]) -> None:
        self.together = retrying_transaction(run)
        self.__doc__ = run.__doc__
        self.__name__ = run.__name__

    def __call__(self, target: T, *args: P.args, **kwargs: P.kwargs) -> ModerationAction:
        outcome = self.together([target], *args, **kwargs)
        for _target, error in outcome.refused:
            raise error
        action = outcome.action or next((earlier for _target, earlier in outcome.already), None)
        if action is None:
            raise Conflict(_("There is nothing to undo here any more."))
        return action


class Single:
    """An act of moderators on one target at a time, offered as `Several` are.

    The same act once more, by the same person and for the same reason, is the same form sent twice.
    """

    def __init__(
        self,
        act: str,
        run: Callable[..., ModerationAction],
        name: str = "",
        is_of: Callable[[ModerationAction, Any], bool] = lambda _action, _target: True,
    ) -> None:
        self.act = act
        self.run = run
        self.__name__ = name or run.__name__
        # Whether a record about the target has it as what was acted on, not only as the place.
        self.is_of = is_of

    def together(
        self,
        targets: Sequence[Any],
        *,
        actor: User,
        reason: str,
        note: str = "",
        seen: str | None = None,
        **what: Any,
    ) -> Outcome:
        """As with `Several`; `targets` is one, and nothing but a refusal leaves it undone."""
        (target,) = targets
        latest = ModerationAction.objects.about(kind_of(target), target.pk).first()
        if latest and self._is_same(latest, target, actor, reason):
            return Outcome(already=[(target, latest)])
        check_seen([type(target)._default_manager.get(pk=target.pk)], seen)
        action = self.run(target, actor=actor, reason=reason, note=note, **what)
        return Outcome(action, done=[target])

    def _is_same(self, latest: ModerationAction, target: Any, actor: User, reason: str) -> bool:
        if (latest.act, latest.actor_id) != (self.act, actor.pk):
            return False
        is_recent = was_within(SAME_FORM, latest.created_at)
        return is_recent and latest.reason == clean_reason(reason) and self.is_of(latest, target)


def change(
    act: str,
    state: State,
    targets: Sequence[Target],
    value: Value,
    *,
    actor: User,
    reason: str,
    note: str = "",
    seen: str | None = None,
    takes_back: bool = False,
) -> Outcome:
    """Set a state of all these targets to `value`, as far as `actor` may; one record.

    `seen` is the stamp of the targets that `actor` was shown. Raises `Conflict` when they have
    changed since; nothing is done. What `takes_back` the whole of an earlier act points to it.
    """
    outcome = Outcome()
    fresh = LOCKS[state.kind]([target.pk for target in targets])
    chosen: list[Target] = []
    owners = ModerationEffect.objects.owners(state.kind, [each.pk for each in fresh], state.key)
    for target in fresh:
        permission = state.may(actor, target)
        if not permission and permission.error:
            outcome.refused.append((target, permission.error))
        elif state.read(target) == value:
            outcome.already.append((target, record_of(owners.get(target.pk))))
        elif error := state.hinders(target, value):
            outcome.refused.append((target, error))
        else:
            chosen.append(target)
    if chosen:
        check_seen(fresh, seen, state.stamp)
        outcome.done = chosen
        outcome.action = write(
            act,
            [(state, [(target, value) for target in chosen])],
            actor=actor,
            reason=reason,
            note=note,
            undoes=whole_of(state, owners, chosen) if takes_back else None,
        )
    return outcome


def write(
    act: str,
    changes: Sequence[tuple[State, Sequence[tuple[Any, Value]]]],
    *,
    actor: User,
    reason: str,
    note: str = "",
    undoes: ModerationAction | None = None,
    board: Board | None = None,
) -> ModerationAction:
    """Set these states and write the one record of it; the targets are locked by the caller.

    `board` is where it holds, if it is about members.
    """
    before = {
        (state.kind, target.pk, state.key): state.read(target)
        for state, values in changes
        for target, _value in values
    }
    concerned = Concerned.actor([(kind, pk, {}, {}) for kind, pk, _key in before])
    if board is not None:
        concerned.boards.add(board.pk)
    action = open_record(
        act, actor=actor, reason=reason, note=note, undoes=undoes, concerned=concerned
    )
    effects: dict[tuple[str, int], Effect] = {}
    for state, values in changes:
        state.write(values, action)
        for target, _value in values:
            place = (state.kind, target.pk)
            effect = effects.setdefault(place, (*place, {}, {}))
            effect[2][state.key] = before[(*place, state.key)]
            effect[3][state.key] = state.read(target)
    close_record(action, list(effects.values()), concerned)
    return action


def record_of(action_id: int | None) -> ModerationAction | None:
    return ModerationAction.objects.filter(pk=action_id).first() if action_id else None


def whole_of(
    state: State, owners: dict[int, int], targets: Sequence[Any]
) -> ModerationAction | None:
    """The act that this one takes back as a whole, if it does."""
    actions = {owners.get(target.pk, 0) for target in targets}
    action = ModerationAction.objects.filter(pk__in=actions, undone_by=None).first()
    if action is None or len(actions) != 1 or action.effects.count() != len(targets):
        return None
    return None if action.effects.exclude(after__has_key=state.key).exists() else action


def check_seen(
    targets: Sequence[Any],
    seen: str | None,
    stamp: Callable[[Sequence[Any]], str] = stamp_of,
    among: Sequence[Any] = (),
) -> None:
    """Raise `Conflict` when `targets` are not as they were when `seen` was their stamp.

    `among` is what may have been changed, if that is more.
    """
    if seen is None or seen == stamp(targets):
        return
    if seen.startswith(f"{stamp_of(targets)}.") and stamp is reports_stamp_of:
        raise Conflict(_("Somebody reported this meanwhile. Look again before you decide."))
    found = last_change(among or targets)
    if found is None:
        raise Conflict(_("This was changed while you looked at it. Look again before you decide."))
    seconds = max(0, int((timezone.now() - found.at).total_seconds()))
    raise Conflict(
        ngettext(
            "%(name)s changed this %(count)d second ago. Look again before you decide.",
            "%(name)s changed this %(count)d seconds ago. Look again before you decide.",
            seconds,
        )
        % {"name": found.actor, "count": seconds}
    )
