"""A member's pending posts: the message after posting, their pages, and withdrawing one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from forum.actions.premoderation import withdraw_pending_post
from forum.lib.htmx import wants_fragment
from forum.models import Draft, PendingPost
from forum.moderation.offers import links_on
from forum.presenters.pending_posts import pending_post_entries, pending_post_page
from forum.views.auth import MemberRequest, is_member, member_action, member_required
from forum.views.read_only import read_only

ENDED_POSTS_SHOWN = 30


def show_pending(request: HttpRequest, pending: PendingPost) -> HttpResponse:
    """Respond that a post is pending: in the composer's place, or on a page."""
    assert is_member(request)
    pending = PendingPost.objects.with_context().get(pk=pending.pk)
    if wants_fragment(request):
        sent = {"pending_post": pending}
        return render(request, "pending_posts/_sent.html", sent, status=202)
    context = {"page": pending_post_page(pending, request.user)}
    return render(request, "pending_posts/detail.html", context, status=202)


@never_cache
@read_only
@member_required
def index(request: MemberRequest) -> HttpResponse:
    """Show a member's own pending posts, then how the latest of the others ended."""
    mine = PendingPost.objects.of_member(request.user).with_context()
    context = {
        "waiting": pending_post_entries(mine.waiting(), request.user),
        "ended": pending_post_entries(mine.ended()[:ENDED_POSTS_SHOWN], request.user),
    }
    return render(request, "pending_posts/index.html", context)


@never_cache
@read_only
@member_required
def detail(request: MemberRequest, pending_post_id: int) -> HttpResponse:
    """Show a pending post to its author and to moderators who can decide on it; 404 for others."""
    pending = get_object_or_404(
        PendingPost.objects.visible_to(request.user).with_context(), pk=pending_post_id
    )
    context = {
        "page": pending_post_page(pending, request.user),
        "moderation_links": links_on(pending, request.user),
    }
    return render(request, "pending_posts/detail.html", context)


@require_POST
@member_action
def withdraw(request: MemberRequest, pending_post_id: int) -> HttpResponse:
    """Withdraw one's own pending post, to change or discard it; its text becomes a draft."""
    pending = get_object_or_404(PendingPost.objects.visible_to(request.user), pk=pending_post_id)
    purpose = withdraw_pending_post(pending, actor=request.user)
    if request.POST.get("do") != "change":
        messages.success(request, _("Withdrawn. The text is in your drafts."))
        return HttpResponseRedirect("/pending/", status=303)
    draft = Draft.objects.of_member(request.user).purposed(purpose).first()
    return redirect((draft and draft.get_absolute_url()) or "drafts")
