"""What moderators did, for ever: append-only, also against the admin and the shell."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.models.accounts import User
from forum.models.posts import Post
from forum.models.threads import Thread


class ModerationActionQuerySet(models.QuerySet["ModerationAction"]):
    def about(self, kind: str, target_id: int) -> ModerationActionQuerySet:
        """What was done to that post, thread or person, the latest first."""
        effects = ModerationEffect.objects.filter(kind=kind, target_id=target_id)
        return self.filter(pk__in=effects.values("action"))

    def for_desk(self, person: User) -> ModerationActionQuerySet:
        """The log as far as it is about what this person moderates, with all that it says."""
        entries = self.select_related("actor", "undoes", "undone_by").prefetch_related("effects")
        if person.standing.moderates_all:
            return entries
        threads = Thread.objects.moderated_by(person)
        posts = Post.objects.order_by().filter(thread__in=threads)
        effects = ModerationEffect.objects.filter(
            models.Q(kind=ModerationEffect.Kind.THREAD, target_id__in=threads.values("pk"))
            | models.Q(kind=ModerationEffect.Kind.POST, target_id__in=posts.values("pk"))
        )
        return entries.filter(pk__in=effects.values("action"))


class ModerationAction(models.Model):
    """One deed of a moderator, with its reason. Triggers in the database refuse changes."""

    class Act(models.TextChoices):
        HIDE_POST = "hide-post", _("hid a post")
        UNHIDE_POST = "unhide-post", _("unhid a post")
        LOCK_THREAD = "lock-thread", _("locked a thread")
        UNLOCK_THREAD = "unlock-thread", _("unlocked a thread")
        PIN_THREAD = "pin-thread", _("pinned a thread")
        UNPIN_THREAD = "unpin-thread", _("unpinned a thread")
        SUSPEND_PERSON = "suspend-person", _("suspended a member")
        LIFT_SUSPENSION = "lift-suspension", _("lifted a suspension")
        MOVE_BRANCH = "move-branch", _("moved a branch")
        SPLIT_BRANCH = "split-branch", _("split a branch off")
        MERGE_THREAD = "merge-thread", _("merged a thread")
        UNMERGE_THREAD = "unmerge-thread", _("took a merge back")
        UPHOLD_REPORTS = "uphold-reports", _("took reports as right")
        DISMISS_REPORTS = "dismiss-reports", _("dismissed reports")
        REOPEN_REPORTS = "reopen-reports", _("opened reports again")

    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("moderator")
    )
    act = models.CharField(_("act"), max_length=20, choices=Act.choices)
    reason = models.CharField(_("reason"), max_length=500)
    note = models.CharField(_("note for moderators"), max_length=2000, blank=True)
    batch = models.UUIDField(_("batch"), null=True, blank=True)
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    objects = ModerationActionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("moderation action")
        verbose_name_plural = _("moderation log")
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(reason=""), name="moderationaction_has_reason"
            )
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.get_act_display()}"


class ModerationEffect(models.Model):
    """What an action changed: one row per target, with the state before and after."""

    class Kind(models.TextChoices):
        POST = "post", _("post")
        THREAD = "thread", _("thread")
        PERSON = "person", _("member")

    action = models.ForeignKey(ModerationAction, models.PROTECT, related_name="effects")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    target_id = models.BigIntegerField()
    before = models.JSONField()
    after = models.JSONField()

    class Meta:
        indexes = [models.Index(fields=["kind", "target_id"], name="moderationeffect_target")]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "kind", "target_id"], name="moderationeffect_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target_id}"
