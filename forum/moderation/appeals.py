"""Appealing against a moderation action, and answering an appeal."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.actions.moderator_alerts import alert_moderators
from forum.actions.transactions import retrying_transaction
from forum.errors import Invalid
from forum.lib.text import clean_source, is_blank
from forum.log_entry_types import LogEntryType, register_type
from forum.models import Appeal, ModerationAction, ModerationEffect, ModerationNotification, User
from forum.models.appeals import MAX_APPEAL_LENGTH
from forum.moderation.audit_log import AffectedUsers, NewEntry, close_entry, open_entry
from forum.moderation.undo import undo
from forum.permissions import can_answer_appeal, can_appeal

# Whoever appealed is notified by the answer.
DECLINE_APPEAL = register_type(
    LogEntryType("decline-appeal", gettext_lazy("declined an appeal"), is_public=False)
)


@retrying_transaction
def appeal_against(action: ModerationAction, *, actor: User, words: str) -> Appeal:
    """Ask a different moderator to review an action; return the appeal, the first if sent twice.

    Raises `Invalid` or `NotAllowed`.
    """
    words = clean_source(words).strip()
    if is_blank(words):
        raise Invalid(_("Please say what was wrong with the decision."))
    if len(words) > MAX_APPEAL_LENGTH:
        raise Invalid(
            _("An appeal can have at most %(most)d characters.") % {"most": MAX_APPEAL_LENGTH}
        )
    before = Appeal.objects.filter(action=action, member=actor).first()
    if before:
        return before
    can_appeal(actor, action).enforce()
    appeal = Appeal.objects.create(action=action, member=actor, words=words)
    alert_moderators(
        ModerationNotification.Cause.NEW_APPEAL, lambda person: can_answer_appeal(person, appeal)
    )
    return appeal


@retrying_transaction
def uphold_appeal(appeal: Appeal, *, actor: User, reason: str, note: str = "") -> Appeal:
    """Undo the action appealed against, as far as it concerns the member; notify them.

    An appeal that was answered keeps its answer. Raises `NotAllowed`, `Invalid`, `Busy`, and
    `Conflict` when nothing is left to undo.
    """
    appeal = _locked(appeal)
    if not appeal.is_open:
        return appeal
    can_answer_appeal(actor, appeal).enforce()
    undone = undo(appeal.action, actor=actor, reason=reason, note=note, member=appeal.member)
    notified = ModerationNotification.objects.filter(action=undone.action, member=appeal.member)
    notified.update(cause=ModerationNotification.Cause.APPEAL)
    return _answered(appeal, Appeal.Outcome.UPHELD, actor, undone.action)


@retrying_transaction
def decline_appeal(appeal: Appeal, *, actor: User, reason: str, note: str = "") -> Appeal:
    """Decline an appeal, with a reason for the member. This can't be undone.

    An appeal that was answered keeps its answer. Raises `NotAllowed`, `Invalid` or `Busy`.
    """
    appeal = _locked(appeal)
    if not appeal.is_open:
        return appeal
    can_answer_appeal(actor, appeal).enforce()
    board = appeal.action.board_id
    affected = AffectedUsers(people={appeal.member_id: set()}, boards={board} if board else set())
    record = open_entry(NewEntry(DECLINE_APPEAL.name, actor, reason, note), affected)
    states = ({"appeal": "open"}, {"appeal": Appeal.Outcome.DECLINED})
    close_entry(record, [(ModerationEffect.Kind.PERSON, appeal.member_id, *states)], affected)
    ModerationNotification.objects.create(
        member=appeal.member, cause=ModerationNotification.Cause.APPEAL, action=record
    )
    return _answered(appeal, Appeal.Outcome.DECLINED, actor, record)


def _locked(appeal: Appeal) -> Appeal:
    appeals = Appeal.objects.select_for_update(of=("self",))
    return appeals.select_related("action__board", "action__actor", "member").get(pk=appeal.pk)


def _answered(appeal: Appeal, outcome: str, actor: User, record: ModerationAction) -> Appeal:
    appeal.answered_at, appeal.answered_by = timezone.now(), actor
    appeal.outcome, appeal.record = outcome, record
    appeal.save(update_fields=["answered_at", "answered_by", "outcome", "record"])
    return appeal
