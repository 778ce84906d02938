"""Appealing against what a moderator did, and answering that."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.records import Concerned, close_record, open_record
from forum.actions.transactions import retrying_transaction
from forum.actions.undo import undo
from forum.errors import Invalid
from forum.lib.text import clean_source, is_blank
from forum.models import Appeal, ModerationAction, ModerationEffect, ModerationNotification, User
from forum.models.acts import Act
from forum.models.appeals import WORDS_LENGTH
from forum.permissions import can_answer_appeal, can_appeal

Kind = ModerationEffect.Kind


@retrying_transaction
def appeal_against(action: ModerationAction, *, actor: User, words: str) -> Appeal:
    """Ask that somebody else looks at an act; returns the appeal, the first one if sent twice.

    Raises `Invalid` or `NotAllowed`.
    """
    words = clean_source(words).strip()
    if is_blank(words):
        raise Invalid(_("Please say what was wrong with it."))
    if len(words) > WORDS_LENGTH:
        raise Invalid(_("An appeal has at most %(most)d characters.") % {"most": WORDS_LENGTH})
    before = Appeal.objects.filter(action=action, member=actor).first()
    if before:
        return before
    can_appeal(actor, action).enforce()
    return Appeal.objects.create(action=action, member=actor, words=words)


@retrying_transaction
def uphold_appeal(appeal: Appeal, *, actor: User, reason: str, note: str = "") -> Appeal:
    """Undo what was appealed against, as far as it concerns the member, who is told.

    Answered already, it stays as it was answered. Raises `NotAllowed`, `Invalid`, `Busy`, and
    `Changed` when nothing is left to undo.
    """
    appeal = _locked(appeal)
    if not appeal.is_open:
        return appeal
    can_answer_appeal(actor, appeal).enforce()
    undone = undo(appeal.action, actor=actor, reason=reason, note=note, of=appeal.member)
    told = ModerationNotification.objects.filter(action=undone.action, member=appeal.member)
    told.update(cause=ModerationNotification.Cause.APPEAL)
    return _answered(appeal, Appeal.Outcome.UPHELD, actor, undone.action)


@retrying_transaction
def decline_appeal(appeal: Appeal, *, actor: User, reason: str, note: str = "") -> Appeal:
    """Let an act stand, and tell the member why. It can't be undone.

    Answered already, it stays as it was answered. Raises `NotAllowed`, `Invalid` or `Busy`.
    """
    appeal = _locked(appeal)
    if not appeal.is_open:
        return appeal
    can_answer_appeal(actor, appeal).enforce()
    board = appeal.action.board_id
    concerned = Concerned(people={appeal.member_id: set()}, boards={board} if board else set())
    record = open_record(
        Act.DECLINE_APPEAL, actor=actor, reason=reason, note=note, concerned=concerned
    )
    states = ({"appeal": "open"}, {"appeal": Appeal.Outcome.DECLINED})
    close_record(record, [(Kind.PERSON, appeal.member_id, *states)], concerned)
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
