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

    own_posts = forms.BooleanField(
        label=_("Mail me my own posts, too"),
        help_text=_("Where you follow with each post by mail."),
        required=False,
    )

    class Meta:
        model = MailSettings
        fields = [*MAIL_CAUSES, "own_posts", "hour", "is_off"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if not isinstance(field, forms.BooleanField):
                field.widget.attrs["class"] = "field"
