"""The work that awaits a moderator, as the headers of the site and of the admin count it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from forum.lib.numbers import MAX_SHOWN
from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import CountSubquery
from forum.models import Appeal, Case, Erasure, User
from forum.models.roles import Roles


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
    roles = person.roles
    shape = (roles.is_administrator, roles.is_site_moderator, roles.board_ids)
    return ModerationWork(*WORK.fetch(person.pk, *shape)[0])


def _work(
    pk: int, is_administrator: bool, is_site_moderator: bool, board_ids: frozenset[int]
) -> QuerySet[User, tuple[Any, ...]]:
    person = User(pk=pk)
    roles = Roles(is_administrator, is_site_moderator, board_ids)
    person.roles_and_counts = (roles, 0, 0, frozenset())

    def count(rows: QuerySet[Any]) -> CountSubquery:
        return CountSubquery(rows.order_by().values("pk")[: MAX_SHOWN + 1])

    erasures = Erasure.objects.confirmable_by(person)
    return User.objects.filter(pk=pk).values_list(
        count(Case.objects.moderated_by(person).open()),
        count(Appeal.objects.decidable_by(person)),
        count(erasures),
        count(erasures.due_soon()),
    )


WORK = PreparedQuery(_work)
