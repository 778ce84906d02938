"""Claiming a case of the review queue, so that two moderators do not do the same work."""

from __future__ import annotations

from django.utils import timezone

from forum.actions.transactions import retrying_transaction
from forum.models import Case, User
from forum.permissions import can_work_on


@retrying_transaction
def claim_case(case: Case, *, actor: User, take_over: bool = False) -> bool:
    """Claim a case, unless somebody else has it; return whether `actor` has it now.

    `NotAllowed`.
    A claim expires after `CLAIM_LASTS`, an assignment does not. Raises `NotAllowed`.
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
    """Release a case that `actor` claimed; an assigned case stays theirs."""
    mine = Case.objects.filter(pk=case.pk, assignee=actor, is_assigned=False)
    mine.update(assignee=None, claimed_at=None)
