"""The common parts of silencing and suspending: scope, end, and the posts to hide."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.models import Board, ModerationAction, PendingPost, Post, Restriction, User
from forum.models.threads import Reader
from forum.moderation.actions.pending_posts import PENDING_STATE
from forum.moderation.actions.post_hiding import HIDDEN
from forum.moderation.audit_log import Change
from forum.moderation.base import Action, Plan
from forum.moderation.forms import TimeLimitForm, WhereForm
from forum.moderation.targets import MEMBER, TargetState, lock_pending, lock_people, lock_posts
from forum.moderation.time_limits import TimeLimit, end_of, limit_of, time_limit
from forum.permissions import PermissionResult, can_sanction, can_sanction_in


class SanctionForm(WhereForm, TimeLimitForm):
    """The scope of a sanction, its end, and the posts to hide with it."""

    since = forms.DateTimeField(
        label=_("Also hide their posts since"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Leave empty to hide nothing."),
    )
    field_order = ["reason", "board", "until", "since", "note", "seen"]


class _RestrictionAction(Action[User]):
    """An action that restricts members, or ends that, everywhere or in one board."""

    kind = MEMBER

    @abstractmethod
    def state(self, board: Board | None) -> TargetState:
        """Return the state that it sets, everywhere or in that board."""

    def permission(self, actor: Reader, target: User) -> PermissionResult:
        return can_sanction(actor, target)

    def set_restriction(
        self,
        people: Sequence[User],
        board: Board | None,
        value: TimeLimit | None,
        since: datetime | None = None,
    ) -> Plan:
        """Plan the restriction; posts since then are hidden, and pending ones rejected."""
        state = self.state(board)
        posts = lock_posts(posts_since(people, since, board))  # threads before members
        pending = lock_pending(_pending_since(people, since, board))

        def changes(person: User) -> list[Change]:
            rejected = PendingPost.State.REJECTED
            return [
                (state, person, value),
                *((HIDDEN, post, True) for post in posts if post.author_id == person.pk),
                *((PENDING_STATE, e, rejected) for e in pending if e.author_id == person.pk),
            ]

        return Plan(
            lock_people([person.pk for person in people]),
            is_done=lambda person: state.read(person) == value and not since,
            changes=changes,
            permission=lambda actor, person: can_sanction_in(actor, person, board),
            state=state,
            board=board,
        )


class SanctionAction(_RestrictionAction):
    """A restriction of members for a time; it can also hide the posts they wrote since a time."""

    form = SanctionForm
    has_preview = True

    def plan(
        self,
        targets: Sequence[User],
        *,
        until: datetime | None = None,
        board: Board | None = None,
        since: datetime | None = None,
    ) -> Plan:
        return self.set_restriction(targets, board, time_limit(until), since)

    def hidden_with(self, targets: Sequence[User], cleaned: dict[str, Any]) -> list[int]:
        return posts_since(targets, cleaned["since"], cleaned["board"])


class LiftingAction(_RestrictionAction):
    """The end of a sanction."""

    form = WhereForm
    is_undo = True

    def plan(self, targets: Sequence[User], *, board: Board | None = None) -> Plan:
        return self.set_restriction(targets, board, None)


def posts_since(people: Sequence[User], since: datetime | None, board: Board | None) -> list[int]:
    """Return the visible posts of these people since then, anywhere or in that board."""
    if since is None:
        return []
    posts = Post.objects.published().order_by().filter(author__in=people, created_at__gte=since)
    there = posts.filter(thread__board=board) if board else posts
    return list(there.values_list("pk", flat=True))


def _pending_since(
    people: Sequence[User], since: datetime | None, board: Board | None
) -> list[int]:
    if since is None:
        return []
    return list(PendingPost.objects.since(people, since, board).values_list("pk", flat=True))


def restriction_state(kind: str, board_id: int | None) -> TargetState:
    """Return the state of a restriction, everywhere or in one board."""

    def read(person: User) -> TimeLimit | None:
        mine = Restriction.objects.in_force().filter(person=person, kind=kind, board=board_id)
        found = mine.first()
        return limit_of(found.until) if found else None

    def write(values: Sequence[tuple[User, TimeLimit | None]], action: ModerationAction) -> None:
        for person, limit in values:
            Restriction.objects.filter(person=person, kind=kind, board=board_id).delete()
            if limit:
                Restriction.objects.create(
                    person=person,
                    kind=kind,
                    board_id=board_id,
                    until=end_of(limit),
                    action=action,
                )

    def permission(actor: User, person: User) -> PermissionResult:
        board = Board.objects.get(pk=board_id) if board_id else None
        return can_sanction_in(actor, person, board)

    return TargetState(MEMBER.kind, f"{kind}:{board_id or ''}", read, write, permission)


def restriction_named(kind: str, board: str) -> TargetState:
    """Return the state that the log names “silence:3”, or “silence:” for the whole site."""
    return restriction_state(kind, int(board) if board else None)
