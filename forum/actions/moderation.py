"""Keeping order. Every act gives a reason, writes one record to the log, and has its inverse.

An act that is already done does nothing and returns the record that did it. Each can be called
with one target, or `together` with several. They raise `NotAllowed`, `Invalid`, `Gone`, `Busy`,
and `Changed` when a target is not as it was when `seen` was its stamp.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change
from forum.actions.states import HIDDEN, LOCKED, PINNED, SUSPENDED
from forum.models import Post, Thread, User
from forum.models.acts import Act
from forum.refusals import Invalid


@Several
def hide_post(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Put a tombstone in the place of a post; its replies stay. Inverse: `unhide_post`."""
    return change(Act.HIDE_POST, HIDDEN, posts, True, **how)


@Several
def unhide_post(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Show a hidden post again. Inverse: `hide_post`."""
    return change(Act.UNHIDE_POST, HIDDEN, posts, False, takes_back=True, **how)


@Several
def lock_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """Nobody but moderators answers in the thread any more. Inverse: `unlock_thread`."""
    return change(Act.LOCK_THREAD, LOCKED, threads, True, **how)


@Several
def unlock_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """The thread can be answered in again. Inverse: `lock_thread`."""
    return change(Act.UNLOCK_THREAD, LOCKED, threads, False, takes_back=True, **how)


@Several
def pin_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """Keep the thread at the head of its board. Inverse: `unpin_thread`."""
    return change(Act.PIN_THREAD, PINNED, threads, True, **how)


@Several
def unpin_thread(threads: Sequence[Thread], **how: Unpack[How]) -> Outcome:
    """List the thread by its latest reply again. Inverse: `pin_thread`."""
    return change(Act.UNPIN_THREAD, PINNED, threads, False, takes_back=True, **how)


@Several
def suspend_person(
    people: Sequence[User], *, until: datetime | None = None, **how: Unpack[How]
) -> Outcome:
    """This person can read, but not write, until then (or until lifted).

    Suspended again, the new end holds. Inverse: `lift_suspension`.
    """
    if until is not None and until <= timezone.now():
        raise Invalid(_("A suspension ends in the future."))
    value = {"until": until.isoformat() if until else None}
    return change(Act.SUSPEND_PERSON, SUSPENDED, people, value, **how)


@Several
def lift_suspension(people: Sequence[User], **how: Unpack[How]) -> Outcome:
    """This person can write again. Inverse: `suspend_person`."""
    return change(Act.LIFT_SUSPENSION, SUSPENDED, people, None, takes_back=True, **how)
