"""The form for mail settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.models import MailSettings
from forum.models.mail_settings import MAIL_CAUSES


class MailSettingsForm(forms.ModelForm):
    hour = forms.TypedChoiceField(
        label=_("Time of daily and weekly mail"),
        help_text=_("In your time zone. Weekly mail comes on Mondays."),
        coerce=int,
        choices=[(hour, f"{hour:02}:00") for hour in range(24)],
    )

    class Meta:
        model = MailSettings
        fields = [*MAIL_CAUSES, "hour", "is_off"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name != "is_off":
                field.widget.attrs["class"] = "field"
