"""Who works on which case of the review queue, so that two do not do the same."""

from __future__ import annotations

from django.utils import timezone

from forum.actions.transactions import deed
from forum.models import Case, User
from forum.permissions import may_moderate


@deed
def claim_case(case: Case, *, by: User, take_over: bool = False) -> bool:
    """Take a case in hand, unless somebody else has it; tells whether `by` has it now.

    A claim that is older than `CLAIM_LASTS` holds nobody off. Raises `NotAllowed`.
    """
    may_moderate(by, case.post.thread.board).enforce()
    cases = Case.objects.filter(pk=case.pk, closed_at=None)
    free = cases if take_over else cases.free_for(by)
    return bool(free.update(assignee=by, claimed_at=timezone.now()))


@deed
def release_case(case: Case, *, by: User) -> None:
    """Leave a case to others, if `by` has it."""
    Case.objects.filter(pk=case.pk, assignee=by).update(assignee=None, claimed_at=None)
