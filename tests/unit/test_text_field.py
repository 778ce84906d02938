"""Texts in forms are counted as they are stored."""

from __future__ import annotations

import pytest
from django import forms

from forum.moderation.forms import TextField


class Form(forms.Form):
    text = TextField(max_length=10, widget=forms.Textarea)


@pytest.mark.parametrize(
    ("sent", "is_valid"),
    [("1\r\n3\r\n5\r\n7\r\n90", True), ("🎉" * 10, True), ("🎉" * 11, False), ("a" * 11, False)],
)
def test_line_break_and_emoji_count_once(sent: str, is_valid: bool) -> None:
    form = Form({"text": sent})
    assert form.is_valid() is is_valid
    if is_valid:
        assert form.cleaned_data["text"] == sent.replace("\r\n", "\n")


def test_browser_does_not_count_by_its_own_rule() -> None:
    assert "maxlength" not in str(Form()["text"])
    assert "maxlength" not in str(Form({"text": "a" * 11})["text"])
