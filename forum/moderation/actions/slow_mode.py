"""Slow mode in a thread or a branch: one post per member in a number of minutes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.errors import Invalid
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Post, Thread
from forum.moderation.actions.locking import NewLimits, is_opening_post, save_where_it_shows
from forum.moderation.base import FixedStateAction, Plan, StateAction, T
from forum.moderation.forms import TimeLimitForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import POST, THREAD, TargetState
from forum.moderation.time_limits import TimeLimit, end_of, limit_of, time_limit
from forum.permissions import can_moderate_thread, can_restrict_branch

LONGEST_WAIT = 24 * 60  # minutes


class SlowMode(TimeLimit):
    """Slow mode in the log; null instead means that it is off."""

    minutes: int


def slow_mode(minutes: int, until: datetime | None) -> SlowMode:
    """Return slow mode for the log; raises `Invalid`."""
    if not 0 < minutes <= LONGEST_WAIT:
        raise Invalid(gettext("Choose between 1 minute and 1 day."))
    return {"minutes": minutes, **time_limit(until)}


def _read_slow_mode(target: Post | Thread) -> SlowMode | None:
    if not target.is_slow or target.slow_minutes is None:
        return None
    return {"minutes": target.slow_minutes, **limit_of(target.slow_until)}


def _write_slow_mode(values: NewLimits, action: ModerationAction) -> None:
    for target, mode in values:
        target.slow_minutes = mode["minutes"] if mode else None
        target.slow_until = end_of(mode)
        target.slow_action = action if mode else None
    save_where_it_shows(values, "slow_minutes", "slow_until", "slow_action")


THREAD_SLOW = register_state(
    TargetState(THREAD.kind, "slow", _read_slow_mode, _write_slow_mode, can_moderate_thread)
)
BRANCH_SLOW = register_state(
    TargetState(
        POST.kind, "slow", _read_slow_mode, _write_slow_mode, can_restrict_branch, is_opening_post
    )
)


class SlowModeForm(TimeLimitForm):
    minutes = forms.IntegerField(
        label=_("Minutes between two posts by the same person"),
        min_value=1,
        max_value=LONGEST_WAIT,
        initial=10,
    )


class _EnableSlowMode(StateAction[T]):
    """The common part of slow mode in a thread and in a branch."""

    outcome = _("Everyone has to wait between two posts. The reason is shown at the top.")
    form = SlowModeForm

    def plan(self, targets: Sequence[T], *, minutes: int, until: datetime | None = None) -> Plan:
        return self.set_to(targets, slow_mode(minutes, until))


class EnableThreadSlowMode(_EnableSlowMode[Thread]):
    """Let each member post once in a number of minutes in a thread."""

    entry = LogEntryType(
        "slow-thread", _("turned slow mode on for a thread"), inverse="hasten-thread"
    )
    kind = THREAD
    slug = "slow"
    position = 12
    button = _("Slow mode")
    question = ngettext_lazy(
        "Turn slow mode on for this thread?",
        "Turn slow mode on for these %(count)d threads?",
        "count",
    )
    done = ngettext_lazy(
        "Slow mode is on for the thread.", "Slow mode is on for %(count)d threads.", "count"
    )
    state = THREAD_SLOW

    def is_applicable(self, target: Thread) -> bool:
        return not target.is_slow


class DisableThreadSlowMode(FixedStateAction[Thread]):
    """End slow mode in a thread."""

    entry = LogEntryType(
        "hasten-thread", _("turned slow mode off for a thread"), inverse="slow-thread"
    )
    kind = THREAD
    slug = "hasten"
    position = 13
    button = _("End slow mode")
    question = ngettext_lazy(
        "End slow mode for this thread?", "End slow mode for these %(count)d threads?", "count"
    )
    outcome = _("People no longer have to wait between two posts.")
    done = ngettext_lazy(
        "Slow mode is off for the thread.", "Slow mode is off for %(count)d threads.", "count"
    )
    state = THREAD_SLOW
    is_undo = True


class EnableBranchSlowMode(_EnableSlowMode[Post]):
    """Let each member post once in a number of minutes in a branch."""

    entry = LogEntryType(
        "slow-branch", _("turned slow mode on for a branch"), inverse="hasten-branch"
    )
    kind = POST
    slug = "slow-branch"
    position = 22
    group = _("Branch")
    button = _("Slow mode for branch")
    question = ngettext_lazy(
        "Turn slow mode on for this branch?",
        "Turn slow mode on for these %(count)d branches?",
        "count",
    )
    done = ngettext_lazy(
        "Slow mode is on for the branch.", "Slow mode is on for %(count)d branches.", "count"
    )
    takes_branch = True
    state = BRANCH_SLOW

    def is_applicable(self, target: Post) -> bool:
        return not target.is_slow and not target.is_opening


class DisableBranchSlowMode(FixedStateAction[Post]):
    """End slow mode in a branch."""

    entry = LogEntryType(
        "hasten-branch", _("turned slow mode off for a branch"), inverse="slow-branch"
    )
    kind = POST
    slug = "hasten-branch"
    position = 23
    group = _("Branch")
    button = _("End slow mode for branch")
    question = ngettext_lazy(
        "End slow mode for this branch?", "End slow mode for these %(count)d branches?", "count"
    )
    outcome = _("People no longer have to wait between two posts.")
    done = ngettext_lazy(
        "Slow mode is off for the branch.", "Slow mode is off for %(count)d branches.", "count"
    )
    takes_branch = True
    state = BRANCH_SLOW
    is_undo = True


enable_thread_slow_mode = register(EnableThreadSlowMode())
disable_thread_slow_mode = register(DisableThreadSlowMode())
enable_branch_slow_mode = register(EnableBranchSlowMode())
disable_branch_slow_mode = register(DisableBranchSlowMode())
