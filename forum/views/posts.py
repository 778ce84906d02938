"""One post: its address, history, menu and deletion."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from forum.actions.posts import delete_post, undelete_post
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import parse_number
from forum.models import Post, Thread, User
from forum.models.posts import post_path, post_url
from forum.moderation.offers import links_on_post
from forum.permissions import can_delete, can_undelete
from forum.presenters.history import changes_since, history_of
from forum.presenters.ignores import ignore_forms
from forum.presenters.post_menu import (
    inline_links,
    menu_links,
    nearby_links,
    read_state_forms,
    subscription_forms,
)
from forum.presenters.threads import render_post_text
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.costly import costly
from forum.views.read_only import read_only
from forum.views.threads import show_gone

# In the history of an opening post.
TITLE_CHANGES_SHOWN = 20


def get_post(request: HttpRequest, post_id: int) -> Post:
    """Return the post as this reader may see it; raises `Http404` if its thread is hidden."""
    posts = Post.objects.visible_to(request.user).with_context()
    return get_object_or_404(posts, pk=post_id)


@read_only
def detail(request: HttpRequest, post_id: int) -> HttpResponse:
    """Redirect to the post in its thread, or say why it is gone.

    For htmx, return the post itself, for a preview elsewhere.
    """
    posts = Post.objects.visible_to(request.user).with_context()
    post = posts.filter(pk=post_id).first()
    if post is None:
        gone = get_object_or_404(Thread.objects.gone_for(request.user), posts=post_id)
        if wants_fragment(request):
            return render(request, "posts/_quote_preview.html", status=410)
        return show_gone(request, gone, post_id)
    if wants_fragment(request):
        context = {"post": post, "text": render_post_text(post, request.user)}
        status = 200 if post.is_readable else 410
        return render(request, "posts/_quote_preview.html", context, status=status)
    if post.is_readable:
        return redirect(post_url(post))
    can_undo = post.is_deleted and can_undelete(request.user, post)
    context = {"post": post, "place": post_url(post), "can_undo": can_undo}
    return render(request, "posts/gone.html", context, status=410)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def delete(request: MemberRequest, post_id: int) -> HttpResponse:
    """Delete one's own post; GET asks first.

    Also in a thread that is gone for its author: `detail` still shows them their own words. Nothing
    here names such a thread.
    """
    post = _own_post_in_gone_thread(request, post_id) or get_post(request, post_id)
    can_delete(request.user, post).enforce()
    place = _place_for(request.user, post)
    is_gone = place == post_path(post.pk)
    replies = Post.objects.below(post).not_deleted().count()
    if request.method != "POST":
        context = {"post": post, "place": place, "is_gone": is_gone, "replies": replies}
        return render(request, "posts/delete.html", context)
    post.thread = delete_post(post, actor=request.user).thread
    undo = reverse("post-undelete", args=[post.pk])
    messages.success(request, _("Deleted."), extra_tags=undo)
    if post.thread.is_deleted:
        return redirect(post.thread.board)
    # Go to its tombstone, or else to its parent.
    return redirect(place if replies or is_gone or not post.parent else post_url(post.parent))


def _own_post_in_gone_thread(request: MemberRequest, post_id: int) -> Post | None:
    """Return the member's own post if it is in a thread that they cannot open any more."""
    own = Post.objects.written_by(request.user).with_context().filter(pk=post_id)
    post = own.filter(thread__in=Thread.objects.gone_for(request.user)).first()
    if post:
        post.is_readable, post.shown_excerpt = True, post.excerpt
    return post


def _place_for(reader: User, post: Post) -> str:
    """Return the address of a post in its thread; one that says nothing if that is gone."""
    is_gone = Thread.objects.gone_for(reader).filter(pk=post.thread_id).exists()
    return post_path(post.pk) if is_gone else post_url(post)


@require_POST
@member_action
def undelete(request: MemberRequest, post_id: int) -> HttpResponse:
    """Undo the deletion of one's own post, also when its thread was deleted with it, or is gone."""
    own = get_object_or_404(Post.objects.written_by(request.user).with_context(), pk=post_id)
    post = undelete_post(own, actor=request.user)
    messages.success(request, _("Restored."))
    return redirect(_place_for(request.user, post))


@costly
@read_only
def history(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show the versions of a post and their changes."""
    post = get_post(request, post_id)
    if not post.is_readable:
        return redirect(post)
    context: dict[str, object] = {"post": post, "place": post_url(post)}
    number = parse_number(request.GET.get("since", ""))
    if number is not None:
        context["since"] = changes_since(number, post, request.user)
    if context.get("since") and wants_fragment(request):
        return render(request, "posts/_since.html", context)
    before = parse_number(request.GET.get("before", ""))
    history = history_of(post, request.user, before=before)
    if not history.versions:
        raise Http404
    context |= {"history": history, "is_continued": before is not None}
    if post.is_opening and before is None:
        context["title_changes"] = post.thread.title_changes.all()[:TITLE_CHANGES_SHOWN]
    return render(request, "posts/history.html", context)


@read_only
def menu(request: HttpRequest, post_id: int) -> HttpResponse:
    """Show the other actions on a post, on a page or in the menu under “More”."""
    post = get_post(request, post_id)
    template = "posts/_menu.html" if wants_fragment(request) else "posts/menu.html"
    context = {
        "post": post,
        "place": post_url(post),
        "nearby_links": nearby_links(post),
        "action_links": menu_links(post, request.user),
        "moderation_links": links_on_post(post, request.user),
        "forms": [
            *read_state_forms(post, request.user),
            *subscription_forms(post, request.user),
            *ignore_forms(post.author, request.user, origin=f"p{post.pk}"),
        ],
        "inline_links": inline_links(post, request.user),
        "in_place": wants_fragment(request),
    }
    return render(request, template, context)
