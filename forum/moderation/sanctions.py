"""The common parts of silencing and suspending: scope, end, and what to hide."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.models import (
    Board,
    Case,
    ModerationAction,
    PendingPost,
    Post,
    Report,
    Restriction,
    Thread,
    User,
)
from forum.models.visibility import Reader
from forum.moderation.actions.pending_posts import PENDING_STATE
from forum.moderation.actions.post_hiding import HIDDEN
from forum.moderation.actions.report_answers import REPORTS_CLOSED
from forum.moderation.actions.thread_removal import REMOVED
from forum.moderation.audit_log import Change
from forum.moderation.base import Action, Plan
from forum.moderation.forms import TimeLimitForm, WhereForm
from forum.moderation.targets import (
    MEMBER,
    TargetState,
    lock_pending,
    lock_people,
    lock_posts,
    lock_threads,
)
from forum.moderation.time_limits import TimeLimit, end_of, limit_of, time_limit
from forum.permissions import PermissionResult, can_sanction, can_sanction_in
from forum.presenters import counts


class SanctionForm(WhereForm, TimeLimitForm):
    """The scope of a sanction, its end, and the posts to hide with it."""

    since = forms.DateTimeField(
        label=_("Also hide their posts and threads since"),
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
        """Plan the restriction; posts and threads since then are hidden, pending posts rejected."""
        state = self.state(board)
        written = lock_written(people, since, board)  # threads before members
        return Plan(
            lock_people([person.pk for person in people]),
            is_done=lambda person: state.read(person) == value and not since,
            changes=lambda person: [(state, person, value), *written.hidden_of(person)],
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

    def describe_hidden(self, targets: Sequence[User], cleaned: dict[str, Any]) -> str:
        return find_written(targets, cleaned.get("since"), cleaned.get("board")).describe()


class LiftingAction(_RestrictionAction):
    """The end of a sanction."""

    form = WhereForm
    is_undo = True

    def plan(self, targets: Sequence[User], *, board: Board | None = None) -> Plan:
        return self.set_restriction(targets, board, None)


@dataclass(frozen=True, slots=True)
class Written:
    """The ids of what people wrote, and nobody has hidden yet."""

    posts: Sequence[int] = ()
    reported: Sequence[int] = ()  # posts that they deleted, while reports on them are open
    threads: Sequence[int] = ()
    pending: Sequence[int] = ()

    def describe(self) -> str:
        """Return “14 posts, 2 threads with 3 replies by others, 1 open case”; empty for nothing."""
        about = Q(post__in=[*self.posts, *self.reported]) | Q(post__thread__in=self.threads)
        cases = Case.objects.open().filter(about).count()
        by_others = Post.objects.published().filter(thread__in=self.threads)
        return ", ".join(
            self._parts(cases, by_others.order_by().exclude(pk__in=self.posts).count())
        )

    def _parts(self, cases: int, replies_of_others: int) -> Iterator[str]:
        if self.posts:
            yield counts.posts(len(self.posts))
        if self.threads and replies_of_others:
            yield gettext("%(threads)s with %(replies)s by others") % {
                "threads": counts.threads(len(self.threads)),
                "replies": counts.replies(replies_of_others),
            }
        elif self.threads:
            yield counts.threads(len(self.threads))
        if self.pending:
            yield counts.pending_posts(len(self.pending))
        if cases:
            yield counts.cases(cases)


def find_written(people: Sequence[User], since: datetime | None, board: Board | None) -> Written:
    """Find what these people wrote since then, anywhere or in that board; nothing for None."""
    if since is None:
        return Written()
    theirs = {"author__in": people, "created_at__gte": since}
    written = Post.objects.order_by().filter(**theirs)
    threads = Thread.objects.filter(**theirs, deleted_at=None, removed_at=None, merged_into=None)
    if board:
        written, threads = written.filter(thread__board=board), threads.filter(board=board)
    reported = written.filter(Exists(Report.objects.open().filter(post=OuterRef("pk"))))
    return Written(
        list(written.published().values_list("pk", flat=True)),
        list(reported.exclude(deleted_at=None).values_list("pk", flat=True)),
        list(threads.order_by("pk").values_list("pk", flat=True)),
        list(PendingPost.objects.since(people, since, board).values_list("pk", flat=True)),
    )


@dataclass(frozen=True, slots=True)
class LockedWritten:
    """Posts, threads and pending posts of people, locked until the transaction ends."""

    posts: Sequence[Post]
    threads: Sequence[Thread]
    pending: Sequence[PendingPost]

    def hidden_of(self, person: User) -> Iterator[Change]:
        """Return the changes that take everything of one person away from readers."""
        for post in (each for each in self.posts if each.author_id == person.pk):
            if post.is_deleted:
                yield REPORTS_CLOSED, post, Report.Outcome.ACTED
            else:
                yield HIDDEN, post, True
        yield from (
            (REMOVED, thread, True) for thread in self.threads if thread.author_id == person.pk
        )
        rejected = PendingPost.State.REJECTED
        yield from (
            (PENDING_STATE, each, rejected) for each in self.pending if each.author_id == person.pk
        )


def lock_written(
    people: Sequence[User], since: datetime | None, board: Board | None
) -> LockedWritten:
    """Find the same and lock it, all threads first and at once."""
    written = find_written(people, since, board)
    posts = [*written.posts, *written.reported]
    places = Post.objects.order_by().filter(pk__in=posts).values_list("thread", flat=True)
    Thread.objects.lock(*{*written.threads, *places})
    return LockedWritten(
        lock_posts(posts), lock_threads(written.threads), lock_pending(written.pending)
    )


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
