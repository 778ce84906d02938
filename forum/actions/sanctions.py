"""Warning, silencing and suspending members, on the whole site or in one board."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change, check_seen, record_of, whole_of, write
from forum.actions.premoderation import HELD
from forum.actions.states import (
    HIDDEN,
    NOTED,
    SUSPENDED,
    WARNED,
    Pace,
    State,
    lock_held,
    lock_people,
    lock_posts,
    restriction_state,
)
from forum.errors import Invalid
from forum.models import Board, HeldPost, ModerationEffect, Post, Restriction, User
from forum.models.acts import Act
from forum.permissions import can_sanction_in

Kind = Restriction.Kind
REJECTED = HeldPost.State.REJECTED


@Several
def suspend_person(
    people: Sequence[User],
    *,
    until: datetime | None = None,
    board: Board | None = None,
    since: datetime | None = None,
    **how: Unpack[How],
) -> Outcome:
    """These can read, but not write, until then (or until lifted): anywhere, or in one board.

    What they wrote there `since` is hidden, and what of it waits for a moderator is rejected, in
    the same record; without, that waits on, and can't be approved meanwhile. Suspended again, the
    new end holds. Inverse: `lift_suspension`, and `undo` for all of it.
    """
    state = _suspension_in(board)
    return _set(Act.SUSPEND_PERSON, state, people, _end(until), board, since, **how)


@Several
def lift_suspension(
    people: Sequence[User], *, board: Board | None = None, **how: Unpack[How]
) -> Outcome:
    """These can write again. Inverse: `suspend_person`."""
    return _set(Act.LIFT_SUSPENSION, _suspension_in(board), people, None, board, None, **how)


@Several
def silence_person(
    people: Sequence[User],
    *,
    until: datetime | None = None,
    board: Board | None = None,
    since: datetime | None = None,
    **how: Unpack[How],
) -> Outcome:
    """These write nothing new until then; what they wrote they can still edit and delete.

    Inverse: `lift_silence`, and `undo` for all of it.
    """
    state = restriction_state(Kind.SILENCE, board.pk if board else None)
    return _set(Act.SILENCE_PERSON, state, people, _end(until), board, since, **how)


@Several
def lift_silence(
    people: Sequence[User], *, board: Board | None = None, **how: Unpack[How]
) -> Outcome:
    """These can write again. Inverse: `silence_person`."""
    state = restriction_state(Kind.SILENCE, board.pk if board else None)
    return _set(Act.LIFT_SILENCE, state, people, None, board, None, **how)


@Several
def warn_person(
    people: Sequence[User], *, board: Board | None = None, **how: Unpack[How]
) -> Outcome:
    """Tell a member what to do otherwise; nothing else changes. Inverse: `undo`."""
    return _set(Act.WARN_PERSON, WARNED, people, {"warned": True}, board, None, **how)


@Several
def note_person(people: Sequence[User], **how: Unpack[How]) -> Outcome:
    """Write down something about a member for moderators: the reason is the note.

    The member is never told. Inverse: `undo`, by who wrote it, soon after.
    """
    return change(Act.NOTE_PERSON, NOTED, people, {"noted": True}, **how)


def written_since(people: Sequence[User], since: datetime | None, board: Board | None) -> list[int]:
    """The posts of these that stand and were written from then on, anywhere or in that board."""
    if since is None:
        return []
    posts = Post.objects.published().order_by().filter(author__in=people, created_at__gte=since)
    there = posts.filter(thread__board=board) if board else posts
    return list(there.values_list("pk", flat=True))


def _held_since(people: Sequence[User], since: datetime | None, board: Board | None) -> list[int]:
    """What of these waits for a moderator and was written from then on: that is rejected."""
    if since is None:
        return []
    return list(HeldPost.objects.since(people, since, board).values_list("pk", flat=True))


def _suspension_in(board: Board | None) -> State:
    return restriction_state(Kind.SUSPENSION, board.pk) if board else SUSPENDED


def _end(until: datetime | None) -> Pace:
    if until is not None and until <= timezone.now():
        raise Invalid(_("It ends in the future."))
    return {"until": until.isoformat() if until else None}


def _set(
    act: Act,
    state: State,
    people: Sequence[User],
    value: Pace,
    board: Board | None,
    since: datetime | None,
    **how: Unpack[How],
) -> Outcome:
    posts = lock_posts(written_since(people, since, board))  # threads before members
    held = lock_held(_held_since(people, since, board))
    fresh = lock_people([person.pk for person in people])
    owners = ModerationEffect.objects.owners(state.kind, [each.pk for each in fresh], state.key)
    outcome = Outcome()
    chosen: list[User] = []
    for person in fresh:
        permission = can_sanction_in(how["actor"], person, board)
        if permission.error:
            outcome.refused.append((person, permission.error))
        elif state.read(person) == value and not since:
            outcome.already.append((person, record_of(owners.get(person.pk))))
        else:
            chosen.append(person)
    if chosen:
        check_seen(fresh, how.get("seen"))
        outcome.done = list(chosen)
        ids = {person.pk for person in chosen}
        hidden = [(post, True) for post in posts if post.author_id in ids]
        outcome.action = write(
            act,
            [
                (state, [(person, value) for person in chosen]),
                (HIDDEN, hidden),
                (HELD, [(each, REJECTED) for each in held if each.author_id in ids]),
            ],
            actor=how["actor"],
            reason=how["reason"],
            note=how.get("note", ""),
            undoes=whole_of(state, owners, chosen) if value is None else None,
            board=board,
        )
    return outcome
