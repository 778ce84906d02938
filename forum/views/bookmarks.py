"""A member's bookmarks: making, listing, removing and exporting them."""

from __future__ import annotations

import csv

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from forum.actions.bookmarks import bookmark_post, remove_bookmark, restore_bookmark
from forum.errors import Conflict
from forum.forms.bookmarks import BookmarkForm
from forum.lib.htmx import wants_fragment
from forum.models import Bookmark
from forum.models.posts import post_url
from forum.permissions import can_bookmark
from forum.presenters.bookmarks import EXPORT_COLUMNS, exported_bookmarks, plain_cell
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.form_drafts import forget_text, kept_text
from forum.views.posts import get_post
from forum.views.read_only import read_only

BOOKMARKS_PER_PAGE = 50


@never_cache
@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def bookmark(request: MemberRequest, post_id: int) -> HttpResponse:
    """Bookmark a post or change its bookmark, on a page or under the post."""
    post = get_post(request, post_id)
    can_bookmark(request.user, post).enforce()
    kept = Bookmark.objects.of_member(request.user).filter(post=post).first()
    initial = {"note": kept.note, "remind_on": kept.remind_on} if kept else {}
    form = BookmarkForm(
        request.POST if request.method == "POST" else None,
        initial=initial | kept_text(request),
        auto_id=f"bookmark-{post.pk}-%s",
    )
    status, place, is_fragment = 200, post_url(post), wants_fragment(request)
    context = {"post": post, "place": place, "form": form, "bookmark": kept}
    if request.method == "POST" and form.is_valid():
        try:
            context["saved"] = bookmark_post(post, member=request.user, **form.cleaned_data)
        except Conflict as error:  # the note stays in the form
            form.add_error(None, str(error))
            status = error.status
        else:
            forget_text(request)
            if not is_fragment:
                messages.success(request, _("Bookmark changed.") if kept else _("Bookmarked."))
                return redirect(place)
            status = 201
    elif request.method == "POST":
        status = 422
    template = "bookmarks/_bookmark.html" if is_fragment else "bookmarks/bookmark.html"
    return render(request, template, context | {"on_page": not is_fragment}, status=status)


@never_cache
@read_only
@member_required
def index(request: MemberRequest) -> HttpResponse:
    """List a member's bookmarks, the latest first; `?show=reminders` only those with a day."""
    after = id_param(request.GET, "after", "b")
    bookmarks = Bookmark.objects.of_member(request.user)
    has_reminders_only = request.GET.get("show") == "reminders"
    if has_reminders_only:
        bookmarks = bookmarks.with_reminder()
    page = bookmarks.before(after).with_context(request.user)
    found = list(page[: BOOKMARKS_PER_PAGE + 1])
    context = {
        "bookmarks": found[:BOOKMARKS_PER_PAGE],
        "next_after": f"b{found[BOOKMARKS_PER_PAGE - 1].pk}"
        if len(found) > BOOKMARKS_PER_PAGE
        else "",
        "is_later_page": after is not None,
        "has_reminders_only": has_reminders_only,
    }
    return render(request, "bookmarks/list.html", context)


@require_POST
@member_action
def remove(request: MemberRequest, bookmark_id: int) -> HttpResponse:
    """Remove a bookmark; offers to undo it."""
    own = get_object_or_404(request.user.bookmarks, pk=bookmark_id)
    remove_bookmark(own)
    undo = reverse("bookmark-restore", args=[own.pk])
    messages.success(request, _("Bookmark removed."), extra_tags=undo)
    return redirect("bookmarks")


@require_POST
@member_action
def undo_remove(request: MemberRequest, bookmark_id: int) -> HttpResponse:
    """Restore a removed bookmark."""
    restore_bookmark(get_object_or_404(request.user.bookmarks, pk=bookmark_id))
    messages.success(request, _("Bookmark restored."))
    return redirect("bookmarks")


@never_cache
@read_only
@member_required
def export(request: MemberRequest, form: str) -> HttpResponse:
    """Download all bookmarks as CSV or JSON."""
    bookmarks = Bookmark.objects.of_member(request.user).with_context(request.user)
    rows = list(exported_bookmarks(bookmarks, settings.SITE_URL))
    headers = {"Content-Disposition": f'attachment; filename="bookmarks.{form}"'}
    if form == "json":
        options = {"indent": 2, "ensure_ascii": False}
        return JsonResponse(rows, safe=False, headers=headers, json_dumps_params=options)
    response = HttpResponse(content_type="text/csv; charset=utf-8", headers=headers)
    writer = csv.DictWriter(response, EXPORT_COLUMNS)
    writer.writeheader()
    writer.writerows({name: plain_cell(text) for name, text in row.items()} for row in rows)
    return response
