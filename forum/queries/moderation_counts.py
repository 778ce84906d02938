"""The work that awaits a moderator, as the headers of the site and of the admin count it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from forum.lib.numbers import MAX_SHOWN
from forum.lib.sql import CountSubquery
from forum.models import Appeal, Case, Erasure, User


@dataclass(frozen=True, slots=True)
class ModerationWork:
    """Numbers of open cases, of appeals and of requests for permanent deletion."""

    cases: int
    appeals: int
    erasures: int
    erasures_due: int  # those among them that fall due

    @property
    def total(self) -> int:
        return self.cases + self.appeals + self.erasures


def moderation_work_of(person: User) -> ModerationWork:
    """Count what this person can decide; each up to one more than is shown. One query."""

    def count(rows: QuerySet[Any]) -> CountSubquery:
        return CountSubquery(rows.order_by().values("pk")[: MAX_SHOWN + 1])

    erasures = Erasure.objects.confirmable_by(person)
    counts = User.objects.filter(pk=person.pk).values_list(
        count(Case.objects.moderated_by(person).open()),
        count(Appeal.objects.decidable_by(person)),
        count(erasures),
        count(erasures.due_soon()),
    )
    return ModerationWork(*counts[0])
