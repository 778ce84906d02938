"""Form fields."""

from typing import Any

from django import forms
from django.utils.text import normalize_newlines


class TextField(forms.CharField):
    """A text that people write, counted as it is stored.

    Browsers count differently: an emoji is two or more, and they send a line break as two. So they
    are told no limit, and nobody is stopped before it.
    """

    def to_python(self, value: Any) -> str:
        return str(normalize_newlines(super().to_python(value) or ""))

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        attrs = super().widget_attrs(widget)
        attrs.pop("maxlength", None)
        return attrs
