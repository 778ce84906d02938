"""Writing the moderation log: each act once, with its reason, and who is to hear of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from forum.errors import Conflict, Invalid
from forum.lib.sql import unnest
from forum.lib.text import clean_source, is_blank
from forum.models import (
    HeldPost,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Post,
    Thread,
    User,
)
from forum.models.acts import rule_of

Kind = ModerationEffect.Kind
# Kind and id of a target, and its state before and after.
Effect = tuple[str, int, dict[str, Any], dict[str, Any]]

REASON_LENGTH = ModerationAction._meta.get_field("reason").max_length or 0
AT_ONCE = 1000  # rows written in one statement


def record(
    act: str,
    *,
    actor: User,
    reason: str,
    note: str = "",
    undoes: ModerationAction | None = None,
    effects: Collection[Effect],
    also: Iterable[int] = (),
) -> ModerationAction:
    """Write one record: who, what, why, and for each target its state before and after.

    Tells the people concerned, and `also` those of these ids, where the act's rule says so.
    Raises `Invalid` without a reason.
    """
    concerned = Concerned.actor(effects)
    for person in also:
        concerned.people.setdefault(person, set())
    action = open_record(
        act, actor=actor, reason=reason, note=note, undoes=undoes, concerned=concerned
    )
    close_record(action, effects, concerned)
    return action


def open_record(
    act: str,
    *,
    actor: User,
    reason: str,
    note: str = "",
    undoes: ModerationAction | None = None,
    concerned: Concerned,
) -> ModerationAction:
    """The first half of `record`, for acts whose targets point at their record."""
    return ModerationAction.objects.create(
        actor=actor,
        act=act,
        reason=clean_reason(reason),
        note=clean_source(note),
        undoes=undoes,
        board_id=_single(concerned.boards),
        thread_id=_single(concerned.threads),
    )


def close_record(
    action: ModerationAction, effects: Collection[Effect], concerned: Concerned
) -> None:
    """The second half of `record`: what was changed, and telling the people concerned."""
    ModerationEffect.objects.bulk_create(
        (
            ModerationEffect(action=action, kind=kind, target_id=target, before=before, after=after)
            for kind, target, before, after in effects
        ),
        batch_size=AT_ONCE,
    )
    if rule_of(action.act).tells:
        _tell(action, concerned)


def clean_reason(reason: str) -> str:
    """One line of text; raises `Invalid` when that is empty or too long."""
    reason = " ".join(clean_source(reason).split())
    if is_blank(reason):
        raise Invalid(_("Please give a reason; the people concerned will read it."))
    if len(reason) > REASON_LENGTH:
        raise Invalid(_("A reason has at most %(most)d characters.") % {"most": REASON_LENGTH})
    return reason


def latest(act: str, kind: str, target_id: int) -> ModerationAction:
    """The last record of this act on this target; raises `Conflict` when there is none."""
    action = ModerationAction.objects.about(kind, target_id).filter(act=act).first()
    if action is None:
        raise Conflict(_("There is nothing to undo here any more."))
    return action


@dataclass(slots=True)
class Concerned:
    """Whom an act is about, and where it is done, found from its effects."""

    # The posts of each person.
    people: dict[int, set[int]] = field(default_factory=dict)
    threads: set[int] = field(default_factory=set)
    boards: set[int] = field(default_factory=set)

    @classmethod
    def actor(cls, effects: Iterable[Effect]) -> Concerned:
        """Those whom these effects concern."""
        concerned = cls()
        concerned.add(effects)
        return concerned

    def add(self, effects: Iterable[Effect]) -> None:
        """Look up the targets of these effects; at most three queries."""
        ids: dict[str, set[int]] = {kind: set() for kind in Kind.values}
        for kind, target, _before, _after in effects:
            ids.setdefault(kind, set()).add(target)
        self.people |= {person: set() for person in ids[Kind.PERSON]}
        posts = Post.objects.order_by().filter(pk__in=unnest(ids[Kind.POST]))
        if ids[Kind.POST]:
            for post, author, thread, board in posts.values_list(
                "pk", "author_id", "thread_id", "thread__board_id"
            ):
                self.people.setdefault(author, set()).add(post)
                self._at(thread, board)
        if ids[Kind.HELD]:
            self._add_held(ids[Kind.HELD])
        if ids[Kind.THREAD]:
            threads = Thread.objects.filter(pk__in=ids[Kind.THREAD])
            for thread, author, board in threads.values_list("pk", "author_id", "board_id"):
                # Where a branch goes to, or came from, is not what is done to it.
                if not ids[Kind.POST]:
                    self.people.setdefault(author, set())
                self._at(thread, board)

    def _add_held(self, ids: set[int]) -> None:
        for held in HeldPost.objects.with_context().filter(pk__in=ids):
            self.people.setdefault(held.author_id, set())
            self.threads |= {held.thread.pk} if held.thread else set()
            self.boards |= {held.place.pk} if held.place else set()

    def _at(self, thread: int, board: int) -> None:
        self.threads.add(thread)
        self.boards.add(board)


def _single(ids: set[int]) -> int | None:
    return next(iter(ids)) if len(ids) == 1 else None


def _tell(action: ModerationAction, concerned: Concerned) -> None:
    """One notice for each person, however many of their posts it is about; none to the actor."""
    ModerationNotification.objects.bulk_create(
        ModerationNotification(
            member_id=person,
            cause=ModerationNotification.Cause.DEED,
            post_id=_single(posts),
            action=action,
        )
        for person, posts in sorted(concerned.people.items())
        if person != action.actor_id
    )
