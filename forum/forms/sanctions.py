"""Warning, silencing and suspending members."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions import sanctions
from forum.actions.acts import Single
from forum.forms.deed import Deed
from forum.forms.moderation import EndForm, InBoardForm, ModerationForm
from forum.models import Board, Restriction
from forum.models.acts import Act
from forum.permissions import can_note, can_sanction


class WhereForm(InBoardForm):
    """In one board, or on the whole site."""

    board = forms.ModelChoiceField(
        label=_("Where"),
        queryset=Board.objects.order_by("name"),
        required=False,
        empty_label=_("The whole site"),
    )
    field_order = ["reason", "board", "note", "seen"]


class SanctionForm(WhereForm, EndForm):
    """From where, until when, and what goes with it."""

    since = forms.DateTimeField(
        label=_("Hide what they wrote there since"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("Empty: nothing. Preview tells how many posts that is."),
    )
    field_order = ["reason", "board", "until", "since", "note", "seen"]


class NoteForm(ModerationForm):
    """The note is the reason of its record; nothing stands ready for that."""

    ready = note = None  # type: ignore[assignment]
    reason = forms.CharField(
        label=_("Note"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Moderators read it beside what else is known of the member."),
    )


NOTE = Deed(
    "note",
    Single(Act.NOTE_PERSON, sanctions.note_person),
    can_note,
    lambda _person: True,
    _("Write a note"),
    ngettext_lazy("A note about this member", "Notes about these %(count)d members", "count"),
    _("For moderators only; the member is never told. You can delete it for ten minutes."),
    ngettext_lazy("The note is written.", "%(count)d notes are written.", "count"),
    NoteForm,
    is_for_one=True,
)
WARN = Deed(
    "warn",
    Single(Act.WARN_PERSON, sanctions.warn_person),
    can_sanction,
    lambda _person: True,
    _("Warn"),
    ngettext_lazy("Warn this member?", "Warn these %(count)d members?", "count"),
    _("They are told the reason, and nobody else. Nothing else changes."),
    ngettext_lazy("The member is warned.", "%(count)d members are warned.", "count"),
    WhereForm,
    is_for_one=True,
)
SILENCE = Deed(
    "silence",
    sanctions.silence_person,
    can_sanction,
    lambda person: not person.is_kept(Restriction.Kind.SILENCE),
    _("Silence"),
    ngettext_lazy("Silence this member?", "Silence these %(count)d members?", "count"),
    _("They write nothing new; what they wrote they can still edit and delete."),
    ngettext_lazy("The member is silenced.", "%(count)d members are silenced.", "count"),
    SanctionForm,
    counts=sanctions.written_since,
)
UNSILENCE = Deed(
    "unsilence",
    sanctions.lift_silence,
    can_sanction,
    lambda person: person.is_kept(Restriction.Kind.SILENCE),
    _("Let them speak again"),
    ngettext_lazy(
        "Let this member speak again?", "Let these %(count)d members speak again?", "count"
    ),
    _("They can write again."),
    ngettext_lazy("The member can write again.", "%(count)d members can write again.", "count"),
    WhereForm,
)
SUSPEND = Deed(
    "suspend",
    sanctions.suspend_person,
    can_sanction,
    lambda person: not person.is_suspended,
    _("Suspend"),
    ngettext_lazy("Suspend this member?", "Suspend these %(count)d members?", "count"),
    _("They can log in and read, but not write; they are told the reason."),
    ngettext_lazy("The member is suspended.", "%(count)d members are suspended.", "count"),
    SanctionForm,
    counts=sanctions.written_since,
)
LIFT = Deed(
    "lift",
    sanctions.lift_suspension,
    can_sanction,
    lambda person: person.is_suspended or person.is_kept(Restriction.Kind.SUSPENSION),
    _("Lift the suspension"),
    ngettext_lazy(
        "Lift the suspension of this member?",
        "Lift the suspension of these %(count)d members?",
        "count",
    ),
    _("They can write again."),
    ngettext_lazy("The member can write again.", "%(count)d members can write again.", "count"),
    WhereForm,
)
