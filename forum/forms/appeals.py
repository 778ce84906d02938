"""An appeal against a moderation action."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.forms.accounts import Plain
from forum.models.appeals import MAX_APPEAL_LENGTH


class AppealForm(Plain):
    note = forms.CharField(
        label=_("What was wrong with the decision?"),
        max_length=MAX_APPEAL_LENGTH,
        widget=forms.Textarea({"rows": 6}),
        help_text=_("Moderators will read it. If possible, a different moderator decides."),
    )
