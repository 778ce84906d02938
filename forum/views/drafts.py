"""A member's drafts: listing, discarding and restoring them."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from forum.actions.drafts import discard_draft, take_back_draft
from forum.models import Draft
from forum.models.posts import post_path
from forum.presenters.drafts import draft_entries
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.form_drafts import discarded
from forum.views.read_only import read_only


@never_cache
@read_only
@member_required
def index(request: MemberRequest) -> HttpResponse:
    """Show all drafts of the member, the one saved last first."""
    drafts = Draft.objects.of_member(request.user).kept().latest().with_context(request.user)
    return render(request, "drafts/list.html", {"drafts": draft_entries(drafts, request.user)})


@require_POST
@member_action
def discard(request: MemberRequest, draft_id: int) -> HttpResponse:
    """Discard a draft and go back to where it was shown: at its post, or in the list."""
    own = get_object_or_404(Draft.objects.of_member(request.user), pk=draft_id)
    draft = discard_draft(own, actor=request.user)
    posts = draft.purpose.posts
    is_at_post = posts and "list" not in request.POST
    return discarded(request, draft, back=post_path(posts[0]) if is_at_post else reverse("drafts"))


@require_POST
@member_action
def take_back(request: MemberRequest, draft_id: int) -> HttpResponse:
    """Restore a discarded draft and continue writing."""
    own = get_object_or_404(Draft.objects.of_member(request.user), pk=draft_id)
    draft = take_back_draft(own, actor=request.user)
    messages.success(request, _("Draft restored."))
    return redirect(draft.get_absolute_url() or "drafts")
