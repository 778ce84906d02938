"""What members say against an act of moderators, and how these answer."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.forms.accounts import Plain
from forum.forms.moderation import ReasonForm
from forum.models import Appeal
from forum.models.appeals import WORDS_LENGTH


class AppealForm(Plain):
    note = forms.CharField(
        label=_("What was wrong with it?"),
        max_length=WORDS_LENGTH,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("Moderators read it; another one than who did it answers, if there is one."),
    )


class AnswerForm(ReasonForm):
    outcome = forms.ChoiceField(
        label=_("Your answer"),
        # Nothing is chosen beforehand: neither answer is given by oversight.
        choices=[
            ("", _("Choose one")),
            (Appeal.Outcome.UPHELD, _("They are right: undo it")),
            (Appeal.Outcome.DECLINED, _("It stands; this can’t be changed later")),
        ],
    )
    field_order = ["outcome", "reason", "note"]
