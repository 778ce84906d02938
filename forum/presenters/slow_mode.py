"""What is said of a thread, or of the head of a branch, that is locked or slow."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext

from forum.models import Thread
from forum.models.acts import Act
from forum.presenters.times import Clock
from forum.queries.thread_pages import PostRow


def thread_restrictions(thread: Thread, clock: Clock) -> list[str]:
    """“Locked by carol until 3 Dec, 10:00: going in circles”, one sentence each."""
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
    """Of the branches moved here or away: entries of the log, and words."""
    return [
        (move["id"], f"{MOVE_TEXTS[Act(move['act'])]} {move['reason']}") for move in thread.moves
    ]


MOVE_TEXTS = {
    Act.MOVE_BRANCH: _lazy("A moderator moved a branch here or away:"),
    Act.SPLIT_BRANCH: _lazy("A moderator made a thread of its own of a branch:"),
    Act.MERGE_THREAD: _lazy("A moderator merged another thread with this one:"),
    Act.UNMERGE_THREAD: _lazy("A moderator took a merge back:"),
}


def branch_restrictions(row: PostRow, clock: Clock) -> list[str]:
    """The same of a branch, at its head."""
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
    told = (
        _("Locked by %(name)s until %(end)s: %(reason)s")
        if end
        else _("Locked by %(name)s: %(reason)s")
    )
    return told % {"name": name, "end": end, "reason": reason or ""}


def _slow(minutes: int, end: str, reason: str | None) -> str:
    pace = ngettext(
        "one post a person in %(count)d minute", "one post a person in %(count)d minutes", minutes
    )
    told = _("Slow until %(end)s, %(pace)s: %(reason)s") if end else _("Slow, %(pace)s: %(reason)s")
    return told % {"pace": pace % {"count": minutes}, "end": end, "reason": reason or ""}
