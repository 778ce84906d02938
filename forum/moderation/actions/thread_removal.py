"""Removing a thread: only its author and moderators can still read its title and posts."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions.report_cases import close_reports, reopen_reports_closed_by
from forum.errors import UserError
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Report, Thread
from forum.moderation.base import FixedStateAction
from forum.moderation.branch_transfer import is_gone
from forum.moderation.registry import register, register_state
from forum.moderation.targets import THREAD, TargetState
from forum.permissions import can_remove_thread


def _write_removed(values: Sequence[tuple[Thread, bool]], action: ModerationAction) -> None:
    """Remove or restore threads; the reports on their posts are answered or reopened."""
    for thread, removed in values:
        earlier = thread.removed_action
        thread.removed_at = action.created_at if removed else None
        thread.removed_action = action if removed else None
        thread.save(update_fields=["removed_at", "removed_action"])
        reports = Report.objects.filter(post__thread=thread)
        if removed:
            reported = reports.open().values_list("post", flat=True)
            close_reports(set(reported), Report.Outcome.ACTED, action)
        elif earlier:
            reopen_reports_closed_by(
                earlier, set(reports.filter(action=earlier).values_list("post", flat=True))
            )


def _is_gone(thread: Thread, removed: bool) -> UserError | None:
    return is_gone(thread) if removed and not thread.is_removed else None


REMOVED = register_state(
    TargetState(
        kind=THREAD.kind,
        key="removed",
        read=lambda thread: thread.is_removed,
        write=_write_removed,
        permission=can_remove_thread,
        blocked_by=_is_gone,
    )
)


class RemoveThread(FixedStateAction[Thread]):
    """Hide a thread, with its title and all posts, from everybody but its author and moderators."""

    entry = LogEntryType(
        "remove-thread",
        _("removed a thread"),
        inverse="restore-thread",
        notifies=True,
        notification=_("Your thread was removed."),
        can_be_appealed=True,
    )
    kind = THREAD
    slug = "remove"
    position = 10
    button = _("Remove thread")
    question = ngettext_lazy("Remove this thread?", "Remove these %(count)d threads?", "count")
    outcome = _(
        "The thread and all its posts are hidden. Only moderators and its author can still read "
        "it. Open reports on its posts are closed as handled."
    )
    done = ngettext_lazy("Thread removed.", "%(count)d threads removed.", "count")
    state = REMOVED
    to = True

    def is_applicable(self, target: Thread) -> bool:
        return is_gone(target) is None


class RestoreThread(FixedStateAction[Thread]):
    """Show a removed thread again."""

    entry = LogEntryType(
        "restore-thread",
        _("restored a thread"),
        inverse="remove-thread",
        notifies=True,
        notification=_("Your thread is visible again."),
    )
    kind = THREAD
    slug = "restore"
    position = 11
    button = _("Restore thread")
    question = ngettext_lazy("Restore this thread?", "Restore these %(count)d threads?", "count")
    outcome = _("Everyone can read it again. Posts that were hidden one by one stay hidden.")
    done = ngettext_lazy("Thread restored.", "%(count)d threads restored.", "count")
    state = REMOVED
    to = False
    is_undo = True


remove_thread = register(RemoveThread())
restore_thread = register(RestoreThread())
