"""What administrators set up for moderators."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.forms.deeds import DEEDS
from forum.models import HoldRule, ReasonTemplate


class ConfiguredForm(forms.ModelForm):
    """A row whose changes are logged, and the reason that the log gives."""

    why = forms.CharField(
        label=_("Why"),
        max_length=500,
        required=False,
        help_text=_("For the moderation log. May be empty."),
    )


def _deeds() -> Iterator[tuple[Any, list[tuple[str, Any]]]]:
    headings = {
        "post": _("Posts"),
        "held": _("Held posts"),
        "thread": _("Threads"),
        "person": _("Members"),
    }
    for kind, heading in headings.items():
        yield heading, [(deed.name, deed.button) for deed in DEEDS[kind]]
    # What asks for a reason besides.
    yield _("Answers"), [("undo", _("Undo")), ("appeal", _("Answer an appeal"))]


class ReasonTemplateForm(ConfiguredForm):
    deeds = forms.MultipleChoiceField(
        label=_("Offered for"),
        choices=lambda: list(_deeds()),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: for everything."),
    )

    class Meta:
        model = ReasonTemplate
        fields = ["text", "deeds", "position", "is_active"]


class HoldRuleForm(ConfiguredForm):
    class Meta:
        model = HoldRule
        fields = ["kind", "terms", "number", "minutes", "about", "is_active", "note"]
