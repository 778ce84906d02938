"""The base of every moderation action, and how all of them are carried out.

In one transaction: lock the targets and read them again; sort them into refused, done already and
chosen, by permission and state; check that nothing changed since the page was shown; write one
entry of the log with the exact state before and after; notify.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, UserError
from forum.lib.clock import was_within
from forum.log_entry_types import LogEntryType
from forum.models import Board, ModerationAction, ModerationEffect, User
from forum.models.version_tokens import last_change, version_of, version_with_reports
from forum.models.visibility import Reader
from forum.moderation.audit_log import Change, NewEntry, clean_reason, log_changes
from forum.moderation.forms import ModerationForm
from forum.moderation.targets import Target, TargetKind, TargetState, Value
from forum.permissions import PermissionResult
from forum.presenters import counts

T = TypeVar("T", bound=Target)

# The most targets that one page of confirmation can list.
MAX_SELECTED = 100
# The same action for the same reason within this time is one form, sent twice.
SAME_FORM = timedelta(minutes=10)


@dataclass(slots=True)
class Outcome:
    """The result for several targets; `action` is the entry of the log, if anything was done."""

    action: ModerationAction | None = None
    done: list[Any] = field(default_factory=list)
    # Targets in that state already, with the entry that set it, if the log has one.
    already: list[tuple[Any, ModerationAction | None]] = field(default_factory=list)
    refused: list[tuple[Any, UserError]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes that one run of an action will make; its targets are locked and fresh."""

    targets: Sequence[Any]
    is_done: Callable[[Any], bool]
    changes: Callable[[Any], list[Change]] = lambda _target: []
    # Why a target can't be acted on, whoever asks.
    blocked_by: Callable[[Any], UserError | None] = lambda _target: None
    # The permission when it depends on the form; else that of `Action.permission`.
    permission: Callable[[User, Any], PermissionResult] | None = None
    state: TargetState | None = None  # the one that `is_done` is about
    among: Sequence[Any] = ()  # what may have changed since it was shown, if that is more
    board: Board | None = None  # where it holds, if it is about members

    def changes_of(self, targets: Sequence[Any]) -> list[Change]:
        """Return all changes of these targets: each once, though two branches may overlap."""
        changes = [change for target in targets for change in self.changes(target)]
        return list({(s.kind, s.key, each.pk): (s, each, v) for s, each, v in changes}.values())


def set_state(state: TargetState, targets: Sequence[Any], value: Value) -> Plan:
    """Plan to set one state of these locked targets to `value`."""
    return Plan(
        targets,
        is_done=lambda target: state.read(target) == value,
        changes=lambda target: [(state, target, value)],
        blocked_by=lambda target: state.blocked_by(target, value),
        permission=state.permission,
        state=state,
    )


