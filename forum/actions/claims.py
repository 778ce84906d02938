"""Who works on which case of the review queue, so that two do not do the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change
from forum.actions.states import State
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Invalid, UserError
from forum.models import (
    Case,
    HeldPost,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Post,
    User,
)
from forum.models.acts import Act
from forum.models.reports import CaseQuerySet
from forum.permissions import can_answer_reports, can_decide_on, can_work_on


@retrying_transaction
def claim_case(case: Case, *, actor: User, take_over: bool = False) -> bool:
    """Take a case in hand, unless somebody else has it; tells whether `actor` has it now.

    A claim that is older than `CLAIM_LASTS` holds nobody off, what was assigned does. Raises
    `NotAllowed`.
    """
    can_work_on(actor, case).enforce()
    cases = Case.objects.filter(pk=case.pk, closed_at=None)
    if cases.filter(assignee=actor, is_assigned=True).exists():
        return True
    free = cases if take_over else cases.free_for(actor)
    return bool(free.update(assignee=actor, claimed_at=timezone.now(), is_assigned=False))


@retrying_transaction
def release_case(case: Case, *, actor: User) -> None:
    """Leave a case to others, if `actor` took it in hand; what was assigned stays so."""
    mine = Case.objects.filter(pk=case.pk, assignee=actor, is_assigned=False)
    mine.update(assignee=None, claimed_at=None)


@Several
def assign_case(posts: Sequence[Post], *, to: User | None, **how: Unpack[How]) -> Outcome:
    """Give the cases of these posts to one moderator, who is told; or to nobody any more.

    Inverse: itself.
    """
    return change(Act.ASSIGN_CASE, ASSIGNEE, posts, to.pk if to else None, **how)


@Several
def assign_held(held: Sequence[HeldPost], *, to: User | None, **how: Unpack[How]) -> Outcome:
    """The same with the cases of posts that wait. Inverse: itself."""
    return change(Act.ASSIGN_CASE, HELD_ASSIGNEE, held, to.pk if to else None, **how)


def _case_of(target: Post | HeldPost) -> CaseQuerySet:
    cases = Case.objects.open()
    return cases.filter(post=target) if isinstance(target, Post) else cases.filter(held=target)


def _read_assignee(target: Post | HeldPost) -> int | None:
    return _case_of(target).filter(is_assigned=True).values_list("assignee", flat=True).first()


def _write_assignee(
    values: Sequence[tuple[Post | HeldPost, int | None]], action: ModerationAction
) -> None:
    for target, person in values:
        _take_back_word(target)
        _case_of(target).update(
            assignee=person,
            is_assigned=person is not None,
            claimed_at=action.created_at if person else None,
        )
        if person not in (None, action.actor_id):
            ModerationNotification.objects.create(
                member_id=person,
                cause=ModerationNotification.Cause.CASE,
                post=target if isinstance(target, Post) else None,
                action=action,
            )


def _take_back_word(target: Post | HeldPost) -> None:
    """Who was given it before, and has not read so, need not hear of it any more."""
    given = ModerationNotification.objects.unread().filter(cause=ModerationNotification.Cause.CASE)
    if isinstance(target, Post):
        given = given.filter(post=target)
    else:
        kind = ModerationEffect.Kind.HELD
        about = ModerationEffect.objects.filter(kind=kind, target_id=target.pk)
        given = given.filter(post=None, action__in=about.values("action"))
    given.delete()


def _cannot_have_it(target: Post | HeldPost, person_id: int | None) -> UserError | None:
    if not _case_of(target).exists():
        return Conflict(_("Nobody waits for an answer about this post."))
    person = User.objects.filter(pk=person_id or 0).first()
    if person is None:
        return None
    if isinstance(target, Post):
        may = can_answer_reports(person, target)
    else:
        may = can_decide_on(person, target)
    if may:
        return None
    words = _("%(name)s can’t decide on this: choose somebody else.")
    return Invalid(words % {"name": person.username})


ASSIGNEE = State(
    ModerationEffect.Kind.POST,
    "assignee",
    _read_assignee,
    _write_assignee,
    can_answer_reports,
    _cannot_have_it,
)
HELD_ASSIGNEE = State(
    ModerationEffect.Kind.HELD,
    "assignee",
    _read_assignee,
    _write_assignee,
    can_decide_on,
    _cannot_have_it,
)
