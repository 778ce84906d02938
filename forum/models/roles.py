"""Roles: administrators, and moderators of the site or of a board."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import CountSubquery
from forum.models.accounts import User, UserQuerySet
from forum.models.boards import Board
from forum.models.ignores import Ignore
from forum.models.notifications import (
    MAX_NOTIFICATIONS_COUNTED,
    ModerationNotification,
    Notification,
)
from forum.models.restrictions import Restriction


class Role(models.Model):
    """The appointment of a person to one board, or (no board) to the whole site."""

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
        models.PROTECT,  # dismissing a moderator is an action of its own, and logged
        null=True,
        blank=True,
        related_name="roles",
        verbose_name=_("board"),
        help_text=_("Leave empty for the whole site."),
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
                violation_error_message=_("Administrators are always for the whole site."),
            ),
        ]

    def __str__(self) -> str:
        where = self.board.name if self.board else _("all boards")
        return f"{self.person}: {self.get_kind_display()} ({where})"


@dataclass(frozen=True, slots=True)
class Roles:
    """All roles of one person together, with the restrictions on them."""

    is_administrator: bool = False
    is_site_moderator: bool = False
    board_ids: frozenset[int] = field(default_factory=frozenset)
    # Dicts of kind, board (None: everywhere), until and reason.
    restrictions: tuple[dict[str, Any], ...] = ()

    def restriction(self, kind: str, board: Board) -> dict[str, Any] | None:
        """Return the restriction of that kind that is in force in that board."""
        return next(
            (
                each
                for each in self.restrictions
                if each["kind"] == kind and each["board"] in (None, board.pk)
            ),
            None,
        )

    @property
    def is_moderator(self) -> bool:
        return self.is_site_moderator or bool(self.board_ids)

    def is_moderator_of(self, board_id: int) -> bool:
        return self.is_site_moderator or board_id in self.board_ids

    def rank(self, board: Board | None = None) -> int:
        """Return the rank in that board, or in any: 0 for members up to 3 for administrators."""
        if self.is_site_moderator:
            return 3 if self.is_administrator else 2
        return int(board.pk in self.board_ids if board else bool(self.board_ids))


def _member(pk: int) -> UserQuerySet:
    """Return a person with their roles, restrictions, unread counts and ignored members."""
    of_posts = Notification.objects.unread().readable_by(AnonymousUser())
    of_posts = of_posts.filter(member=models.OuterRef("pk"))
    of_moderation = ModerationNotification.objects.unread().filter(member=models.OuterRef("pk"))
    restrictions = Restriction.objects.in_force().filter(person=models.OuterRef("pk"))
    ignores = Ignore.objects.filter(member=models.OuterRef("pk"))
    roles = Role.objects.filter(person=models.OuterRef("pk"))
    people = User.objects.get_queryset().filter(pk=pk)
    return people.annotate(
        found_roles=ArraySubquery(roles.values(role=JSONObject(kind="kind", board="board_id"))),
        found_restrictions=ArraySubquery(restrictions.as_json()),
        posts_unread=CountSubquery(of_posts.values("pk")[:MAX_NOTIFICATIONS_COUNTED]),
        moderation_unread=CountSubquery(of_moderation.values("pk")[:MAX_NOTIFICATIONS_COUNTED]),
        found_ignored=ArraySubquery(ignores.values("ignored")),
    )


MEMBER_BY_ID = PreparedQuery(_member)


def fetch_member(pk: int) -> User | None:
    """Return a person with what every request of a member needs; one query."""
    member = MEMBER_BY_ID.first(pk)
    if member:
        found: Any = member  # with the columns that `_member` adds
        roles = [(role["kind"], role["board"]) for role in found.found_roles]
        combined = replace(_combine(roles), restrictions=tuple(found.found_restrictions))
        ignored = frozenset(found.found_ignored)
        member.roles_and_counts = (combined, found.posts_unread, found.moderation_unread, ignored)
    return member


def roles_and_counts_of(person: User) -> tuple[Roles, int, int, frozenset[int]]:
    """Return the roles of `person`, two unread counts, and the members whom they ignore.

    The counts are of notifications of posts that everybody may read, and of moderation. One query.
    """
    found = fetch_member(person.pk)
    return found.roles_and_counts if found else (Roles(), 0, 0, frozenset())


def moderators_except(ids: Collection[int]) -> list[User]:
    """Return everybody who moderates anything and can log in, without these; with their roles."""
    people = (
        User.objects.filter(role_assignments__isnull=False, is_active=True)
        .exclude(pk__in=ids)
        .distinct()
    )
    found = [person for person in people if not person.is_suspended]
    prefetch_roles(found)
    return found


def prefetch_roles(people: Iterable[User]) -> None:
    """Set `roles` of all these people with one query; without their restrictions."""
    people = list(people)
    roles: dict[int, list[tuple[str, int | None]]] = defaultdict(list)
    for pk, kind, board in Role.objects.filter(person__in={each.pk for each in people}).values_list(
        "person", "kind", "board"
    ):
        roles[pk].append((kind, board))
    for person in people:
        person.roles = _combine(roles[person.pk])


def _combine(roles: Sequence[tuple[str, int | None]]) -> Roles:
    administrator = any(kind == Role.Kind.ADMINISTRATOR for kind, _board in roles)
    return Roles(
        is_administrator=administrator,
        is_site_moderator=administrator or any(board is None for _kind, board in roles),
        board_ids=frozenset(board for _kind, board in roles if board is not None),
    )
