"""The form to request the permanent deletion of one's own account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forum.forms.accounts import Plain


def delete_posts_field(label: Any) -> forms.TypedChoiceField:
    """Return the choice whether posts are deleted with their author's account."""
    return forms.TypedChoiceField(
        label=label,
        choices=[("", _("Keep, without the name")), ("1", _("Delete permanently too"))],
        coerce=bool,
        required=False,
    )


class OwnErasureForm(Plain):
    with_posts = delete_posts_field(_("Your posts"))
