"""Keeping order from the page: what moderators do, with a reason, and without the admin."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods

from forum.forms.moderation import Deed
from forum.models import Post, Thread, User
from forum.permissions import may_moderate, may_suspend
from forum.refusals import Invalid
from forum.views.compose import forget_text, kept_text, signed_in


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def on_post(request: HttpRequest, post_id: int, deed: Deed) -> HttpResponse:
    """Hide or unhide a post."""
    posts = Post.objects.visible_to(request.user).with_context()
    post = get_object_or_404(posts, pk=post_id)
    may_moderate(request.user, post.thread.board).enforce()
    return _carry_out(request, deed, post, "moderation/_post.html")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def on_thread(request: HttpRequest, thread_id: int, deed: Deed) -> HttpResponse:
    """Lock, unlock, pin or unpin a thread."""
    threads = Thread.objects.visible_to(request.user).select_related("board", "author")
    thread = get_object_or_404(threads, pk=thread_id)
    may_moderate(request.user, thread.board).enforce()
    return _carry_out(request, deed, thread, "moderation/_thread.html")


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def on_person(request: HttpRequest, name: str, deed: Deed) -> HttpResponse:
    """Suspend a member, or lift that."""
    person = get_object_or_404(User.objects.named([name]))
    may_suspend(request.user, person).enforce()
    return _carry_out(request, deed, person, "moderation/_person.html")


def _carry_out(
    request: HttpRequest, deed: Deed, target: Post | Thread | User, about: str
) -> HttpResponse:
    """Ask why; then do it, and go back to where it can be seen."""
    sent = request.POST if request.method == "POST" else None
    form = deed.form(sent, initial=kept_text(request))
    if request.method == "POST" and form.is_valid():
        try:
            deed.run(target, by=request.user, **form.cleaned_data)
        except Invalid as refusal:
            form.add_error(None, refusal)
        else:
            forget_text(request)
            messages.success(request, deed.done % {"count": 1})
            return HttpResponseRedirect(target.get_absolute_url(), status=303)
    context = {
        "deed": deed,
        "question": deed.question % {"count": 1},
        "target": target,
        "about": about,
        "form": form,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "moderation/deed.html", context, status=status)
