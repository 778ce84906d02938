"""What moderators send: why, and until when; and the deeds that the page and the admin offer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forum.actions.moderation import LONGEST_PACE
from forum.forms.accounts import Plain
from forum.markup.render import MAX_SOURCE
from forum.models import ReasonTemplate

LONGEST = timedelta(days=10 * 366)
# What the public log leaves out: only the people concerned are told why.
PRIVATE = {
    *("warn", "silence", "unsilence", "anonymise"),
    *("uphold", "dismiss", "reopen", "approve", "reject"),
}


class ReasonForm(Plain):
    """Why, which is asked of every act."""

    ready = forms.ChoiceField(
        label=_("Choose a wording"),
        required=False,
        widget=forms.Select({"data-js-reasons": "", "data-js-needs": "reasons"}),
        help_text=_("It is given unless you write something else below."),
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The people concerned read it, and everybody who comes across it."),
    )
    note = forms.CharField(
        label=_("Note for moderators"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Nobody else reads it. May be empty."),
    )

    def __init__(self, *args: Any, deed: str = "", **kwargs: Any) -> None:
        """`deed` is what it is asked for: some reasons stand ready for some deeds only."""
        super().__init__(*args, **kwargs)
        if "ready" not in self.fields:
            return
        if deed in PRIVATE:
            self.fields["reason"].help_text = _("The people concerned read it.")
        ready = ReasonTemplate.objects.offered_for(deed).values_list("pk", "text")
        self.texts = {str(pk): text for pk, text in ready}
        if not self.texts:
            del self.fields["ready"]
            return
        field = cast(forms.ChoiceField, self.fields["ready"])
        field.choices = [("", _("None: I write my own")), *self.texts.items()]
        self.fields["reason"].required = False
        names = [name for name in self.fields if name != "ready"]
        names.insert(names.index("reason"), "ready")
        self.order_fields(names)

    def clean(self) -> dict[str, Any]:
        """The words that were written, else those that were chosen."""
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.pop("ready", "")
        if "reason" in cleaned and not cleaned["reason"]:
            cleaned["reason"] = self.texts.get(chosen, "")
            if not chosen:
                self.add_error("reason", _("Please give a reason, or choose one."))
        return cleaned


class ModerationForm(ReasonForm):
    # The stamp of what was shown: see `forum.models.version_tokens`.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=100)

    def clean_seen(self) -> str | None:
        return self.cleaned_data["seen"] or None

    def look_again(self, stamp: str) -> None:
        """Take what is shown now as seen: whoever sends this again has been told of the change."""
        self.data = {name: self.data[name] for name in self.data} | {"seen": stamp}


class InBoardForm(ModerationForm):
    """With a board to choose, which is looked up before the page is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("board")
        if isinstance(field, forms.ModelChoiceField):
            field.choices = list(field.iterator(field))


class EndForm(ModerationForm):
    """What ends by itself, or when somebody ends it."""

    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your own time zone. Empty: until somebody lifts it."),
    )
    field_order = ["reason", "minutes", "until", "note", "seen"]

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is None:
            return None
        if until <= timezone.now():
            raise forms.ValidationError(_("It ends in the future."))
        if until > timezone.now() + LONGEST:
            raise forms.ValidationError(_("Leave this empty for so many years."))
        return until


class SlowForm(EndForm):
    minutes = forms.IntegerField(
        label=_("Minutes between two posts of one person"),
        min_value=1,
        max_value=LONGEST_PACE,
        initial=10,
    )


class EditForm(ModerationForm):
    source = forms.CharField(
        label=_("The text of the post"),
        strip=False,
        widget=forms.Textarea({"rows": 10}),
        max_length=MAX_SOURCE,
        help_text=_("Markdown. Everybody sees that a moderator changed it, and what was changed."),
    )
    field_order = ["source", "reason", "note", "seen"]
