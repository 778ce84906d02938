"""Unlisting a thread: lists leave it out, and whoever has its address can read it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Thread
from forum.moderation.base import FixedStateAction
from forum.moderation.registry import register, register_state
from forum.moderation.targets import THREAD, TargetState
from forum.permissions import can_moderate_thread


def _write_unlisted(values: Sequence[tuple[Thread, bool]], action: ModerationAction) -> None:
    for thread, unlisted in values:
        thread.unlisted_at = action.created_at if unlisted else None
        thread.save(update_fields=["unlisted_at"])


UNLISTED = register_state(
    TargetState(
        kind=THREAD.kind,
        key="unlisted",
        read=lambda thread: thread.is_unlisted,
        write=_write_unlisted,
        permission=can_moderate_thread,
    )
)


class UnlistThread(FixedStateAction[Thread]):
    """Leave a thread out of lists."""

    entry = LogEntryType(
        "unlist-thread",
        _("unlisted a thread"),
        inverse="list-thread",
        notifies=True,
        notification=_("Your thread is no longer listed."),
    )
    kind = THREAD
    slug = "unlist"
    position = 12
    button = _("Unlist")
    question = ngettext_lazy("Unlist this thread?", "Unlist these %(count)d threads?", "count")
    outcome = _("It is left out of lists and search. Links to it keep working.")
    done = ngettext_lazy("Thread unlisted.", "%(count)d threads unlisted.", "count")
    state = UNLISTED
    to = True

    def is_applicable(self, target: Thread) -> bool:
        return not (target.is_unlisted or target.is_removed or target.merged_into_id)


class ListThread(FixedStateAction[Thread]):
    """List an unlisted thread again."""

    entry = LogEntryType(
        "list-thread",
        _("listed a thread again"),
        inverse="unlist-thread",
        notifies=True,
        notification=_("Your thread is listed again."),
    )
    kind = THREAD
    slug = "list"
    position = 13
    button = _("List again")
    question = ngettext_lazy("List this thread?", "List these %(count)d threads?", "count")
    outcome = _("It is shown in its board, on the front page and in search again.")
    done = ngettext_lazy("Thread listed.", "%(count)d threads listed.", "count")
    state = UNLISTED
    to = False
    is_undo = True


unlist_thread = register(UnlistThread())
list_thread = register(ListThread())
