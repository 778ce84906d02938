"""Changing the title of one's own thread."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.actions.limits import EDITS
from forum.actions.premoderation import NeedsReview, Submission
from forum.actions.threads import change_title, clean_title
from forum.errors import Invalid, UserError
from forum.lib.htmx import wants_fragment
from forum.markup.rendered_post import render as render_markup
from forum.models import Post, Thread, User
from forum.permissions import can_change_title
from forum.views.auth import MemberRequest, member_required


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def edit(request: MemberRequest, thread_id: int) -> HttpResponse:
    """Change the title, on a page of its own or in the title's place."""
    threads = Thread.objects.visible_to(request.user).select_related("board")
    thread = get_object_or_404(threads, pk=thread_id)
    opening = Post.objects.visible_to(request.user).opening_of(thread.pk).get()
    opening.thread = thread
    can_change_title(request.user, opening).enforce()
    context = {"thread": thread, "title": thread.title}
    if request.method == "POST":
        title = request.POST.get("title", "").replace("\x00", "")
        try:
            thread = _change(opening, title, request.user, request.POST.get("before", ""))
        except UserError as error:
            context |= {"title": title, "error": error}
            return render(request, "threads/title.html", context, status=error.status)
        messages.success(request, _("Title changed."))
        return redirect(thread)
    template = "threads/_title_form.html" if wants_fragment(request) else "threads/title.html"
    return render(request, template, context)


def _change(opening: Post, title: str, member: User, before: str) -> Thread:
    title = clean_title(title)
    rendered = render_markup(opening.source)
    submission = Submission(member, rendered, title=title, edits=opening, limit=EDITS)
    try:
        return change_title(
            opening.thread, title, actor=member, before=before, check=submission.check
        )
    except NeedsReview as needed:
        message = _("A moderator would have to review this title. Please choose another.")
        raise Invalid(message, field="title") from needed
