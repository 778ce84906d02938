"""Writing the moderation log: one entry per action, with its reason, and the notifications."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from forum.errors import Invalid
from forum.lib.sql import unnest
from forum.lib.text import clean_source, is_blank
from forum.models import (
    Board,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    PendingPost,
    Post,
    Thread,
    User,
)
from forum.moderation.targets import TargetState, Value

# Kind and id of a target, and its state before and after.
Effect = tuple[str, int, Mapping[str, Any], Mapping[str, Any]]
# A state of a target, and its new value.
Change = tuple[TargetState, Any, Value]

REASON_LENGTH = ModerationAction._meta.get_field("reason").max_length or 0
EFFECTS_PER_STATEMENT = 1000  # rows written in one statement


@dataclass(frozen=True, slots=True)
class NewEntry:
    """The fields of every entry of the log: who did what, and why."""

    act: str  # the name of a `LogEntryType`
    actor: User
    reason: str
    note: str = ""  # for moderators only
    undoes: ModerationAction | None = None


def log_changes(
    entry: NewEntry, changes: Sequence[Change], board: Board | None = None
) -> ModerationAction:
    """Make these changes and write one entry about them; the caller has locked the targets.

    `board` is the scope, if the action is about members.
    """
    before = {(s.kind, target.pk, s.key): s.read(target) for s, target, _value in changes}
    affected = AffectedUsers.from_effects([(kind, pk, {}, {}) for kind, pk, _key in before])
    if board is not None:
        affected.boards.add(board.pk)
    action = open_entry(entry, affected)
    effects: dict[tuple[str, int], tuple[dict[str, Any], dict[str, Any]]] = {}
    for state, values in _by_state(changes):
        state.write(values, action)
        for target, _value in values:
            was, now = effects.setdefault((state.kind, target.pk), ({}, {}))
            was[state.key] = before[state.kind, target.pk, state.key]
            now[state.key] = state.read(target)
    close_entry(action, [(*target, *states) for target, states in effects.items()], affected)
    return action


def log_effects(
    entry: NewEntry, effects: Collection[Effect], also_notify: Iterable[int] = ()
) -> ModerationAction:
    """Write the entry about changes that were made already; `also_notify` are ids of members."""
    affected = AffectedUsers.from_effects(effects)
    for member in also_notify:
        affected.people.setdefault(member, set())
    action = open_entry(entry, affected)
    close_entry(action, effects, affected)
    return action


def open_entry(entry: NewEntry, affected: AffectedUsers) -> ModerationAction:
    """Write the entry before its effects, which refer to it; raises `Invalid` without a reason."""
    return ModerationAction.objects.create(
        actor=entry.actor,
        act=entry.act,
        reason=clean_reason(entry.reason),
        note=clean_source(entry.note),
        undoes=entry.undoes,
        board_id=_single(affected.boards),
        thread_id=_single(affected.threads),
    )


def close_entry(
    action: ModerationAction, effects: Collection[Effect], affected: AffectedUsers
) -> None:
    """Write an entry's effects, and notify the members concerned where its type says so."""
    ModerationEffect.objects.bulk_create(
        (
            ModerationEffect(action=action, kind=kind, target_id=target, before=before, after=after)
            for kind, target, before, after in effects
        ),
        batch_size=EFFECTS_PER_STATEMENT,
    )
    if action.type.notifies:
        _notify(action, affected)


def clean_reason(reason: str) -> str:
    """Return a reason as one line; raises `Invalid` when it is empty or too long."""
    reason = " ".join(clean_source(reason).split())
    if is_blank(reason):
        raise Invalid(_("Please give a reason. The people affected will read it."))
    if len(reason) > REASON_LENGTH:
        raise Invalid(_("A reason can have at most %(most)d characters.") % {"most": REASON_LENGTH})
    return reason


def _by_state(changes: Sequence[Change]) -> list[tuple[TargetState, list[tuple[Any, Value]]]]:
    grouped: dict[tuple[str, str], tuple[TargetState, list[tuple[Any, Value]]]] = {}
    for state, target, value in changes:
        grouped.setdefault((state.kind, state.key), (state, []))[1].append((target, value))
    return list(grouped.values())


@dataclass(slots=True)
class AffectedUsers:
    """The members and the place that an entry is about, found from its effects."""

    # The posts of each person.
    people: dict[int, set[int]] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)
    boards: set[int] = field(default_factory=set)

    @classmethod
    def from_effects(cls, effects: Iterable[Effect]) -> AffectedUsers:
        """Look up the targets of these effects; at most three queries."""
        ids: dict[str, set[int]] = {kind: set() for kind in ModerationEffect.Kind.values}
        for kind, target, _before, _after in effects:
            ids[kind].add(target)
        affected = cls(people={person: set() for person in ids[ModerationEffect.Kind.PERSON]})
        if ids[ModerationEffect.Kind.POST]:
            affected._add_posts(ids[ModerationEffect.Kind.POST])
        if ids[ModerationEffect.Kind.PENDING_POST]:
            affected._add_pending(ids[ModerationEffect.Kind.PENDING_POST])
        if ids[ModerationEffect.Kind.THREAD]:
            # The place that a branch was moved to, or from, is not a target.
            affected._add_threads(
                ids[ModerationEffect.Kind.THREAD], with_authors=not ids[ModerationEffect.Kind.POST]
            )
        return affected

    def _add_posts(self, ids: set[int]) -> None:
        posts = Post.objects.order_by().filter(pk__in=unnest(ids))
        rows = posts.values_list("pk", "author_id", "thread_id", "thread__board_id")
        for post, author, thread, board in rows:
            self.people.setdefault(author, set()).add(post)
            self._add_place(thread, board)

    def _add_threads(self, ids: set[int], *, with_authors: bool) -> None:
        threads = Thread.objects.filter(pk__in=ids)
        for thread, author, board in threads.values_list("pk", "author_id", "board_id"):
            if with_authors:
                self.people.setdefault(author, set())
            self._add_place(thread, board)

    def _add_pending(self, ids: set[int]) -> None:
        for pending in PendingPost.objects.with_context().filter(pk__in=ids):
            self.people.setdefault(pending.author_id, set())
            self.threads |= {pending.thread.pk} if pending.thread else set()
            self.boards |= {pending.place.pk} if pending.place else set()

    def _add_place(self, thread: int, board: int) -> None:
        self.threads.add(thread)
        self.boards.add(board)


def _single(ids: set[int]) -> int | None:
    return next(iter(ids)) if len(ids) == 1 else None


def _notify(action: ModerationAction, affected: AffectedUsers) -> None:
    """Notify each person once, however many of their posts the action is about; never the actor."""
    ModerationNotification.objects.bulk_create(
        ModerationNotification(
            member_id=person,
            cause=ModerationNotification.Cause.DEED,
            post_id=_single(posts),
            action=action,
        )
        for person, posts in sorted(affected.people.items())
        if person != action.actor_id
    )