class Action(ABC, Generic[T]):
    """One kind of moderation action, with everything that is particular to it.

    Subclasses set the attributes below, and each is registered once: `hide_post =
    register(HidePost())`. Calling it with one target returns the entry of the log, or the earlier
    entry when it was done before; `together` takes several targets.
    """

    # Templates read its attributes; without this, Django would call it first.
    do_not_call_in_templates = True

    # The type of its entries in the log: the text there, who is notified, whether it is public.
    entry: LogEntryType
    kind: TargetKind
    slug: str  # its name in addresses: /p/1/hide/

    button: Any
    question: Any  # takes `count`, as `done` does
    outcome: Any
    done: Any

    form: type[ModerationForm] = ModerationForm
    is_for_one = False
    # Taken again, it is a second action; a form sent twice is detected by actor, reason and time.
    is_repeatable = False
    # Reverts an earlier action; if it reverts all of it, the log links the two.
    is_undo = False
    # Is in the menu of posts too: an action on their author.
    is_in_post_menu = False
    # Shows how many posts are in the branches of its targets.
    takes_branch = False
    # Has a button that counts what it would hide, as `describe_hidden` does.
    has_preview = False
    # A token that differs once the targets have changed since they were shown.
    version: Callable[[Sequence[Any]], str] = staticmethod(version_of)
    position = 50  # in menus: the least first
    group: Any = ""  # the heading above it in menus; empty: that of the kind
    is_severe = False  # set apart in menus: nobody presses it by mistake
    is_for_cases = True  # among the actions that a case of the review queue offers
    queue_key = ""  # the key for it in the review queue

    # `plan(targets, **params)` locks the targets and says what is to be changed. Its parameters
    # are the fields that the form adds, so each action has its own.
    plan: Callable[..., Plan]

    @abstractmethod
    def permission(self, actor: Reader, target: T) -> PermissionResult:
        """Return whether `actor` can do it to `target`."""

    def is_applicable(self, target: T) -> bool:
        """Return whether there is anything to do, for menus: not offered otherwise."""
        return True

    def carry_out(self, plan: Plan, chosen: Sequence[T], entry: NewEntry) -> ModerationAction:
        """Change the chosen targets and write the entry."""
        return log_changes(entry, plan.changes_of(chosen), plan.board)

    def initial(self, target: T, reader: Reader) -> dict[str, Any]:
        """Return the form's initial values for a target that is visible to `reader`."""
        return {}

    def describe_extent(self, targets: Sequence[T]) -> str:
        """Describe in numbers how much it concerns."""
        if self.takes_branch:
            return counts.branches(targets)  # type: ignore[arg-type]
        return self.kind.summary(targets)

    def describe_hidden(self, targets: Sequence[T], cleaned: dict[str, Any]) -> str:
        """Describe in numbers what it would hide besides, given the form's values.

        It is not done until a page has shown this.
        """
        return ""

    @property
    def is_reason_public(self) -> bool:
        """Return whether everybody can read the reason, not only the people concerned."""
        return self.entry.is_public

    # -- Carrying it out --------------------------------------------------------------------------

    def __call__(self, target: T, *, actor: User, reason: str, **more: Any) -> ModerationAction:
        """Apply the action to one target; raise `UserError` when that is refused."""
        outcome = self.together([target], actor=actor, reason=reason, **more)
        for _target, error in outcome.refused:
            raise error
        action = outcome.action or next((earlier for _target, earlier in outcome.already), None)
        if action is None:
            raise Conflict(_("There is nothing left to undo."))
        return action

    @retrying_transaction
    def together(
        self,
        targets: Sequence[T],
        *,
        actor: User,
        reason: str,
        note: str = "",
        seen: str | None = None,
        **params: Any,
    ) -> Outcome:
        """Apply the action to every target it can be applied to, with one entry in the log.

        `seen` is the version token that `actor` was shown. Raises `Conflict` when the targets
        have changed since; nothing is done then. Also raises `Invalid` and `Busy`.
        """
        entry = NewEntry(self.entry.name, actor, reason, note)
        return self.run(self.plan(targets, **params), entry, seen)

    def run(self, plan: Plan, entry: NewEntry, seen: str | None = None) -> Outcome:
        """Sort the targets of a plan, check that they have not changed, and carry it out."""
        outcome = Outcome()
        permission = plan.permission or self.permission
        for target in plan.targets:
            if error := permission(entry.actor, target).error:
                outcome.refused.append((target, error))
            elif self.is_repeatable and (sent := self._sent_before(target, entry)):
                outcome.already.append((target, sent))
            elif plan.is_done(target):
                outcome.already.append((target, self._earlier(plan, target)))
            elif error := plan.blocked_by(target):
                outcome.refused.append((target, error))
            else:
                outcome.done.append(target)
        if outcome.done:
            check_not_stale(plan.targets, seen, self.version, plan.among)
            if self.is_undo:
                entry = replace(entry, undoes=find_undone_action(plan.changes_of(outcome.done)))
            outcome.action = self.carry_out(plan, outcome.done, entry)
        return outcome

    def _earlier(self, plan: Plan, target: T) -> ModerationAction | None:
        """Return the entry that set the target's state."""
        if plan.state is None:
            about = ModerationAction.objects.about(self.kind.kind, target.pk)
            return about.filter(act=self.entry.name).first()
        setters = ModerationEffect.objects.owners(self.kind.kind, [target.pk], plan.state.key)
        return ModerationAction.objects.filter(pk=setters.get(target.pk, 0)).first()

    def _sent_before(self, target: T, entry: NewEntry) -> ModerationAction | None:
        """Return the entry that the same form wrote when it was sent first."""
        latest = ModerationAction.objects.about(self.kind.kind, target.pk).first()
        if latest is None or (latest.act, latest.actor_id) != (entry.act, entry.actor.pk):
            return None
        is_recent = was_within(SAME_FORM, latest.created_at)
        return latest if is_recent and latest.reason == clean_reason(entry.reason) else None


class StateAction(Action[T]):
    """An action that sets one state of its targets; `plan` returns the value, from the form."""

    state: TargetState

    def permission(self, actor: Reader, target: T) -> PermissionResult:
        return self.state.permission(actor, target)  # type: ignore[arg-type]

    def set_to(self, targets: Sequence[T], value: Value) -> Plan:
        """Plan to set the state of these to `value`."""
        return set_state(self.state, self.kind.lock([target.pk for target in targets]), value)


class FixedStateAction(StateAction[T]):
    """An action that sets one state of its targets to the value `to`."""

    to: Value = None

    def plan(self, targets: Sequence[T]) -> Plan:
        return self.set_to(targets, self.to)

    def is_applicable(self, target: T) -> bool:
        return self.state.read(target) != self.to


def find_undone_action(changes: Sequence[Change]) -> ModerationAction | None:
    """Return the action that these changes revert as a whole, if there is one."""
    state = changes[0][0]
    ids = [target.pk for _state, target, _value in changes]
    setters = ModerationEffect.objects.owners(state.kind, ids, state.key)
    actions = {setters.get(pk, 0) for pk in ids}
    action = ModerationAction.objects.filter(pk__in=actions, undone_by=None).first()
    if action is None or len(actions) != 1 or action.effects.count() != len(ids):
        return None
    return None if action.effects.exclude(after__has_key=state.key).exists() else action


def check_not_stale(
    targets: Sequence[Any],
    seen: str | None,
    version: Callable[[Sequence[Any]], str] = version_of,
    among: Sequence[Any] = (),
) -> None:
    """Raise `Conflict` when the targets have changed since `seen` was their version.

    `among` are all objects that may have changed, if these are more than the targets.
    """
    if seen is None or seen == version(targets):
        return
    if version is version_with_reports and seen.startswith(f"{version_of(targets)}."):
        raise Conflict(_("A new report just came in. Check again before you decide."))
    found = last_change(among or targets)
    if found is None:
        raise Conflict(
            _("This changed while you were looking at it. Check again before you decide.")
        )
    seconds = max(0, int((timezone.now() - found.at).total_seconds()))
    raise Conflict(
        ngettext(
            "%(name)s changed this %(count)d second ago. Check again before you decide.",
            "%(name)s changed this %(count)d seconds ago. Check again before you decide.",
            seconds,
        )
        % {"name": found.actor, "count": seconds}
    )
