"""Locking a thread or a branch: only moderators can reply until it ends."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions.posts import number_changes
from forum.errors import Invalid, UserError
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Post, Thread
from forum.moderation.base import FixedStateAction, Plan, StateAction, T
from forum.moderation.forms import TimeLimitForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import POST, THREAD, TargetState
from forum.moderation.time_limits import TimeLimit, end_of, limit_of, time_limit
from forum.permissions import can_moderate_thread, can_restrict_branch

NewLimits = Sequence[tuple[Post | Thread, Any]]


def save_where_it_shows(values: NewLimits, *fields: str) -> None:
    """Save these fields; live updates then show the changed head of a branch."""
    number_changes([target for target, _value in values if isinstance(target, Post)])
    for target, _value in values:
        numbers = ["changed_number"] if isinstance(target, Post) else []
        target.save(update_fields=[*fields, *numbers])


def is_opening_post(post: Post, value: Any) -> UserError | None:
    """Return the error for treating a whole thread as a branch."""
    if value and post.is_opening:
        return Invalid(gettext("This is the opening post. Do this to the thread instead."))
    return None


def _read_lock(target: Post | Thread) -> TimeLimit | None:
    return limit_of(target.locked_until) if target.is_locked else None


def _write_lock(values: NewLimits, action: ModerationAction) -> None:
    for target, limit in values:
        target.locked_at = action.created_at if limit else None
        target.locked_until = end_of(limit)
        target.locked_action = action if limit else None
    save_where_it_shows(values, "locked_at", "locked_until", "locked_action")


THREAD_LOCKED = register_state(
    TargetState(THREAD.kind, "locked", _read_lock, _write_lock, can_moderate_thread)
)
BRANCH_LOCKED = register_state(
    TargetState(POST.kind, "locked", _read_lock, _write_lock, can_restrict_branch, is_opening_post)
)


class _LockAction(StateAction[T]):
    """The common part of locking a thread and a branch."""

    outcome = _("Only moderators can reply. The reason is shown at the top.")
    form = TimeLimitForm

    def plan(self, targets: Sequence[T], *, until: datetime | None = None) -> Plan:
        return self.set_to(targets, time_limit(until))


class LockThread(_LockAction[Thread]):
    """Let only moderators reply in a thread, for good or until a time."""

    entry = LogEntryType("lock-thread", _("locked a thread"), inverse="unlock-thread")
    kind = THREAD
    slug = "lock"
    position = 10
    button = _("Lock")
    question = ngettext_lazy("Lock this thread?", "Lock these %(count)d threads?", "count")
    done = ngettext_lazy("Thread locked.", "%(count)d threads locked.", "count")
    state = THREAD_LOCKED

    def is_applicable(self, target: Thread) -> bool:
        return not target.is_locked


class UnlockThread(FixedStateAction[Thread]):
    """Let everybody reply in a thread again."""

    entry = LogEntryType("unlock-thread", _("unlocked a thread"), inverse="lock-thread")
    kind = THREAD
    slug = "unlock"
    position = 11
    button = _("Unlock")
    question = ngettext_lazy("Unlock this thread?", "Unlock these %(count)d threads?", "count")
    outcome = _("Everyone can reply again.")
    done = ngettext_lazy("Thread unlocked.", "%(count)d threads unlocked.", "count")
    state = THREAD_LOCKED
    is_undo = True


class LockBranch(_LockAction[Post]):
    """Let only moderators reply below a post, for good or until a time."""

    entry = LogEntryType("lock-branch", _("locked a branch"), inverse="unlock-branch")
    kind = POST
    slug = "lock-branch"
    position = 20
    group = _("Branch")
    button = _("Lock branch")
    question = ngettext_lazy("Lock this branch?", "Lock these %(count)d branches?", "count")
    done = ngettext_lazy("Branch locked.", "%(count)d branches locked.", "count")
    takes_branch = True
    state = BRANCH_LOCKED

    def is_applicable(self, target: Post) -> bool:
        return not target.is_locked and not target.is_opening


class UnlockBranch(FixedStateAction[Post]):
    """Let everybody reply in a branch again."""

    entry = LogEntryType("unlock-branch", _("unlocked a branch"), inverse="lock-branch")
    kind = POST
    slug = "unlock-branch"
    position = 21
    group = _("Branch")
    button = _("Unlock branch")
    question = ngettext_lazy("Unlock this branch?", "Unlock these %(count)d branches?", "count")
    outcome = _("Everyone can reply again.")
    done = ngettext_lazy("Branch unlocked.", "%(count)d branches unlocked.", "count")
    takes_branch = True
    state = BRANCH_LOCKED
    is_undo = True


lock_thread = register(LockThread())
unlock_thread = register(UnlockThread())
lock_branch = register(LockBranch())
unlock_branch = register(UnlockBranch())
