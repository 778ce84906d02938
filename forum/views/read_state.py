"""Read state: recording what a member has read, and links from one unread post to the next."""

from __future__ import annotations

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import format_html
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
from forum.models import Post, Thread
from forum.models.posts import post_url
from forum.models.read_state import read_state_of
from forum.models.threads import POSTS_PER_PAGE
from forum.presenters.read_state import UnreadSummary, load_page_token
from forum.queries.notification_counts import recount_unread_notifications
from forum.queries.read_state import MAX_UNREAD_COUNTED, first_unread_unopened, next_unread_post
from forum.queries.threads import with_read_state
from forum.url_params import id_param
from forum.views.auth import MemberRequest, is_member, member_action, member_required
from forum.views.posts import get_post
from forum.views.read_only import read_only

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


@read_only
@member_required
def next_new(request: MemberRequest, thread_id: int) -> HttpResponse:
    """Redirect to the first unread post in tree order, or the first after a given one.

    If the given post is no longer in the thread, start from the beginning. At the end, stay at the
    post that was being read.
    """
    threads = with_read_state(Thread.objects.visible_to(request.user), request.user)
    thread = get_object_or_404(threads, pk=thread_id)
    if thread.merged_into_id:
        return redirect("thread-next", thread.merged_into_id)
    here = _post_asked_for(request, thread, "from")
    read_state = read_state_of(thread, request.user)
    if read_state is None:
        post = first_unread_unopened(thread, request.user)
    else:
        post = next_unread_post(thread, request.user, read_state, after=here)
    if post and post.is_opening:
        return redirect(thread)
    if post:
        post.thread = thread
        return redirect(post_url(post))
    say_no_more(request, thread)
    reading_on = _post_asked_for(request, thread, "reading")
    here = reading_on or here or Post.objects.opening_of(thread.pk).get()
    here.thread = thread
    return redirect(post_url(here))


def _post_asked_for(request: HttpRequest, thread: Thread, name: str) -> Post | None:
    post_id = id_param(request.GET, name, "p")
    return Post.objects.filter(pk=post_id, thread=thread).first() if post_id else None


def say_no_more(request: HttpRequest, thread: Thread) -> None:
    """Respond that nothing unread follows; offer a link to unread posts further up."""
    read_state = read_state_of(thread, request.user)
    if read_state and is_member(request) and next_unread_post(thread, request.user, read_state):
        words = format_html(
            '{} <a href="/t/{}/next/">{}</a>',
            *(_("No more unread posts."), thread.pk, _("Go back to the first?")),
        )
        messages.info(request, words)
    else:
        messages.info(request, _("No more unread posts."))
