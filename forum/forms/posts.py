"""What the composer sends."""

from __future__ import annotations

import re
from uuid import UUID

from django import forms
from django.http import QueryDict

from forum.errors import Invalid

# More posts than anybody quotes in one reply.
MOST_POINTED_AT = 20


class PostForm(forms.Form):
    """A post's text and, for a new thread, its title. What makes a good post is the action's rule.

    `nonce` tells this form from every other, `base` is the number of the revision, of the post
    edited or answered, that it began from, `known` the id of the thread's latest post then,
    `quoted` the ids of posts that were quoted with the button (may be repeated). `told` and
    `told_edit` are the latest answer and edit by others that it has shown. `version` is that of
    the draft seen last, `turn` counts the savings in passing.
    """

    data: QueryDict

    title = forms.CharField(required=False, strip=False)
    source = forms.CharField(required=False, strip=False)
    nonce = forms.UUIDField(required=False)
    base = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    known = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    told = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    told_edit = forms.IntegerField(required=False, min_value=1, max_value=2**62)
    version = forms.IntegerField(required=False, min_value=1, max_value=2**30)
    turn = forms.IntegerField(required=False, min_value=1, max_value=2**30)

    def checked(self) -> None:
        """Raise `Invalid` when what was sent cannot have come from the form."""
        if not self.is_valid():
            raise Invalid(str(next(iter(self.errors.values()))[0]))

    def text(self, name: str) -> str:
        """A field as it was sent."""
        return str(self.data.get(name, "")).replace("\x00", "\ufffd")

    def number(self, name: str) -> int | None:
        value = self.cleaned_data.get(name) if self.is_valid() else None
        return value if isinstance(value, int) else None

    @property
    def nonce_value(self) -> UUID | None:
        return self.cleaned_data.get("nonce")

    def pointed_at(self) -> list[int]:
        """The ids of posts that the quote button was pressed for; anything odd is left out."""
        sent = self.data.getlist("quoted")[:MOST_POINTED_AT]
        return [int(value) for value in sent if re.fullmatch("[0-9]{1,18}", value)]
