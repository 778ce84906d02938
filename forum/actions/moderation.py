"""Keeping order. Every deed gives a reason, writes one record to the log, and has its inverse.

A deed that is already done does nothing and returns the record that did it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.cases import close_reports
from forum.actions.posts import count_in, count_out, lock_thread_of, number_change
from forum.actions.transactions import deed
from forum.lib.text import clean_source, is_blank
from forum.models import ModerationAction, ModerationEffect, Post, Report, Thread, User
from forum.permissions import may_moderate, may_suspend
from forum.refusals import Busy, Changed, Gone, Invalid, Refusal

Target = Post | Thread | User
Act = ModerationAction.Act
Kind = ModerationEffect.Kind


def record(
    act: str,
    *,
    by: User,
    reason: str,
    note: str = "",
    batch: UUID | None = None,
    undoes: ModerationAction | None = None,
    effects: list[tuple[str, int, dict[str, Any], dict[str, Any]]],
) -> ModerationAction:
    """Write one record: who, what, why, and for each target its state before and after.

    Raises `Invalid` without a reason.
    """
    reason = " ".join(clean_source(reason).split())
    if is_blank(reason):
        raise Invalid(_("Please give a reason; the people concerned will read it."))
    longest = ModerationAction._meta.get_field("reason").max_length or 0
    if len(reason) > longest:
        raise Invalid(_("A reason has at most %(most)d characters.") % {"most": longest})
    action = ModerationAction.objects.create(
        actor=by, act=act, reason=reason, note=note, batch=batch, undoes=undoes
    )
    ModerationEffect.objects.bulk_create(
        ModerationEffect(action=action, kind=kind, target_id=target, before=before, after=after)
        for kind, target, before, after in effects
    )
    return action


@deed
def hide_post(
    post: Post, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """Put a tombstone in the place of a post; its replies stay. Inverse: `unhide_post`."""
    post = _locked_post(post, by)
    if post.is_deleted:
        raise Gone(_("This post was deleted by its author."))
    if post.hidden_action:
        return post.hidden_action
    action = record(
        Act.HIDE_POST,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        effects=[(Kind.POST, post.pk, {"hidden": False}, {"hidden": True})],
    )
    post.hidden_at, post.hidden_action = action.created_at, action
    number_change(post)
    post.save(update_fields=["hidden_at", "hidden_action", "changed_number"])
    count_out(post)
    close_reports([post.pk], Report.Outcome.ACTED, action)
    return action


@deed
def unhide_post(
    post: Post, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """Show a hidden post again. Inverse: `hide_post`."""
    post = _locked_post(post, by)
    if not post.hidden_action:
        return latest(Act.UNHIDE_POST, Kind.POST, post.pk)
    action = record(
        Act.UNHIDE_POST,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        undoes=post.hidden_action,
        effects=[(Kind.POST, post.pk, {"hidden": True}, {"hidden": False})],
    )
    post.hidden_at, post.hidden_action = None, None
    number_change(post)
    post.save(update_fields=["hidden_at", "hidden_action", "changed_number"])
    if not post.is_deleted:
        count_in(post)
    return action


def _locked_post(post: Post, by: User) -> Post:
    thread = lock_thread_of(post.pk)
    post = Post.objects.select_related("hidden_action").get(pk=post.pk)
    post.thread = thread
    may_moderate(by, thread.board).enforce()
    return post


def latest(act: str, kind: str, target_id: int) -> ModerationAction:
    """The last record of this act on this target; raises `Changed` when there is none."""
    action = ModerationAction.objects.filter(
        act=act, effects__kind=kind, effects__target_id=target_id
    ).first()
    if action is None:
        raise Changed(_("There is nothing to undo here any more."))
    return action


@deed
def lock_thread(
    thread: Thread, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """Nobody but moderators answers in the thread any more. Inverse: `unlock_thread`."""
    thread = _locked_thread(thread, by)
    if thread.locked_action:
        return thread.locked_action
    action = record(
        Act.LOCK_THREAD,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        effects=[(Kind.THREAD, thread.pk, {"locked": False}, {"locked": True})],
    )
    thread.locked_at, thread.locked_action = action.created_at, action
    thread.save(update_fields=["locked_at", "locked_action"])
    return action


@deed
def unlock_thread(
    thread: Thread, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """The thread can be answered in again. Inverse: `lock_thread`."""
    thread = _locked_thread(thread, by)
    if not thread.locked_action:
        return latest(Act.UNLOCK_THREAD, Kind.THREAD, thread.pk)
    action = record(
        Act.UNLOCK_THREAD,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        undoes=thread.locked_action,
        effects=[(Kind.THREAD, thread.pk, {"locked": True}, {"locked": False})],
    )
    thread.locked_at, thread.locked_action = None, None
    thread.save(update_fields=["locked_at", "locked_action"])
    return action


@deed
def pin_thread(
    thread: Thread, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """Keep the thread at the head of its board. Inverse: `unpin_thread`."""
    return _set_pinned(thread, True, by=by, reason=reason, note=note, batch=batch)


@deed
def unpin_thread(
    thread: Thread, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """List the thread by its latest reply again. Inverse: `pin_thread`."""
    return _set_pinned(thread, False, by=by, reason=reason, note=note, batch=batch)


def _set_pinned(
    thread: Thread, pinned: bool, *, by: User, reason: str, note: str, batch: UUID | None
) -> ModerationAction:
    thread = _locked_thread(thread, by)
    act = Act.PIN_THREAD if pinned else Act.UNPIN_THREAD
    if thread.is_pinned == pinned:
        return latest(act, Kind.THREAD, thread.pk)
    action = record(
        act,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        effects=[(Kind.THREAD, thread.pk, {"pinned": not pinned}, {"pinned": pinned})],
    )
    thread.pinned_at = action.created_at if pinned else None
    thread.save(update_fields=["pinned_at"])
    return action


def _locked_thread(thread: Thread, by: User) -> Thread:
    thread = Thread.objects.locked(thread.pk)
    may_moderate(by, thread.board).enforce()
    return thread


@deed
def suspend_person(
    person: User,
    *,
    by: User,
    reason: str,
    until: datetime | None = None,
    note: str = "",
    batch: UUID | None = None,
) -> ModerationAction:
    """This person can read, but not write, until then (or until lifted).

    Inverse: `lift_suspension`. Raises `Changed` when a suspension with another end is in force.
    """
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    may_suspend(by, person).enforce()
    if until is not None and until <= timezone.now():
        raise Invalid(_("A suspension ends in the future."))
    if person.is_suspended and person.suspended_action:
        if until != person.suspended_until:
            raise Changed(_("This member is suspended already; lift that first."))
        return person.suspended_action
    action = record(
        Act.SUSPEND_PERSON,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        effects=[
            (
                Kind.PERSON,
                person.pk,
                {"suspended": False},
                {"suspended": True, "until": until.isoformat() if until else None},
            )
        ],
    )
    person.suspended_at, person.suspended_until = action.created_at, until
    person.suspended_action = action
    person.save(update_fields=["suspended_at", "suspended_until", "suspended_action"])
    return action


@deed
def lift_suspension(
    person: User, *, by: User, reason: str, note: str = "", batch: UUID | None = None
) -> ModerationAction:
    """This person can write again. Inverse: `suspend_person`."""
    person = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    may_suspend(by, person).enforce()
    if not person.suspended_action:
        return latest(Act.LIFT_SUSPENSION, Kind.PERSON, person.pk)
    action = record(
        Act.LIFT_SUSPENSION,
        by=by,
        reason=reason,
        note=note,
        batch=batch,
        undoes=person.suspended_action,
        effects=[(Kind.PERSON, person.pk, {"suspended": True}, {"suspended": False})],
    )
    person.suspended_at = person.suspended_until = person.suspended_action = None
    person.save(update_fields=["suspended_at", "suspended_until", "suspended_action"])
    return action


@dataclass(slots=True)
class Outcome:
    """What became of one deed on several targets."""

    done: list[Target] = field(default_factory=list)
    already: list[Target] = field(default_factory=list)
    refused: list[tuple[Target, Refusal]] = field(default_factory=list)


@deed
def act_together(
    act: Callable[..., ModerationAction], targets: Sequence[Target], **how: Any
) -> Outcome:
    """Do one of the deeds above to several targets, in one transaction.

    Writes one record for each, all of one batch. What is so already, or is refused,
    is left out. Raises `Busy`; nothing is done then.
    """
    batch = uuid4()
    outcome = Outcome()
    # In the order in which everybody takes the locks.
    for target in sorted(targets, key=lambda target: (_lock_id(target), target.pk)):
        try:
            action = act(target, batch=batch, **how)
        except Busy:
            raise
        except Refusal as refusal:
            outcome.refused.append((target, refusal))
        else:
            (outcome.done if action.batch == batch else outcome.already).append(target)
    return outcome


def _lock_id(target: Target) -> int:
    return target.thread_id if isinstance(target, Post) else target.pk
