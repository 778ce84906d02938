"""The form to report a post."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.forms.accounts import Plain
from forum.models import Report
from forum.models.reports import MAX_REPORT_LENGTH


class ReportForm(Plain):
    reason = forms.ChoiceField(
        label=_("What’s wrong with it?"),
        choices=Report.Reason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Please choose a reason.")},
    )
    # The name is in `form_drafts.FIELDS`, so that the text is kept while logging in.
    note = forms.CharField(
        label=_("Details for the moderators"),
        max_length=MAX_REPORT_LENGTH,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Optional."),
    )
