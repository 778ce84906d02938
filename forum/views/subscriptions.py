"""Following and muting: the buttons, and the page of all that a member follows or mutes."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from forum.actions.subscriptions import subscribe
from forum.errors import Gone, UserError
from forum.lib.htmx import wants_fragment
from forum.models import Board, Post, Subscription, Tag, Thread
from forum.models.posts import post_url
from forum.models.subscriptions import SubscriptionTarget
from forum.presenters.subscriptions import (
    FollowedEntry,
    choice_address,
    control_of,
    filter_links,
    key_of,
)
from forum.queries.subscriptions import (
    CONDITIONS_BY_FILTER,
    enclosing_subscriptions,
    fetch_subscriptions,
)
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.next_page import next_page
from forum.views.read_only import read_only

SUBSCRIPTIONS_PER_PAGE = 50

DONE = {
    Subscription.Choice.FOLLOW: _lazy("Following."),
    Subscription.Choice.MAIL: _lazy("Following, with each post by mail."),
    Subscription.Choice.MUTE: _lazy("Muted."),
    Subscription.Choice.NONE: _lazy("Stopped."),
}


@read_only
@member_required
def index(request: MemberRequest) -> HttpResponse:
    """Show what a member follows and mutes, the latest first: all of it, or one kind."""
    shown = request.GET.get("show", "")
    if shown not in CONDITIONS_BY_FILTER:
        raise Http404
    after = id_param(request.GET, "after", "s")
    found = fetch_subscriptions(request.user, shown, after)
    rows = list(found[: SUBSCRIPTIONS_PER_PAGE + 1])
    here = request.get_full_path()
    context = {
        "tabs": filter_links(shown),
        "entries": [FollowedEntry(row, here) for row in rows[:SUBSCRIPTIONS_PER_PAGE]],
        "shown": shown,
        "next_after": rows[SUBSCRIPTIONS_PER_PAGE - 1].pk
        if len(rows) > SUBSCRIPTIONS_PER_PAGE
        else None,
    }
    return render(request, "subscriptions/list.html", context)


@require_POST
@member_action
def change(request: MemberRequest, target: str, choice: str) -> HttpResponse:
    """Follow, mute or stop; for htmx, answer with the buttons as they are now."""
    found, page = find_target(request, target)
    back = next_page(request, "")
    try:
        before = subscribe(found, choice, actor=request.user)
    except UserError as error:
        if not wants_fragment(request):
            raise
        return _show_control(request, found, back, error)
    if wants_fragment(request):
        return _show_control(request, found, back)
    undo = choice_address(key_of(found), before, back)
    messages.success(request, DONE[Subscription.Choice(choice)], extra_tags=undo)
    return redirect(back or page)


def _show_control(
    request: MemberRequest, target: SubscriptionTarget, back: str, error: UserError | None = None
) -> HttpResponse:
    around = enclosing_subscriptions(target, request.user)
    control = control_of(target, around, back=back, error=str(error.message) if error else "")
    context = {"control": control, "is_sent": True}
    status = error.status if error else 200
    return render(request, "subscriptions/_control.html", context, status=status)


def find_target(request: MemberRequest, key: str) -> tuple[SubscriptionTarget, str]:
    """Return what a key such as `p12` names, and the address of its page.

    A thread, `t5`, is the branch of its opening post, and a synonym is its tag. Raises `Http404`,
    or `Gone` for a merged thread.
    """
    letter, pk = key[0], int(key[1:])
    if letter == "b":
        board = get_object_or_404(Board, pk=pk)
        return board, board.get_absolute_url()
    if letter == "g":
        tag = get_object_or_404(Tag.objects.select_related("synonym_of"), pk=pk)
        return tag.synonym_of or tag, tag.get_absolute_url()
    posts = Post.objects.visible_to(request.user).select_related("thread")
    if letter == "t":
        thread = get_object_or_404(Thread.objects.visible_to(request.user), pk=pk)
        if thread.merged_into_id:
            raise Gone(_("This thread was merged into another one."))
        return get_object_or_404(posts.opening_of(thread.pk)), thread.get_absolute_url()
    post = posts.filter(pk=pk).first()
    if post is None:  # what is gone can still be stopped
        mine = Subscription.objects.filter(member=request.user)
        own = get_object_or_404(mine.select_related("branch__thread"), branch=pk)
        assert own.branch
        return own.branch, reverse("following")
    return post, post.thread.get_absolute_url() if post.is_opening else post_url(post)
