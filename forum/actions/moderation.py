"""Keeping order. Every act gives a reason, writes one record to the log, and has its inverse.

An act that is already done does nothing and returns the record that did it. Each can be called
with one target, or `together` with several. They raise `NotAllowed`, `Invalid`, `Gone`, `Busy`,
and `Changed` when a target is not as it was when `seen` was its stamp.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change
from forum.actions.sanctions import lift_suspension, suspend_person
from forum.actions.states import (
    BRANCH_LOCKED,
    BRANCH_SLOW,
    HIDDEN,
    LOCKED,
    PINNED,
    SLOW,
    TITLE,
)
from forum.actions.threads import clean_title
from forum.errors import Invalid
from forum.models import Post, Thread
from forum.models.acts import Act

__all__ = [
    "LONGEST_PACE",
    "hasten_branch",
    "hasten_thread",
    "hide_post",
    "lift_suspension",
    "lock_branch",
    "lock_thread",
    "pin_thread",
    "retitle_thread",
    "slow_branch",
    "slow_thread",
    "suspend_person",
    "unhide_post",
    "unlock_branch",
    "unlock_thread",
    "unpin_thread",
]

LONGEST_PACE = 24 * 60  # minutes


@Several
def hide_post(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Put a tombstone in the place of a post; its replies stay. Inverse: `unhide_post`."""
    return change(Act.HIDE_POST, HIDDEN, posts, True, **how)


@Several
def unhide_post(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Show a hidden post again. Inverse: `hide_post`."""
    return change(Act.UNHIDE_POST, HIDDEN, posts, False, takes_back=True, **how)


@Several
def lock_branch(
    posts: Sequence[Post], *, until: datetime | None = None, **how: Unpack[How]
) -> Outcome:
    """Nobody but moderators answers below this post until then. Inverse: `unlock_branch`."""
    return change(Act.LOCK_BRANCH, BRANCH_LOCKED, posts, {"until": _end(until)}, **how)


@Several
def unlock_branch(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """The branch can be answered in again. Inverse: `lock_branch`."""
    return change(Act.UNLOCK_BRANCH, BRANCH_LOCKED, posts, None, takes_back=True, **how)


@Several
def slow_branch(
    posts: Sequence[Post], *, minutes: int, until: datetime | None = None, **how: Unpack[How]
) -> Outcome:
    """One post a person in so many minutes below this one. Inverse: `hasten_branch`."""
    return change(Act.SLOW_BRANCH, BRANCH_SLOW, posts, _pace(minutes, until), **how)


@Several
def hasten_branch(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """The branch goes at its own pace again. Inverse: `slow_branch`."""
    return change(Act.HASTEN_BRANCH, BRANCH_SLOW, posts, None, takes_back=True, **how)


@Several
def lock_thread(
    threads: Sequence[Thread], *, until: datetime | None = None, **how: Unpack[How]
) -> Outcome:
    """Nobody but moderators answers in the thread until then. Inverse: `unlock_thread`."""
    return change(Act.LOCK_THREAD, LOCKED, threads, {"until": _end(until)}, **how)


@Several
def unlock_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """The thread can be answered in again. Inverse: `lock_thread`."""
    return change(Act.UNLOCK_THREAD, LOCKED, threads, None, takes_back=True, **how)


@Several
def slow_thread(
    threads: Sequence[Thread], *, minutes: int, until: datetime | None = None, **how: Unpack[How]
) -> Outcome:
    """One post a person in so many minutes in this thread. Inverse: `hasten_thread`."""
    return change(Act.SLOW_THREAD, SLOW, threads, _pace(minutes, until), **how)


@Several
def hasten_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """The thread goes at its own pace again. Inverse: `slow_thread`."""
    return change(Act.HASTEN_THREAD, SLOW, threads, None, takes_back=True, **how)


def _pace(minutes: int, until: datetime | None) -> dict[str, Any]:
    if not 0 < minutes <= LONGEST_PACE:
        raise Invalid(_("Choose between 1 minute and a day."))
    return {"minutes": minutes, "until": _end(until)}


def _end(until: datetime | None) -> str | None:
    if until is not None and until <= timezone.now():
        raise Invalid(_("It ends in the future."))
    return until.isoformat() if until else None


@Several
def retitle_thread(threads: Sequence[Thread], *, title: str, **how: Unpack[How]) -> Outcome:
    """Give a thread another title; its old address leads to it. Inverse: `undo`."""
    return change(Act.RETITLE_THREAD, TITLE, threads, clean_title(title), **how)


@Several
def pin_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """Keep the thread at the head of its board. Inverse: `unpin_thread`."""
    return change(Act.PIN_THREAD, PINNED, threads, True, **how)


@Several
def unpin_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """List the thread by its latest reply again. Inverse: `pin_thread`."""
    return change(Act.UNPIN_THREAD, PINNED, threads, False, takes_back=True, **how)
