"""The form of a bookmark."""

from __future__ import annotations

from datetime import date

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.forms.accounts import Plain
from forum.models.bookmarks import BOOKMARK_NOTE_LENGTH


class BookmarkForm(Plain):
    # The name is in `form_drafts.FIELDS`, so that the text is kept while logging in.
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=BOOKMARK_NOTE_LENGTH,
        required=False,
        help_text=gettext_lazy("Optional. Only you see it."),
    )
    remind_on = forms.DateField(
        label=gettext_lazy("Remind me on"),
        required=False,
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
        input_formats=["%Y-%m-%d"],
        help_text=gettext_lazy("Optional. The post will be in your inbox on that day."),
        error_messages={"invalid": gettext_lazy("Write the day like 2026-11-30.")},
    )

    def clean_remind_on(self) -> date | None:
        """Accept days from today on, and within ten years."""
        day: date | None = self.cleaned_data["remind_on"]
        today = timezone.localdate()
        if day is not None and day < today:
            raise forms.ValidationError(_("Choose today or a later day."))
        if day is not None and day.year > today.year + 10:
            raise forms.ValidationError(_("Choose a day within ten years."))
        return day
