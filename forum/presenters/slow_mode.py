"""Banners of a thread, or of a branch, that is locked or in slow mode."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forum.log_entry_types import entry_type
from forum.models import Thread
from forum.presenters.times import Clock
from forum.queries.thread_pages import PostRow


def thread_restrictions(thread: Thread, clock: Clock) -> list[str]:
    """Return “Locked by carol until 3 Dec, 10:00: going in circles”, one sentence for each."""
    said = []
    if thread.is_locked and thread.locked_action:
        action = thread.locked_action
        end = clock.moment(thread.locked_until) if thread.locked_until else ""
        said.append(_locked(action.actor.username, end, action.reason))
    if thread.is_slow and thread.slow_minutes and thread.slow_action:
        end = clock.moment(thread.slow_until) if thread.slow_until else ""
        said.append(_slow(thread.slow_minutes, end, thread.slow_action.reason))
    return said


def describe_moves(thread: Thread) -> list[tuple[int, str]]:
    """Return the entries of the log about branches moved here or away, in words."""
    words = _("A moderator %(did)s: %(reason)s")
    return [
        (move["id"], words % {"did": entry_type(move["act"]).past_tense, "reason": move["reason"]})
        for move in thread.moves
    ]


def branch_restrictions(row: PostRow, clock: Clock) -> list[str]:
    """Return the same for a branch, at its head."""
    said = []
    now = timezone.now()
    if row.locked_at and not (row.locked_until and row.locked_until <= now):
        end = clock.moment(row.locked_until) if row.locked_until else ""
        said.append(_("This branch:") + " " + _locked(row.locked_by or "", end, row.locked_reason))
    if row.slow_minutes and not (row.slow_until and row.slow_until <= now):
        end = clock.moment(row.slow_until) if row.slow_until else ""
        said.append(_("This branch:") + " " + _slow(row.slow_minutes, end, row.slow_reason))
    return said


def _locked(name: str, end: str, reason: str | None) -> str:
    message = (
        _("Locked until %(end)s. Reason: %(reason)s") if end else _("Locked. Reason: %(reason)s")
    )
    return message % {"name": name, "end": end, "reason": reason or ""}


def _slow(minutes: int, end: str, reason: str | None) -> str:
    if end:
        words = ngettext(
            "Slow mode until %(end)s, one post per person every minute. Reason: %(reason)s",
            "Slow mode until %(end)s, one post per person every %(count)d minutes. Reason: "
            "%(reason)s",
            minutes,
        )
    else:
        words = ngettext(
            "Slow mode, one post per person every minute. Reason: %(reason)s",
            "Slow mode, one post per person every %(count)d minutes. Reason: %(reason)s",
            minutes,
        )
    return words % {"count": minutes, "end": end, "reason": reason or ""}
