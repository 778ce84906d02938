"""Asking that something is erased for ever. Somebody else confirms it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.actions.acts import Single
from forum.actions.erasures import PERSON_ASKED, POST_ASKED, ask_to_anonymise, ask_to_erase
from forum.forms.accounts import Plain
from forum.forms.deed import Deed
from forum.forms.moderation import ModerationForm
from forum.models.acts import Act
from forum.permissions import can_anonymise, can_erase
from forum.presenters.erasures import extent_of_account, extent_of_post


def _with_posts(label: Any, stays: Any, goes: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        choices=[("", stays), ("1", goes)],
        coerce=bool,
        required=False,
    )


class AnonymiseForm(ModerationForm):
    with_posts = _with_posts(
        _("What they wrote"),
        _("Stays, without the name"),
        _("Is erased, too: all of it"),
    )
    field_order = ["with_posts", "reason", "note", "seen"]


class OwnForm(Plain):
    with_posts = _with_posts(
        _("What you wrote"),
        _("Stays, without the name"),
        _("Is erased, too: all of it"),
    )


ERASE = Deed(
    "erase",
    Single(Act.ASK_ERASURE, ask_to_erase),
    can_erase,
    lambda post: not post.is_erased and POST_ASKED.read(post) is None,
    _("Erase for ever"),
    ngettext_lazy("Erase this post for ever?", "Erase these %(count)d posts for ever?", "count"),
    _("Nobody can bring it back. You ask for it; another moderator has to confirm it."),
    ngettext_lazy(
        "Somebody else has to confirm it now.", "Somebody else has to confirm them now.", "count"
    ),
    is_for_one=True,
    extent=extent_of_post,
)
ANONYMISE = Deed(
    "anonymise",
    Single(Act.ASK_ERASURE, ask_to_anonymise),
    can_anonymise,
    lambda person: not person.is_erased and PERSON_ASKED.read(person) is None,
    _("Erase the account"),
    ngettext_lazy(
        "Erase this account for ever?", "Erase these %(count)d accounts for ever?", "count"
    ),
    _("Nobody can bring it back. You ask for it; somebody else has to confirm it."),
    ngettext_lazy(
        "Somebody else has to confirm it now.", "Somebody else has to confirm them now.", "count"
    ),
    AnonymiseForm,
    is_for_one=True,
    extent=extent_of_account,
)
