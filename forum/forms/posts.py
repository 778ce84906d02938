"""The composer's form."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.actions.drafts import Writing
from forum.lib.text import clean_source

# More quotes than one reply needs.
MAX_QUOTED = 20
# More tags than a thread can have, so that a form with too many comes back as it was sent.
MAX_TAGS_SENT = 100


class SourceField(forms.CharField):
    """Text as it was typed, without characters that can't be stored.

    The rules for posts are in the actions.
    """

    def __init__(self) -> None:
        super().__init__(required=False, strip=False)

    def to_python(self, value: object) -> str:
        return clean_source(str(value or ""))


class IdsField(forms.Field):
    """Up to `most` ids, each once; anything invalid is left out."""

    widget = forms.MultipleHiddenInput

    def __init__(self, most: int) -> None:
        super().__init__(required=False)
        self.most = most

    def to_python(self, value: object) -> list[int]:
        sent = value if isinstance(value, list) else []
        ids = (int(each) for each in sent if re.fullmatch("[0-9]{1,18}", str(each)))
        return list(dict.fromkeys(ids))[: self.most]


def number(most: int) -> forms.IntegerField:
    odd = _("The form is out of date. Please reload the page.")
    return forms.IntegerField(
        required=False,
        min_value=1,
        max_value=most,
        error_messages={"invalid": odd, "min_value": odd, "max_value": odd},
    )


class PostForm(forms.Form):
    """The fields of a composer, including hidden ones; they are those of `Writing`."""

    source = SourceField()
    title = SourceField()
    quoted_post_ids = IdsField(MAX_QUOTED)
    tag_ids = IdsField(MAX_TAGS_SENT)
    nonce = forms.UUIDField(required=False)
    base_revision = number(2**62)
    original_hash = forms.CharField(required=False)
    last_seen_post = number(2**62)
    acknowledged_post = number(2**62)
    acknowledged_edit = number(2**62)
    version = number(2**30)
    autosave_seq = number(2**30)
    follow = forms.BooleanField(required=False)

    def clean(self) -> None:
        if any("\x00" in self.data.get(name, "") for name in ("source", "title")):
            raise forms.ValidationError(_("Null characters are not allowed."))

    @property
    def writing(self) -> Writing:
        """Return the valid fields; invalid ones are left out."""
        self.full_clean()
        return Writing(**self.cleaned_data)

    @property
    def error(self) -> str:
        """Return the first error; empty if there is none."""
        return str(next(iter(self.errors.values()))[0]) if self.errors else ""
