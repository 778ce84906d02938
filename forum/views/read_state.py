"""Read state: recording what a member has read, and what is unread again."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from forum.actions.read_state import (
    mark_branch_read,
    mark_revisions_read,
    mark_thread_read,
    mark_unread_from,
)
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import capped, parse_numbers
from forum.models import Thread
from forum.models.posts import post_url
from forum.models.threads import POSTS_PER_PAGE
from forum.presenters.read_state import UnreadSummary, load_page_token
from forum.queries.notification_counts import recount_unread_notifications
from forum.queries.read_state import MAX_UNREAD_COUNTED
from forum.views.auth import MemberRequest, is_member, member_action
from forum.views.posts import get_post

# More posts than one page shows.
MAX_REVISIONS_AT_ONCE = 2 * POSTS_PER_PAGE
# The smallest picture there is: a GIF of one transparent pixel.
PIXEL = bytes.fromhex("4749463839610100010080000000000000000021f90401000000002c000000000100010000")
PIXEL += bytes.fromhex("02024401003b")


def _thread(request: HttpRequest, thread_id: int) -> Thread:
    return get_object_or_404(Thread.objects.visible_to(request.user), pk=thread_id)


@require_POST
@member_action
def seen(request: MemberRequest, thread_id: int) -> HttpResponse:
    """Record the revisions that were on the member's screen; with `all`, the whole thread.

    Answer with the counts of unread posts and notifications, which may be lower now.
    """
    member, thread = request.user, _thread(request, thread_id)
    if request.POST.get("all"):
        mark_thread_read(thread, member=member)
        messages.success(request, _("Marked as read."))
        return redirect(thread)
    numbers = parse_numbers(request.POST.get("numbers", "").split(",")[:MAX_REVISIONS_AT_ONCE])
    unread = mark_revisions_read(thread, member=member, numbers=numbers)
    context = {
        "unread": UnreadSummary(unread, is_more=unread == MAX_UNREAD_COUNTED),
        "unread_notifications": capped(recount_unread_notifications(member)),
    }
    return render(request, "threads/_read.html", context)


@require_safe
def served(request: HttpRequest, thread_id: int) -> HttpResponse:
    """Record the posts of a page that was served without scripts.

    The image's address is signed for this member and a day, so that nobody else can make a browser
    record anything.
    """
    try:
        member_id, in_thread, numbers = load_page_token(request.GET.get("page", ""))
    except signing.BadSignature as error:
        raise Http404 from error
    if not is_member(request) or (member_id, in_thread) != (request.user.pk, thread_id):
        raise Http404
    mark_revisions_read(_thread(request, thread_id), member=request.user, numbers=numbers)
    return HttpResponse(PIXEL, content_type="image/gif", headers={"Cache-Control": "no-store"})


@require_POST
@member_action
def read(request: MemberRequest, post_id: int) -> HttpResponse:
    """Mark a post and everything below it as read."""
    member, post = request.user, get_post(request, post_id)
    mark_branch_read(post, member=member)
    messages.success(request, _("Marked as read."))
    return redirect(post_url(post))


@require_POST
@member_action
def unread(request: MemberRequest, post_id: int) -> HttpResponse:
    """Mark a post and everything after it as unread, and leave the page that shows them."""
    member, post = request.user, get_post(request, post_id)
    mark_unread_from(post, member=member)
    if wants_fragment(request):
        return render(request, "threads/_marked_unread.html")
    messages.success(request, _("Marked as unread from there."))
    return redirect(post.thread.board)
