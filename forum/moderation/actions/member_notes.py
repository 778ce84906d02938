"""Notes about a member, by moderators for moderators; the member is not notified."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType, register_type
from forum.models import User
from forum.models.visibility import Reader
from forum.moderation.base import Action, Plan
from forum.moderation.forms import ModerationForm, TextField
from forum.moderation.registry import register, register_state
from forum.moderation.targets import MEMBER, TargetState, lock_people
from forum.permissions import PermissionResult, can_note

NOTED = register_state(
    TargetState(
        kind=MEMBER.kind,
        key="noted",
        read=lambda _person: None,  # the note is the reason of the entry
        write=lambda _values, _action: None,
        permission=can_note,
    )
)

RETRACT_NOTE = register_type(
    LogEntryType(
        "retract-note",
        _("deleted a note about a member"),
        inverse="note-person",
        is_public=False,
        topic="notes",
    )
)


class NoteForm(ModerationForm):
    """The form for a note, which takes the place of the reason."""

    ready = note = None  # type: ignore[assignment]
    reason = TextField(
        label=_("Note"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Shown to moderators on the member’s page."),
    )


class NoteMember(Action[User]):
    """Write a note about a member; its author can delete it for ten minutes."""

    entry = LogEntryType(
        "note-person",
        _("wrote a note about a member"),
        inverse="retract-note",
        is_public=False,
        topic="notes",
    )
    kind = MEMBER
    slug = "note"
    position = 10
    button = _("Add note")
    question = ngettext_lazy(
        "Add a note about this member", "Add a note about these %(count)d members", "count"
    )
    outcome = _(
        "For moderators only; the member isn’t notified. You can delete it for ten minutes."
    )
    done = ngettext_lazy("Note added.", "%(count)d notes added.", "count")
    form = NoteForm
    is_for_one = True
    is_repeatable = True

    def permission(self, actor: Reader, target: User) -> PermissionResult:
        return can_note(actor, target)

    def plan(self, targets: Sequence[User]) -> Plan:
        return Plan(
            lock_people([person.pk for person in targets]),
            is_done=lambda _person: False,
            changes=lambda person: [(NOTED, person, None)],
        )


note_person = register(NoteMember())
