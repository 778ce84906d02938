"""Notes on a case of the review queue, by moderators for moderators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType, register_type
from forum.models import PendingPost, Post
from forum.models.reports import is_reported, was_reported
from forum.models.visibility import Reader
from forum.moderation.actions.member_notes import NoteForm
from forum.moderation.base import Action, Plan
from forum.moderation.forms import TextField
from forum.moderation.registry import register, register_state
from forum.moderation.targets import PENDING, POST, TargetState
from forum.permissions import PermissionResult, can_answer_reports, can_decide_on

CASE_NOTED = {
    kind: register_state(
        TargetState(
            kind=kind.kind,
            key="noted",
            read=lambda _target: None,  # the note is the reason of the entry
            write=lambda _values, _action: None,
            permission=permission,
        )
    )
    for kind, permission in ((POST, can_answer_reports), (PENDING, can_decide_on))
}

RETRACT_CASE_NOTE = register_type(
    LogEntryType(
        "retract-case-note",
        _("deleted a note on a case"),
        inverse="note-case",
        is_public=False,
        topic="notes",
    )
)


class CaseNoteForm(NoteForm):
    reason = TextField(
        label=_("Note"),
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
        help_text=_("Only moderators can read it."),
    )


class _NoteAction(Action[Any]):
    """Write a note on a case; its author can delete it for ten minutes."""

    entry = LogEntryType(
        "note-case",
        _("wrote a note on a case"),
        inverse="retract-case-note",
        is_public=False,
        topic="notes",
    )
    slug = "note"
    position = 44
    group = _("Reports")
    is_for_cases = False  # which have a form for it
    button = _("Add note to case")
    question = ngettext_lazy(
        "Add a note on this case", "Add a note on these %(count)d cases", "count"
    )
    outcome = _("For moderators only. You can delete it for ten minutes.")
    done = ngettext_lazy("Note added.", "%(count)d notes added.", "count")
    form = CaseNoteForm
    is_for_one = True
    is_repeatable = True

    def permission(self, actor: Reader, target: Any) -> PermissionResult:
        return CASE_NOTED[self.kind].permission(actor, target)  # type: ignore[arg-type]

    def plan(self, targets: Sequence[Any]) -> Plan:
        return Plan(
            self.kind.lock([target.pk for target in targets]),
            is_done=lambda _target: False,
            changes=lambda target: [(CASE_NOTED[self.kind], target, None)],
        )


class NoteCase(_NoteAction):
    """Write a note on the case of a reported post."""

    kind = POST

    def is_applicable(self, target: Post) -> bool:
        return is_reported(target) or was_reported(target)


class NotePendingCase(_NoteAction):
    """Write a note on the case of a pending post."""

    kind = PENDING

    def is_applicable(self, target: PendingPost) -> bool:
        return True


note_case = register(NoteCase())
note_pending_case = register(NotePendingCase())
