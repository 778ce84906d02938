"""Assigning cases of the review queue to a moderator, who is notified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.errors import Conflict, Invalid, UserError
from forum.log_entry_types import LogEntryType
from forum.models import (
    Case,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    PendingPost,
    Post,
    User,
)
from forum.models.reports import is_reported
from forum.models.review_queue import CaseQuerySet
from forum.models.roles import moderators_except
from forum.moderation.base import Plan, StateAction
from forum.moderation.forms import ModerationForm
from forum.moderation.registry import register, register_state
from forum.moderation.targets import PENDING, POST, TargetState
from forum.permissions import can_answer_reports, can_decide_on


def _case_of(target: Post | PendingPost) -> CaseQuerySet:
    cases = Case.objects.open()
    return (
        cases.filter(post=target) if isinstance(target, Post) else cases.filter(pending_post=target)
    )


def _read_assignee(target: Post | PendingPost) -> int | None:
    return _case_of(target).filter(is_assigned=True).values_list("assignee", flat=True).first()


def _write_assignee(
    values: Sequence[tuple[Post | PendingPost, int | None]], action: ModerationAction
) -> None:
    for target, person in values:
        _withdraw_notification(target)
        _case_of(target).update(
            assignee=person,
            is_assigned=person is not None,
            claimed_at=action.created_at if person else None,
        )
        if person not in (None, action.actor_id):
            ModerationNotification.objects.create(
                member_id=person,
                cause=ModerationNotification.Cause.CASE,
                post=target if isinstance(target, Post) else None,
                action=action,
            )


def _withdraw_notification(target: Post | PendingPost) -> None:
    """Delete the unread notification of the person whom the case was assigned to before."""
    given = ModerationNotification.objects.unread().filter(cause=ModerationNotification.Cause.CASE)
    if isinstance(target, Post):
        given = given.filter(post=target)
    else:
        kind = ModerationEffect.Kind.PENDING_POST
        about = ModerationEffect.objects.filter(kind=kind, target_id=target.pk)
        given = given.filter(post=None, action__in=about.values("action"))
    given.delete()


def _cannot_have_it(target: Post | PendingPost, person_id: int | None) -> UserError | None:
    if not _case_of(target).exists():
        return Conflict(gettext("There are no open reports on this post."))
    person = User.objects.filter(pk=person_id or 0).first()
    if person is None:
        return None
    if isinstance(target, Post):
        may = can_answer_reports(person, target)
    else:
        may = can_decide_on(person, target)
    if may:
        return None
    words = gettext("%(name)s can’t decide on this. Choose someone else.")
    return Invalid(words % {"name": person.username})


ASSIGNEE = register_state(
    TargetState(
        POST.kind,
        "assignee",
        _read_assignee,
        _write_assignee,
        can_answer_reports,
        _cannot_have_it,
    )
)
PENDING_ASSIGNEE = register_state(
    TargetState(
        PENDING.kind,
        "assignee",
        _read_assignee,
        _write_assignee,
        can_decide_on,
        _cannot_have_it,
    )
)


class AssignForm(ModerationForm):
    to = forms.ChoiceField(label=_("Assignee"), required=False)
    field_order = ["to", "reason", "note", "seen"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.moderators = {str(each.pk): each for each in moderators_except(())}
        names = sorted((each.username, pk) for pk, each in self.moderators.items())
        choices = [("", _("Unassigned")), *((pk, name) for name, pk in names)]
        self.fields["to"] = forms.ChoiceField(
            label=self.fields["to"].label, required=False, choices=choices
        )
        self.fields["reason"].help_text = _("For the assignee and the moderation log.")

    def clean_to(self) -> User | None:
        return self.moderators.get(self.cleaned_data["to"])


class _AssignAction(StateAction[Any]):
    entry = LogEntryType(
        "assign-case", _("assigned a case"), inverse="assign-case", is_public=False
    )
    question = ngettext_lazy("Assign this case?", "Assign these %(count)d cases?", "count")
    outcome = _("The assignee is notified. The case stays assigned until one of you reassigns it.")
    done = ngettext_lazy("Case assigned.", "%(count)d cases assigned.", "count")
    form = AssignForm

    def plan(self, targets: Sequence[Any], *, to: User | None) -> Plan:
        return self.set_to(targets, to.pk if to else None)


class AssignCase(_AssignAction):
    """Assign the cases of reported posts to one moderator, or to nobody."""

    kind = POST
    slug = "assign"
    position = 43
    group = _("Reports")
    button = _("Assign")
    state = ASSIGNEE

    def is_applicable(self, target: Post) -> bool:
        return is_reported(target)


class AssignPendingPost(_AssignAction):
    """Assign the cases of pending posts to one moderator, or to nobody."""

    kind = PENDING
    slug = "give"
    position = 12
    button = _("Assign pending post")
    state = PENDING_ASSIGNEE

    def is_applicable(self, target: PendingPost) -> bool:
        return target.is_waiting


assign_case = register(AssignCase())
assign_pending_post = register(AssignPendingPost())
