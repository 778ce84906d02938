"""Tags: all of them, and choosing those of one's own thread."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.actions.tags import tag_thread
from forum.errors import Invalid
from forum.models import Post, Tag, Thread
from forum.models.tags import tag_ids
from forum.permissions import can_tag
from forum.views.auth import MemberRequest, member_required
from forum.views.read_only import read_only


@read_only
def index(request: HttpRequest) -> HttpResponse:
    """Show all tags."""
    return render(request, "tags/index.html", {"tags": list(Tag.objects.main())})


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def choose(request: MemberRequest, thread_id: int) -> HttpResponse:
    """Let the author of a thread choose its tags."""
    thread = get_object_or_404(
        Thread.objects.visible_to(request.user).select_related("board"), pk=thread_id
    )
    opening = Post.objects.visible_to(request.user).opening_of(thread.pk).get()
    opening.thread = thread
    can_tag(request.user, opening).enforce()
    context = {"thread": thread, "tags": list(Tag.objects.main()), "chosen": set(tag_ids(thread))}
    if request.method != "POST":
        return render(request, "threads/tags.html", context)
    field = forms.ModelMultipleChoiceField(Tag.objects.main(), required=False)
    try:
        chosen = {tag.pk for tag in field.clean(request.POST.getlist("tags"))}
        context["chosen"] = chosen
        tag_thread(thread, chosen, actor=request.user)
    except (Invalid, forms.ValidationError) as problem:
        error = problem if isinstance(problem, Invalid) else Invalid(" ".join(problem.messages))
        return render(request, "threads/tags.html", context | {"error": error}, status=422)
    messages.success(request, _("Tags changed."))
    return redirect(thread)
