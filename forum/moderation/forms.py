"""The form that asks moderators for a reason, and the fields that several actions add."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.utils import timezone
from django.utils.text import normalize_newlines
from django.utils.translation import gettext_lazy as _

from forum.forms.accounts import Plain
from forum.models import Appeal, Board, ReasonTemplate, User
from forum.moderation.time_limits import check_is_future

MAX_DURATION = timedelta(days=10 * 366)
# The first of the reason templates that have a button of their own.
MAX_TEMPLATE_BUTTONS = 5


class TextField(forms.CharField):
    """A text that people write, counted as it is stored.

    Browsers count differently: an emoji is two or more, and they send a line break as two. So the
    field has no `maxlength`, and nobody is stopped before the limit.
    """

    def to_python(self, value: Any) -> str:
        return str(normalize_newlines(super().to_python(value) or ""))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs


class ReasonForm(Plain):
    """The reason, which every action asks for."""

    ready = forms.ChoiceField(
        label=_("Template"),
        required=False,
        widget=forms.Select({"data-js-reasons": "", "data-js-needs": "reasons"}),
        help_text=_("Used unless you write your own reason below."),
    )
    reason = TextField(
        label=_("Reason"),
        max_length=500,
        help_text=_("The people affected will read it. It is also public in the moderation log."),
    )
    texts: Mapping[str, str] = {}  # of the templates, by their ids

    note = TextField(
        label=_("Note for moderators"),
        max_length=2000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text=_("Only moderators can read it. Optional."),
    )

    def __init__(
        self,
        *args: Any,
        action: str = "",
        actor: User | None = None,
        is_reason_public: bool = True,
        **kwargs: Any,
    ) -> None:
        """Offer `actor` what they may choose, and the reasons for the action of that name."""
        super().__init__(*args, **kwargs)
        self.actor = actor
        if "ready" not in self.fields:
            return
        if not is_reason_public:
            self.fields["reason"].help_text = _("The people affected will read it.")
        ready = ReasonTemplate.objects.offered_for(action).values_list("pk", "text")
        self.texts = {str(pk): text for pk, text in ready}
        if not self.texts:
            del self.fields["ready"]
            return
        field = cast(forms.ChoiceField, self.fields["ready"])
        field.choices = [("", _("None: write my own")), *self.texts.items()]
        self.fields["reason"].required = False
        self._write_template_of_button()
        names = [name for name in self.fields if name != "ready"]
        names.insert(names.index("reason"), "ready")
        self.order_fields(names)

    @property
    def template_buttons(self) -> list[tuple[str, str]]:
        """Return the templates to choose and send with one button: pairs of (value, text)."""
        return list(self.texts.items())[:MAX_TEMPLATE_BUTTONS]

    def _write_template_of_button(self) -> None:
        """Take the template whose button was pressed for the reason, whatever was written."""
        if text := self.texts.get(self.data.get("template", "")):
            self.data = {name: self.data[name] for name in self.data} | {"reason": text}

    def clean(self) -> dict[str, Any]:
        """Use the reason that was written, or else the template that was chosen."""
        cleaned = super().clean() or self.cleaned_data
        chosen = cleaned.pop("ready", "")
        if "reason" in cleaned and not cleaned["reason"]:
            cleaned["reason"] = self.texts.get(chosen, "")
            if not chosen:
                self.add_error("reason", _("Please give a reason or choose a template."))
        return cleaned


class ModerationForm(ReasonForm):
    """The form of an action; subclasses add what `Action.plan` takes besides."""

    # The version token of what was shown: see `forum.models.version_tokens`.
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=100)

    def clean_seen(self) -> str | None:
        return self.cleaned_data["seen"] or None

    def look_again(self, version: str) -> None:
        """Accept the current version: the page now shows what changed."""
        self.data = {name: self.data[name] for name in self.data} | {"seen": version}


class InBoardForm(ModerationForm):
    """A form with a choice of the boards that the actor moderates.

    Its options are fetched before the page is rendered.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields.get("board")
        if not isinstance(field, forms.ModelChoiceField):
            return
        if self.actor and not self.actor.roles.is_site_moderator:
            self.limit_to(self.actor.roles.board_ids, field)
        field.choices = list(field.iterator(field))

    def limit_to(self, board_ids: Collection[int], field: forms.ModelChoiceField) -> None:
        """Offer these boards only."""
        field.queryset = Board.objects.filter(pk__in=board_ids).order_by("name")


class WhereForm(InBoardForm):
    """A choice between one board and the whole site."""

    board = forms.ModelChoiceField(
        label=_("Where"),
        queryset=Board.objects.order_by("name"),
        required=False,
        empty_label=_("The whole site"),
    )
    field_order = ["reason", "board", "note", "seen"]

    def limit_to(self, board_ids: Collection[int], field: forms.ModelChoiceField) -> None:
        """Offer these boards, and not the whole site."""
        super().limit_to(board_ids, field)
        field.required, field.empty_label = True, None


class TimeLimitForm(ModerationForm):
    """A choice of when something ends, by itself or by hand."""

    until = forms.DateTimeField(
        label=_("Until"),
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your time zone. Leave empty for no end."),
    )
    field_order = ["reason", "minutes", "until", "note", "seen"]

    def clean_until(self) -> datetime | None:
        until: datetime | None = self.cleaned_data["until"]
        if until is not None and until > timezone.now() + MAX_DURATION:
            raise forms.ValidationError(_("Too far in the future. Leave this empty for no end."))
        check_is_future(until)
        return until


class AnswerForm(ReasonForm):
    """The answer to an appeal."""

    outcome = forms.ChoiceField(
        label=_("Your decision"),
        # Nothing is chosen beforehand: neither answer is given by oversight.
        choices=[
            ("", _("Choose one")),
            (Appeal.Outcome.UPHELD, _("Uphold the appeal and undo the action")),
            (Appeal.Outcome.DECLINED, _("Decline the appeal (final)")),
        ],
    )
    field_order = ["outcome", "reason", "note"]
