"""One post: where it is, answering it, changing it, its history, taking it back."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.errors import Conflict, LoggedOut, UserError
from forum.forms.deeds import offered_on_post
from forum.forms.posts import PostForm
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import parse_number
from forum.lib.text import clean_source, fingerprint
from forum.markup.changes import word_diff
from forum.models import Post
from forum.models.drafts import Purpose
from forum.models.limits import EDITS, POSTS
from forum.models.posts import post_path
from forum.permissions import can_answer, can_delete, can_edit
from forum.presenters.history import changes_since, history_of
from forum.presenters.joined import posted
from forum.presenters.post_links import links_around
from forum.presenters.post_menu import marks_on, menu_of, report_of
from forum.presenters.post_urls import post_url
from forum.presenters.threads import render_post_text
from forum.views.compose import (
    Composer,
    admit,
    author_of,
    hold,
    lost,
    refuse,
    show_preview,
    show_refused,
)
from forum.views.keeping import forget_text, give_back, set_aside, show
from forum.views.quoting import add_quotes
from forum.views.read_only import read_only
from forum.views.sort_orders import order_of_page


def get_post(request: HttpRequest, post_id: int) -> Post:
    """The post, as far as this reader may see it; 404 when its thread is not for them."""
    posts = Post.objects.visible_to(request.user).with_context()
    return get_object_or_404(posts, pk=post_id)


@read_only
def detail(request: HttpRequest, post_id: int) -> HttpResponse:
    """The permanent address: leads to the post in its thread, or says why it is gone.

    To htmx it is the post itself, to look at from elsewhere.
    """
    post = get_post(request, post_id)
    if wants_fragment(request):
        context = {"post": post, "text": render_post_text(post, request.user)}
        status = 200 if post.is_readable else 410
        return render(request, "posts/_quote_preview.html", context, status=status)
    if post.is_readable:
        return redirect(post_url(post))
    return render(request, "posts/gone.html", {"post": post, "place": post_url(post)}, status=410)


@require_http_methods(["GET", "HEAD", "POST"])
def reply(request: HttpRequest, post_id: int) -> HttpResponse:
    """Answer a post, under it or on a page of its own."""
    parent = _find(request, post_id)
    if parent is None:
        return lost(request, Purpose(parent_id=post_id))
    composer = _reply_composer(parent)
    if not wants_fragment(request):
        composer.parent_text = render_post_text(parent, request.user)
    if request.method == "POST":
        return _post_reply(request, composer, parent)
    return _open(request, composer, parent)


def _find(request: HttpRequest, post_id: int) -> Post | None:
    return Post.objects.visible_to(request.user).with_context().filter(pk=post_id).first()


def _reply_composer(parent: Post) -> Composer:
    heading, label = _("Reply to a removed post"), _("Your reply to a removed post")
    if parent.is_readable:
        name = {"name": parent.author.username}
        heading, label = _("Reply to %(name)s") % name, _("Your reply to %(name)s") % name
    return Composer(
        id=f"reply-{parent.pk}",
        action=f"{post_path(parent.pk)}reply/",
        heading=heading,
        label=label,
        button=_("Post reply"),
        button_again=_("Post as another reply"),
        back=post_url(parent),
        target=parent,
        thread_title=parent.thread.title,
        thread_id=parent.thread_id,
        purpose=Purpose(parent_id=parent.pk),
        base=parent.latest_number,
        known=parent.thread.last_post_id,
    )


def _open(request: HttpRequest, composer: Composer, parent: Post) -> HttpResponse:
    permission = can_answer(request.user, parent)
    if isinstance(permission.error, LoggedOut):
        if wants_fragment(request):
            return render(request, "posts/_log_in.html", {"composer": composer}, status=401)
        return redirect_to_login(request.get_full_path())
    is_begun = give_back(request, composer)
    if permission.error and is_begun:
        _look_elsewhere(request, composer, parent, permission.error)
        return show_refused(request, composer, permission.error)
    permission.enforce()
    add_quotes(request, composer, parent)
    return show(request, composer)


def _post_reply(request: HttpRequest, composer: Composer, parent: Post) -> HttpResponse:
    form = PostForm(request.POST)
    composer.take(form)
    try:
        if answer := set_aside(request, composer, form, can_answer(request.user, parent)):
            return answer
        author = author_of(request)
        if request.POST.get("do") == "preview":
            return show_preview(request, composer, author, parent=parent)
        if held := hold(request, composer, author):
            return held
        if waits := admit(request, composer, author, POSTS):
            return waits
        post = reply_to(
            parent,
            author=author,
            source=composer.source,
            nonce=composer.nonce_value,
            pointed_at=composer.pointed_at,
            draft_version=composer.version,
        )
    except UserError as error:
        _look_elsewhere(request, composer, parent, error)
        return refuse(request, composer, error)
    return _replied(request, post)


def _replied(request: HttpRequest, post: Post) -> HttpResponse:
    forget_text(request)
    if wants_fragment(request):
        context = posted(post, request.user, order_of_page(request))
        return render(request, "posts/_posted.html", context, status=201)
    messages.success(request, _("Posted."))
    return redirect(post_url(post))


def _look_elsewhere(
    request: HttpRequest, composer: Composer, parent: Post, error: UserError
) -> None:
    """When the post answered was removed, the thread itself can be answered instead, perhaps."""
    if not isinstance(error, Conflict):
        return
    posts = Post.objects.visible_to(request.user).with_context()
    opening = posts.opening_of(parent.thread_id).first()
    if opening and can_answer(request.user, opening):
        composer.elsewhere = f"{post_path(opening.pk)}reply/"
    else:
        composer.is_dead_end = True


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, post_id: int) -> HttpResponse:
    """Change one's own post."""
    post = _find(request, post_id)
    if post is None:
        return lost(request, Purpose(post_id=post_id))
    composer = _edit_composer(post)
    if request.method == "POST":
        return _save_edit(request, composer, post)
    permission = can_edit(request.user, post)
    if isinstance(permission.error, LoggedOut) or not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    is_begun = give_back(request, composer)
    if permission.error and is_begun:
        return show_refused(request, composer, permission.error)
    permission.enforce()
    if is_begun:
        _catch_up(request, composer, post)
    return show(request, composer)


