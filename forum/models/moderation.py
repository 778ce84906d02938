"""The moderation log: append-only, also against the admin and the shell."""

from __future__ import annotations

from collections.abc import Collection

from django.conf import settings
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forum.log_entry_types import LogEntryType, entry_type, public_types, type_choices, types_about
from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.threads import Thread
from forum.models.visibility import Reader


def moderator_in_words(name: str, board: str | None) -> str:
    """Return the moderator as members read it: “a moderator of Gardening”, or the name."""
    if settings.MODERATOR_NAMES:
        return name
    if board is None:
        return gettext("a moderator")
    return gettext("a moderator of %(board)s") % {"board": board}


class ModerationActionQuerySet(models.QuerySet["ModerationAction"]):
    def about(self, kind: str, target_id: int) -> ModerationActionQuerySet:
        """Filter the actions on a post, thread or person."""
        effects = ModerationEffect.objects.filter(kind=kind, target_id=target_id)
        return self.filter(pk__in=effects.values("action"))

    def visible_to(self, reader: Reader) -> ModerationActionQuerySet:
        """Filter the public log: without actions between moderators and one member.

        Actions in a thread that its author deleted are for moderators. Moderators see all of their
        boards, members also what concerns them.
        """
        entries = self.select_related("actor", "board", "thread", "undoes", "undone_by")
        if isinstance(reader, User) and reader.roles.is_site_moderator:
            return entries
        public = Q(act__in=public_types(), thread__deleted_at=None)
        if isinstance(reader, User):
            mine = ModerationAction.objects.concerning(reader).values("pk")
            public |= Q(board__in=reader.roles.board_ids) | Q(pk__in=mine) | Q(actor=reader)
        return entries.filter(public)

    def concerning(self, member: User) -> ModerationActionQuerySet:
        """Filter the actions that this member was notified of."""
        about = {"notifications__member": member, "notifications__cause__in": ["deed", "appeal"]}
        return self.filter(**about).select_related("actor", "board", "thread")

    def without_deleted_notes(self) -> ModerationActionQuerySet:
        """Leave out moderators' notes that were deleted, with the entries that deleted them."""
        notes = Q(act__in=types_about("notes"))
        return self.exclude(notes & (Q(undone_by__isnull=False) | Q(undoes__isnull=False)))

    def with_targets(self) -> ModerationActionQuerySet:
        """Add the number of posts that each is about, and the name of the member."""
        effects = ModerationEffect.objects.filter(action=OuterRef("pk")).order_by()
        posts = effects.filter(kind=ModerationEffect.Kind.POST).values("action")
        member = ModerationEffect.objects.filter(
            action=OuterRef(OuterRef("pk")), kind=ModerationEffect.Kind.PERSON
        )
        name = User.objects.filter(pk__in=member.values("target_id")).values("username")[:1]
        return self.annotate(
            posts=Coalesce(Subquery(posts.annotate(count=Count("pk")).values("count")), 0),
            member=Subquery(name),
        )

    def before(self, action_id: int | None) -> ModerationActionQuerySet:
        """Filter entries before that one; all for None."""
        return self if action_id is None else self.filter(pk__lt=action_id)

    def for_admin(self, person: User) -> ModerationActionQuerySet:
        """Filter the actions that this person did, or can moderate, with all their details."""
        entries = self.select_related("actor", "board", "thread", "undoes", "undone_by")
        entries = entries.prefetch_related("effects")
        if person.roles.is_site_moderator:
            return entries
        posts = Post.objects.order_by().filter(thread__in=Thread.objects.moderated_by(person))
        # Few actions concern several boards at once; those are searched for a post in theirs.
        theirs = ModerationEffect.objects.filter(
            action=OuterRef("pk"), kind=ModerationEffect.Kind.POST, target_id__in=posts.values("pk")
        )
        return entries.filter(
            Q(board__in=person.roles.board_ids) | Q(Exists(theirs), board=None) | Q(actor=person)
        )


class ModerationAction(models.Model):
    """An entry of the moderation log: one action, with its reason, on one target or many.

    Triggers in the database refuse changes.
    """

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("moderator")
    )
    act = models.CharField(_("action"), max_length=20, choices=type_choices)
    reason = models.CharField(_("reason"), max_length=500)
    note = models.CharField(_("note for moderators"), max_length=2000, blank=True)
    # The place of the action; empty when it concerns members, or several places.
    board = models.ForeignKey(
        Board, models.PROTECT, null=True, related_name="+", verbose_name=_("board")
    )
    thread = models.ForeignKey(
        Thread, models.PROTECT, null=True, related_name="+", verbose_name=_("thread")
    )
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    objects = ModerationActionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("moderation action")
        verbose_name_plural = _("moderation log")
        indexes = [
            models.Index(fields=["board", "-id"], name="moderationaction_by_board"),
            models.Index(fields=["created_at"], name="moderationaction_by_time"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="moderationaction_has_reason"
            )
        ]

    # Set by `with_targets`.
    posts: int
    member: str | None

    def __str__(self) -> str:
        return f"{self.actor} {self.get_act_display()}"

    def get_absolute_url(self) -> str:
        return f"/log/{self.pk}/"

    @property
    def moderator(self) -> str:
        """Return who did it, as members read it."""
        return moderator_in_words(self.actor.username, self.board.name if self.board else None)

    @property
    def type(self) -> LogEntryType:
        return entry_type(self.act)


class ModerationEffectQuerySet(models.QuerySet["ModerationEffect"]):
    def owners(self, kind: str, ids: Collection[int], key: str) -> dict[int, int]:
        """Return the id of the action that last set `key`, for each of these targets."""
        latest = (
            self.filter(kind=kind, target_id__in=ids, after__has_key=key)
            .order_by("target_id", "-action")
            .distinct("target_id")
        )
        return dict(latest.values_list("target_id", "action"))


class ModerationEffect(models.Model):
    """The effects of an action: one row per target, with the state before and after."""

    class Kind(models.TextChoices):
        POST = "post", _("post")
        THREAD = "thread", _("thread")
        PERSON = "person", _("member")
        # Settings of administrators; see `forum.moderation.configuration`.
        REASON = "reason", _("reason template")
        RULE = "rule", _("review rule")
        CATEGORY = "category", _("category")
        BOARD = "board", _("board")
        SITE = "site", _("front page text")
        TAG = "tag", _("tag")
        PENDING_POST = "pending_post", _("pending post")

    action = models.ForeignKey(ModerationAction, models.PROTECT, related_name="effects")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    target_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    objects = ModerationEffectQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["kind", "target_id"], name="moderationeffect_target")]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "kind", "target_id"], name="moderationeffect_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target_id}"
