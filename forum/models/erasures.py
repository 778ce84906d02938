"""Requests for permanent deletion: made by one person, confirmed by another."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.moderation import ModerationAction
from forum.models.posts import Post
from forum.models.roles import Role

# Requests that nobody confirmed by then expire.
ASKED_FOR = timedelta(days=14)
# The time limit for requests of members to erase their own account.
OWED_WITHIN = timedelta(days=30)
# Requests fall due this long before their time limit: moderators are reminded of them.
DUE_BEFORE = timedelta(days=7)


class ErasureQuerySet(models.QuerySet["Erasure"]):
    def open(self) -> ErasureQuerySet:
        """Filter requests that wait for a second person; a member's own stay open until done."""
        fresh = Q(asked_at__gt=Now() - ASKED_FOR)
        return self.filter(fresh | Q(asked_by=F("person")), closed_at=None)

    def due_soon(self) -> ErasureQuerySet:
        """Filter the open requests whose time limit is less than a week away, or over."""
        own = Q(asked_by=F("person"), asked_at__lte=Now() + (DUE_BEFORE - OWED_WITHIN))
        return self.open().filter(
            own | Q(asked_at__lte=Now() + (DUE_BEFORE - ASKED_FOR)) & ~Q(asked_by=F("person"))
        )

    def confirmable_by(self, person: User) -> ErasureQuerySet:
        """Filter the open requests that this person may confirm, as `can_confirm_erasure` says."""
        if not person.roles.is_site_moderator:
            return self.none()
        is_administrator = person.roles.is_administrator
        same_rank = Q(kind=Role.Kind.ADMINISTRATOR) if is_administrator else Q(board=None)
        peers = Role.objects.filter(same_rank).values("person")
        others = self.open().exclude(asked_by=person).exclude(person=person)
        found = others.exclude(post__author__in=peers)
        if is_administrator:
            return found.exclude(~Q(asked_by=F("person")), person__in=peers)
        return found.exclude(asked_by=F("person")).exclude(person__in=peers)

    def expired(self) -> ErasureQuerySet:
        return self.filter(closed_at=None).exclude(pk__in=self.model.objects.open().values("pk"))

    def about(self, target: Post | User) -> ErasureQuerySet:
        """Filter the requests to erase a post or a member."""
        return self.filter(post=target) if isinstance(target, Post) else self.filter(person=target)


class Erasure(models.Model):
    """A request to erase a post or a member, and its outcome."""

    class Outcome(models.TextChoices):
        DONE = "done", _("permanently deleted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("not confirmed in time")

    post = models.ForeignKey(
        Post, models.PROTECT, null=True, related_name="+", verbose_name=_("post")
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("member"),
    )
    with_posts = models.BooleanField(_("including all posts"), default=False)
    reason = models.CharField(_("reason"), max_length=500)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("requested by")
    )
    asked_at = models.DateTimeField(_("requested at"), default=timezone.now)
    # When moderators were reminded that it falls due.
    reminded_at = models.DateTimeField(null=True, editable=False)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # None when the operator did it on the command line.
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("closed by"),
    )
    outcome = models.CharField(_("decision"), max_length=10, choices=Outcome.choices, blank=True)
    # The entry of the log about it.
    record = models.ForeignKey(ModerationAction, models.PROTECT, null=True, related_name="+")

    objects = ErasureQuerySet.as_manager()

    class Meta:
        verbose_name = _("permanent deletion")
        verbose_name_plural = _("permanent deletions")
        constraints = [
            models.CheckConstraint(
                condition=Q(post=None, person__isnull=False) | Q(post__isnull=False, person=None),
                name="erasure_of_one_thing",
            ),
            models.UniqueConstraint(
                fields=["post"], condition=Q(closed_at=None), name="erasure_of_post_once"
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(closed_at=None), name="erasure_of_person_once"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, outcome="", closed_by=None)
                | Q(closed_at__isnull=False) & ~Q(outcome=""),
                name="erasure_closed_with_outcome",
            ),
            # Nobody erases anything alone.
            models.CheckConstraint(
                condition=~Q(outcome="done") | Q(closed_by=None) | ~Q(closed_by=F("asked_by")),
                name="erasure_by_two",
            ),
        ]

    def __str__(self) -> str:
        return str(self.target)

    @property
    def target(self) -> Post | User:
        found = self.post or self.person
        assert found
        return found

    @property
    def is_own(self) -> bool:
        """Return whether members asked for their own erasure."""
        return self.asked_by_id == self.person_id

    @property
    def due_at(self) -> datetime:
        """Return when a member's own request is due, or when another request expires."""
        return self.asked_at + (OWED_WITHIN if self.is_own else ASKED_FOR)

    @property
    def is_open(self) -> bool:
        return self.closed_at is None and (self.is_own or timezone.now() < self.due_at)
