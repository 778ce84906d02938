"""Appeals of members against moderation actions, and the answers to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.moderation import ModerationAction
from forum.models.roles import Role

MAX_APPEAL_LENGTH = 2000


class AppealQuerySet(models.QuerySet["Appeal"]):
    def open(self) -> AppealQuerySet:
        """Filter appeals without an answer, the oldest first."""
        return self.filter(answered_at=None).order_by("id")

    def decidable_by(self, person: User) -> AppealQuerySet:
        """Filter the open appeals that this moderator may decide, as `can_answer_appeal` says."""
        roles, everywhere = person.roles, Q(board=None)
        administrators = Q(kind=Role.Kind.ADMINISTRATOR)
        if roles.is_administrator:
            higher, peers = Q(pk=None), administrators
        elif roles.is_site_moderator:
            higher, peers = administrators, everywhere
        else:
            higher, peers = everywhere, everywhere | Q(board=OuterRef("action__board"))
        appeals = self.open().exclude(member=person)
        if not roles.is_site_moderator:
            appeals = appeals.filter(action__board__in=roles.board_ids)
        others = Role.objects.filter(peers, person__in=User.objects.active())
        others = others.exclude(person=person).exclude(person=OuterRef("member"))
        return appeals.exclude(
            action__actor__in=Role.objects.filter(higher).values("person")
        ).exclude(Q(action__actor=person) & Exists(others))

    def for_moderator(self, person: User) -> AppealQuerySet:
        """Filter the appeals against actions in the boards that this person moderates."""
        actions = ModerationAction.objects.for_admin(person).values("pk")
        return self.filter(action__in=actions).select_related(
            "member", "action__actor", "action__board", "action__thread", "answered_by", "record"
        )


class Appeal(models.Model):
    """A member's appeal against an action; upheld by undoing it, or declined with a reason."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("upheld")
        DECLINED = "declined", _("declined")

    action = models.ForeignKey(
        ModerationAction, models.PROTECT, related_name="appeals", verbose_name=_("against")
    )
    member = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="appeals", verbose_name=_("member")
    )
    words = models.CharField(_("words"), max_length=MAX_APPEAL_LENGTH)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    answered_at = models.DateTimeField(_("decided at"), null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("decided by"),
    )
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome.choices, blank=True)
    # The entry of the log that answers it.
    record = models.ForeignKey(ModerationAction, models.PROTECT, null=True, related_name="+")

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        indexes = [models.Index(fields=["id"], condition=Q(answered_at=None), name="appeal_open")]
        constraints = [
            models.UniqueConstraint(fields=["action", "member"], name="appeal_once"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, outcome="", record=None)
                | Q(answered_at__isnull=False, record__isnull=False) & ~Q(outcome=""),
                name="appeal_answered_with_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member}: {self.action}"

    def get_absolute_url(self) -> str:
        return f"/appeals/{self.pk}/"

    @property
    def is_open(self) -> bool:
        return self.answered_at is None
