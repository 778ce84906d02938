"""Form drafts: text that was typed and refused is kept and shown again.

Members' posts become drafts; other text is kept in the session. Nothing is stored for visitors: the
page that refuses their form shows the text.
"""

from __future__ import annotations

import json
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from forum.forms.posts import MAX_TAGS_SENT, IdsField
from forum.lib.htmx import wants_fragment
from forum.models import Draft

KEPT = "kept_text"
# Sessions are rows of the database, so only a few forms are kept.
FORMS_KEPT = 5
BYTES_KEPT = 500_000  # two posts of the greatest length, in any script
FIELDS = ("title", "source", "reason", "note")


def discarded(request: HttpRequest, draft: Draft, *, back: str) -> HttpResponse:
    """Respond that a draft was discarded, with a link to restore it."""
    if wants_fragment(request):
        return render(request, "drafts/_discarded.html", {"draft": draft})
    announce_discarded(request, draft)
    return redirect(back)


def announce_discarded(request: HttpRequest, draft: Draft) -> None:
    """Say on the next page that a draft was discarded, with a button that restores it."""
    undo = reverse("draft-take-back", args=[draft.pk])
    messages.success(request, _("Draft discarded."), extra_tags=undo)


def typed_text(request: HttpRequest) -> dict[str, str]:
    """Return the text typed into the form of this request, by field."""
    return {name: request.POST[name] for name in FIELDS if request.POST.get(name)}


def keep_text(request: HttpRequest) -> bool:
    """Store the text typed into the form at this address; return whether `kept_text` has it now.

    Only members' text is stored: anybody can send forms, and could fill the disk.
    """
    typed = typed_text(request)
    if not typed or not request.user.pk or _size(typed) > BYTES_KEPT:
        return False
    kept: dict[str, Any] = request.session.get(KEPT, {})
    kept.pop(request.path, None)
    kept[request.path] = typed | {
        "writer": request.POST.get("writer", "")[:20],
        "tag_ids": IdsField(MAX_TAGS_SENT).clean(request.POST.getlist("tag_ids")),
    }
    while len(kept) > FORMS_KEPT or _size(kept) > BYTES_KEPT:
        del kept[next(iter(kept))]
    request.session[KEPT] = kept
    return bool(kept_text(request))


def _size(kept: dict[str, Any]) -> int:
    """Return the size in a session in bytes, before compression."""
    return len(json.dumps(kept))


def kept_text(request: HttpRequest) -> dict[str, Any]:
    """Return what was typed at this address and refused, by field; empty if there is none.

    Nobody gets the text of another member who was logged out in the same browser.
    """
    kept: dict[str, dict[str, Any]] = request.session.get(KEPT, {})
    typed = kept.get(request.path, {})
    return typed if typed.get("writer", "") in ("", str(request.user.pk)) else {}


def forget_text(request: HttpRequest) -> None:
    """Forget the text typed at this address, after it was posted or discarded."""
    kept = request.session.get(KEPT, {})
    if kept.pop(request.path, None) is not None:
        request.session[KEPT] = kept
