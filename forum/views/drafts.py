"""One's own drafts: all of them, giving one up, and taking that back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from forum.actions.drafts import discard_draft, take_back_draft
from forum.errors import LoggedOut
from forum.models import Draft, User
from forum.models.posts import post_path
from forum.presenters.drafts import listed
from forum.views.keeping import discarded
from forum.views.read_only import read_only


@never_cache
@read_only
def index(request: HttpRequest) -> HttpResponse:
    """All drafts of the member who asks, the one saved last first."""
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    drafts = Draft.objects.of(request.user).kept().latest().with_context(request.user)
    return render(request, "drafts/list.html", {"drafts": listed(drafts, request.user)})


@require_POST
def discard(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Give a draft up, and go back to where it was offered: at its post, or in the list."""
    draft, member = _own(request, draft_id)
    draft = discard_draft(draft, actor=member)
    posts = draft.purpose.posts
    is_at_post = posts and "list" not in request.POST
    return discarded(request, draft, back=post_path(posts[0]) if is_at_post else reverse("drafts"))


@require_POST
def take_back(request: HttpRequest, draft_id: int) -> HttpResponse:
    """Keep a given-up draft after all, and go on with it."""
    draft, member = _own(request, draft_id)
    draft = take_back_draft(draft, actor=member)
    messages.success(request, _("Your draft is back."))
    return redirect(draft.get_absolute_url() or "drafts")


def _own(request: HttpRequest, draft_id: int) -> tuple[Draft, User]:
    if not isinstance(request.user, User):
        raise LoggedOut
    return get_object_or_404(Draft.objects.of(request.user), pk=draft_id), request.user