def _edit_composer(post: Post) -> Composer:
    return Composer(
        id=f"edit-{post.pk}",
        action=f"{post_path(post.pk)}edit/",
        heading=_("Edit your post"),
        label=_("The text of your post"),
        button=_("Save"),
        back=post_url(post),
        target=post.parent,
        thread_title=post.thread.title,
        thread_id=post.thread_id,
        source=post.shown_source,
        purpose=Purpose(post_id=post.pk),
        base=post.latest_number,
        was=fingerprint(post.shown_source),
    )


def _save_edit(request: HttpRequest, composer: Composer, post: Post) -> HttpResponse:
    form = PostForm(request.POST)
    composer.take(form)
    try:
        if answer := set_aside(request, composer, form, can_edit(request.user, post)):
            return answer
        author = author_of(request)
        if request.POST.get("do") == "preview":
            return show_preview(request, composer, author, parent=post.parent, exclude=post)
        if waits := admit(request, composer, author, EDITS, edits=post):
            return waits
        edit_post(
            post,
            actor=author,
            source=composer.source,
            base=composer.base,
            was=composer.was,
            pointed_at=composer.pointed_at,
            draft_version=composer.version,
        )
    except UserError as error:
        if isinstance(error, Conflict):
            _catch_up(request, composer, post)
        return refuse(request, composer, error)
    return _edited(request, post)


def _edited(request: HttpRequest, post: Post) -> HttpResponse:
    forget_text(request)
    messages.success(request, _("Saved."))
    return redirect(post_url(post))


def _catch_up(request: HttpRequest, composer: Composer, post: Post) -> None:
    """Show what the post says now: whoever saves again has seen what they write over."""
    latest = post.latest_revision()
    composer.base, composer.was = latest.number, fingerprint(latest.source)
    composer.says_now = render_post_text(post, request.user)
    composer.changes = word_diff(latest.source, clean_source(composer.source))


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, post_id: int) -> HttpResponse:
    """Take back one's own post; GET asks first."""
    post = get_post(request, post_id)
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    can_delete(request.user, post).enforce()
    replies = Post.objects.below(post).not_deleted().count()
    if request.method != "POST":
        context = {"post": post, "place": post_url(post), "replies": replies}
        return render(request, "posts/delete.html", context)
    post.thread = delete_post(post, actor=request.user).thread
    messages.success(request, _("Deleted."))
    if post.thread.is_deleted:
        return redirect(post.thread.board)
    # To where it was: its tombstone, or else what it answered.
    return redirect(post_url(post.parent if post.parent and not replies else post))


@read_only
def history(request: HttpRequest, post_id: int) -> HttpResponse:
    """What the post said before, and what was changed."""
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
    return render(request, "posts/history.html", context)


@read_only
def menu(request: HttpRequest, post_id: int) -> HttpResponse:
    """What else one can do with a post; a page, or the menu under “More”."""
    post = get_post(request, post_id)
    template = "posts/_menu.html" if wants_fragment(request) else "posts/menu.html"
    context = {
        "post": post,
        "place": post_url(post),
        "ways": links_around(post),
        "items": menu_of(post, request.user) + offered_on_post(post, request.user),
        "marks": marks_on(post, request.user),
        "report": report_of(post, request.user) if post.is_readable else "",
        "in_place": wants_fragment(request),
    }
    return render(request, template, context)
