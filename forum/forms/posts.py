"""The composer's form."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.actions.drafts import Writing
from forum.lib.text import clean_source

# More posts than anybody quotes in one reply.
MAX_QUOTED = 20


class SourceField(forms.CharField):
    """Text as it was typed, but for what cannot be stored. What makes a good post is the action's
    rule."""

    def __init__(self) -> None:
        super().__init__(required=False, strip=False)

    def to_python(self, value: object) -> str:
        return clean_source(str(value or ""))


class PostIdsField(forms.Field):
    """The ids of posts that the quote button was pressed for; anything odd is left out."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: object) -> list[int]:
        sent = value if isinstance(value, list) else []
        return [int(each) for each in sent[:MAX_QUOTED] if re.fullmatch("[0-9]{1,18}", str(each))]


def number(most: int) -> forms.IntegerField:
    odd = _("The form is out of date. Please reload the page.")
    return forms.IntegerField(
        required=False,
        min_value=1,
        max_value=most,
        error_messages={"invalid": odd, "min_value": odd, "max_value": odd},
    )


class PostForm(forms.Form):
    """A post's text and, for a new thread, its title, with what the form remembers: see `Writing`,
    whose fields these are."""

    source = SourceField()
    title = SourceField()
    quoted_post_ids = PostIdsField(required=False)
    nonce = forms.UUIDField(required=False)
    base_revision = number(2**62)
    original_hash = forms.CharField(required=False)
    last_seen_post = number(2**62)
    acknowledged_post = number(2**62)
    acknowledged_edit = number(2**62)
    version = number(2**30)
    autosave_seq = number(2**30)

    def clean(self) -> None:
        if any("\x00" in self.data.get(name, "") for name in ("source", "title")):
            raise forms.ValidationError(_("Null characters are not allowed."))

    @property
    def writing(self) -> Writing:
        """Return the fields that are valid; those that are not are left out."""
        self.full_clean()
        return Writing(**self.cleaned_data)

    @property
    def error(self) -> str:
        """The first thing that is wrong; empty when nothing is."""
        return str(next(iter(self.errors.values()))[0]) if self.errors else ""
