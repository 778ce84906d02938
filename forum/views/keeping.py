"""What is typed into a form and not taken: kept, and given back. Nothing of it is ever lost.

Members' texts are drafts; what is no post, their session keeps. Nothing is kept of who is signed
out: the page that refuses their form shows it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from forum.actions.drafts import discard_draft, save_draft
from forum.actions.limits import spend
from forum.errors import Conflict, LoggedOutWhileWriting, UserError
from forum.forms.posts import PostForm
from forum.lib.htmx import wants_fragment
from forum.lib.text import is_blank
from forum.models import Draft, User
from forum.models.limits import DRAFTS
from forum.permissions import PermissionResult
from forum.presenters.new_activity import meanwhile
from forum.presenters.times import moment_of

if TYPE_CHECKING:
    from forum.views.compose import Composer

KEPT = "kept_text"
# The session is a row in the database: a few forms' worth of text, not a store.
FORMS_KEPT = 5
BYTES_KEPT = 500_000  # two posts of the greatest length, in any script
FIELDS = ("title", "source", "reason", "note")


# -- Drafts ---------------------------------------------------------------------------------------


def keep(request: HttpRequest, composer: Composer) -> None:
    """Save what the composer holds; shows the other text when another device has saved since."""
    if not isinstance(request.user, User) or composer.purpose is None:
        keep_text(request)
        return
    try:
        draft = _save(request.user, composer)
    except Conflict:
        show_other(composer, request.user)
    except UserError:
        keep_text(request)
    else:
        composer.take_state(draft)


def _save(member: User, composer: Composer) -> Draft | None:
    assert composer.purpose
    return save_draft(composer.purpose, member=member, written=composer.written)


def draft_for(composer: Composer, member: User) -> Draft | None:
    """What this member has kept of what the composer is for."""
    if composer.purpose is None:
        return None
    return Draft.objects.of(member).kept().purposed(composer.purpose).first()


def show_other(composer: Composer, member: User) -> None:
    """Let the composer show the draft that another device has saved: who goes on has seen it."""
    composer.other = draft_for(composer, member)
    composer.version = composer.other.version if composer.other else None
    composer.saved_at = None


def give_back(request: HttpRequest, composer: Composer) -> bool:
    """Put what was typed here and not taken into the composer; tells whether there was anything."""
    draft = draft_for(composer, request.user) if isinstance(request.user, User) else None
    typed = kept_text(request)
    if draft:
        composer.show_draft(draft)
        composer.notice = _("Draft from %(when)s.") % {"when": moment_of(draft.saved_at)}
    if typed and typed.get("source", "") != composer.source:
        composer.title = typed.get("title", composer.title)
        composer.source = typed.get("source", composer.source)
        composer.notice = _("This is what you had written when it could not be posted.")
        composer.other = draft
    return bool(draft or typed)


# -- What a composer's form asks for besides being posted -----------------------------------------


def set_aside(
    request: HttpRequest, composer: Composer, form: PostForm, permission: PermissionResult
) -> HttpResponse | None:
    """The answer to a form that is saved, discarded or exchanged; None when it is to be posted.

    `permission` tells whether it may be; raises `UserError` when not. Saved it can be all the same,
    unless the form was sent before with other words (`AlreadySent`).
    """
    form.checked()
    if not isinstance(request.user, User):
        raise LoggedOutWhileWriting
    if request.POST.get("do") not in ("discard", "use") and not is_blank(composer.source):
        composer.was_sent_by(request.user)
    match request.POST.get("do"):
        case "save":
            return _saved(request, composer, request.user, permission.error)
        case "discard":
            return _discarded(request, composer, request.user)
        case "use":
            return _exchanged(request, composer, request.user)
    permission.enforce()
    return None


def _saved(
    request: HttpRequest, composer: Composer, member: User, error: UserError | None
) -> HttpResponse:
    composer.error = error
    status = 200
    try:
        spend(f"person:{member.pk}", DRAFTS)
        composer.take_state(_save(member, composer))
    except Conflict as changed:
        show_other(composer, member)
        status = changed.status
    look_around(composer, member)
    return show(request, composer, status)


def look_around(composer: Composer, writer: User) -> None:
    """See what others have done meanwhile around the post that is answered."""
    if composer.target and composer.purpose and composer.purpose.parent_id:
        composer.meanwhile = meanwhile(
            composer.target, writer, known=composer.known, base=composer.base
        )


def _discarded(request: HttpRequest, composer: Composer, member: User) -> HttpResponse:
    """Give the text up; it was never saved, perhaps, and can be taken back all the same."""
    try:
        draft = _save(member, composer)
    except Conflict:
        show_other(composer, member)
        return show(request, composer, Conflict.status)
    forget_text(request)
    if draft is None:
        return redirect(composer.back)
    return discarded(request, discard_draft(draft, actor=member), back=composer.back)


def discarded(request: HttpRequest, draft: Draft, *, back: str) -> HttpResponse:
    """Say that a draft was discarded, with the way to take that back."""
    if wants_fragment(request):
        return render(request, "drafts/_discarded.html", {"draft": draft})
    undo = reverse("draft-take-back", args=[draft.pk])
    messages.success(request, _("Draft discarded."), extra_tags=undo)
    return redirect(back)


def _exchanged(request: HttpRequest, composer: Composer, member: User) -> HttpResponse:
    """The draft from the other device, in place of what was written here."""
    draft = draft_for(composer, member)
    if draft:
        composer.show_draft(draft)
        forget_text(request)
    return show(request, composer)


def show(request: HttpRequest, composer: Composer, status: int = 200) -> HttpResponse:
    """The composer: a page, the part under a post, or what became of a saving in passing."""
    template = "posts/compose.html"
    if composer.turn is not None:
        template = "drafts/_state.html"
    elif wants_fragment(request):
        template = "posts/_composer.html"
    response = render(request, template, {"composer": composer}, status=status)
    if composer.error and composer.error.retry_after is not None:
        response.headers["Retry-After"] = str(composer.error.retry_after)
    return response


# -- The session ----------------------------------------------------------------------------------


def typed_text(request: HttpRequest) -> dict[str, str]:
    """Return what was typed into the form that this request brings, by field."""
    return {name: request.POST[name] for name in FIELDS if request.POST.get(name)}


def keep_text(request: HttpRequest) -> bool:
    """Keep what was typed into the form at this address; tells whether `kept_text` has it now.

    Of members only: anybody can send forms, and fill the disk. To others the page that refuses
    theirs shows it.
    """
    typed = typed_text(request)
    if not typed or not request.user.is_authenticated or _size(typed) > BYTES_KEPT:
        return False
    kept: dict[str, Any] = request.session.get(KEPT, {})
    kept.pop(request.path, None)
    kept[request.path] = typed | {"writer": request.POST.get("writer", "")[:20]}
    while len(kept) > FORMS_KEPT or _size(kept) > BYTES_KEPT:
        del kept[next(iter(kept))]
    request.session[KEPT] = kept
    return bool(kept_text(request))


def _size(kept: dict[str, Any]) -> int:
    """Return the bytes that it has in a session, before they are compressed."""
    return len(json.dumps(kept))


def kept_text(request: HttpRequest) -> dict[str, str]:
    """What was typed at this address and not taken, by field; empty when nothing was.

    Who signs in where somebody else was signed out is not given that one's words.
    """
    kept: dict[str, dict[str, str]] = request.session.get(KEPT, {})
    typed = kept.get(request.path, {})
    return typed if typed.get("writer", "") in ("", str(request.user.pk)) else {}


def forget_text(request: HttpRequest) -> None:
    """The text typed at this address was taken, or given up."""
    kept = request.session.get(KEPT, {})
    if kept.pop(request.path, None) is not None:
        request.session[KEPT] = kept
