"""Pinning a thread: it stays at the top of its board."""

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


def _write_pinned(values: Sequence[tuple[Thread, bool]], action: ModerationAction) -> None:
    for thread, pinned in values:
        thread.pinned_at = action.created_at if pinned else None
        thread.save(update_fields=["pinned_at"])


PINNED = register_state(
    TargetState(
        kind=THREAD.kind,
        key="pinned",
        read=lambda thread: thread.is_pinned,
        write=_write_pinned,
        permission=can_moderate_thread,
    )
)


class PinThread(FixedStateAction[Thread]):
    """Keep a thread at the top of its board."""

    entry = LogEntryType(
        "pin-thread",
        _("pinned a thread"),
        inverse="unpin-thread",
        notifies=True,
        notification=_("Your thread was pinned."),
    )
    kind = THREAD
    slug = "pin"
    position = 14
    button = _("Pin")
    question = ngettext_lazy("Pin this thread?", "Pin these %(count)d threads?", "count")
    outcome = _("It stays at the top of its board.")
    done = ngettext_lazy("Thread pinned.", "%(count)d threads pinned.", "count")
    state = PINNED
    to = True


class UnpinThread(FixedStateAction[Thread]):
    """End the pinning of a thread, so that it is listed by its latest reply again."""

    entry = LogEntryType(
        "unpin-thread",
        _("unpinned a thread"),
        inverse="pin-thread",
        notifies=True,
        notification=_("Your thread was unpinned."),
    )
    kind = THREAD
    slug = "unpin"
    position = 15
    button = _("Unpin")
    question = ngettext_lazy("Unpin this thread?", "Unpin these %(count)d threads?", "count")
    outcome = _("It is sorted by its latest reply again.")
    done = ngettext_lazy("Thread unpinned.", "%(count)d threads unpinned.", "count")
    state = PINNED
    to = False
    is_undo = True


pin_thread = register(PinThread())
unpin_thread = register(UnpinThread())
