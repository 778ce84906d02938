"""Who was appointed to what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.lib.count_subquery import CountSubquery
from forum.lib.prepared_queries import PreparedQuery
from forum.models.accounts import User
from forum.models.boards import Board


class Role(models.Model):
    """A person's appointment: to one board, or (no board) to the whole site."""

    class Kind(models.TextChoices):
        ADMINISTRATOR = "administrator", _("Administrator")
        MODERATOR = "moderator", _("Moderator")

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="role_assignments",
        verbose_name=_("member"),
    )
    board = models.ForeignKey(
        Board,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="roles",
        verbose_name=_("board"),
        help_text=_("Empty: the whole site."),
    )
    kind = models.CharField(_("role"), max_length=20, choices=Kind.choices)
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(
                fields=["person", "board", "kind"], nulls_distinct=False, name="role_once"
            ),
            models.CheckConstraint(
                condition=models.Q(kind="moderator") | models.Q(board__isnull=True),
                name="role_administrator_of_all",
                violation_error_message=_("An administrator is one for the whole site."),
            ),
        ]

    def __str__(self) -> str:
        where = self.board.name if self.board else _("all boards")
        return f"{self.person}: {self.get_kind_display()} ({where})"


@dataclass(frozen=True, slots=True)
class Roles:
    """A person's roles, added up."""

    is_administrator: bool = False
    moderates_all: bool = False
    board_ids: frozenset[int] = field(default_factory=frozenset)
    # What moderators keep this person from: kind, board (None: everywhere), until, reason.
    restrictions: tuple[dict[str, Any], ...] = ()

    def restriction(self, kind: str, board: Board) -> dict[str, Any] | None:
        """What of that kind is in force in that board."""
        return next(
            (
                each
                for each in self.restrictions
                if each["kind"] == kind and each["board"] in (None, board.pk)
            ),
            None,
        )

    @property
    def moderates_anything(self) -> bool:
        return self.moderates_all or bool(self.board_ids)

    def is_moderator_of(self, board_id: int) -> bool:
        return self.moderates_all or board_id in self.board_ids

    def rank(self, board: Board | None = None) -> int:
        """Who stands above whom, in that board, or anywhere: 0 is a member, 3 an administrator."""
        if self.moderates_all:
            return 3 if self.is_administrator else 2
        return int(board.pk in self.board_ids if board else bool(self.board_ids))


def _roles_and_counts(pk: int) -> models.QuerySet[Any, Any]:
    """Of one person a row for each role, with what they are kept from and told of."""
    from forum.models.notifications import (
        MAX_NOTIFICATIONS_COUNTED,
        ModerationNotification,
        Notification,
    )
    from forum.models.restrictions import Restriction

    public = Notification.objects.unread().readable_by(AnonymousUser())
    told = ModerationNotification.objects.unread().filter(member=models.OuterRef("pk"))
    restrictions = Restriction.objects.in_force().filter(person=models.OuterRef("pk"))
    return User.objects.filter(pk=pk).values_list(
        ArraySubquery(restrictions.as_json()),
        "role_assignments__kind",
        "role_assignments__board_id",
        CountSubquery(
            public.filter(member=models.OuterRef("pk")).values("pk")[:MAX_NOTIFICATIONS_COUNTED]
        ),
        CountSubquery(told.values("pk")[:MAX_NOTIFICATIONS_COUNTED]),
    )


# Every request of a member asks it.
ROLES_AND_COUNTS = PreparedQuery(_roles_and_counts)


def roles_and_counts_of(person: User) -> tuple[Roles, int, int]:
    """The roles of `person`, added up, and how much is unread; one query.

    That is of posts that everybody may read, and of what moderators did to theirs.
    """
    rows = ROLES_AND_COUNTS.rows(person.pk)
    roles = [(kind, board) for _restrictions, kind, board, *_counts in rows if kind]
    restrictions, _kind, _board, public, told = rows[0] if rows else ((), None, None, 0, 0)
    return replace(_added_up(roles), restrictions=tuple(restrictions)), public, told


def count_unread_notifications(person: User) -> int:
    """How many notices are unread; without a query of its own for most.

    Members are told of nothing but what everybody may read. What moderators may read depends on
    their roles: their notices are counted by another query.
    """
    from forum.models.notifications import MAX_NOTIFICATIONS_COUNTED, Notification

    standing, posts, told = person.roles_and_counts
    if standing.moderates_anything:
        posts = Notification.objects.unread().inbox_of(person).count_some()
    return min(MAX_NOTIFICATIONS_COUNTED, posts + told)


def moderators_except(ids: Collection[int]) -> list[User]:
    """Everybody who keeps order somewhere and can log in, but for these; with their standing."""
    people = (
        User.objects.filter(role_assignments__isnull=False, is_active=True)
        .exclude(pk__in=ids)
        .distinct()
    )
    found = [person for person in people if not person.is_suspended]
    prefetch_roles(found)
    return found


def prefetch_roles(people: Iterable[User]) -> None:
    """Let all of these know their roles; one query. What they are kept from is not asked."""
    people = list(people)
    roles: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    for pk, kind, board in Role.objects.filter(person__in={each.pk for each in people}).values_list(
        "person", "kind", "board"
    ):
        roles[pk].append((kind, board))
    for person in people:
        person.roles = _added_up(roles[person.pk])


def _added_up(roles: Sequence[tuple[str, int | None]]) -> Roles:
    administrator = any(kind == Role.Kind.ADMINISTRATOR for kind, _board in roles)
    return Roles(
        is_administrator=administrator,
        moderates_all=administrator or any(board is None for _kind, board in roles),
        board_ids=frozenset(board for _kind, board in roles if board is not None),
    )
