"""Keeping order from the page: what moderators do, with a reason, and without the admin."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.actions.acts import Outcome
from forum.actions.states import Target
from forum.errors import Conflict, Invalid
from forum.forms.deed import Deed, counted_with, said_of
from forum.models import HeldPost, Post, Thread, User
from forum.presenters.counts import branches
from forum.presenters.history import source_for
from forum.presenters.log import with_undo
from forum.views.auth import MemberRequest, member_required
from forum.views.form_drafts import forget_text, kept_text


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def on_post(request: MemberRequest, post_id: int, deed: Deed) -> HttpResponse:
    """Hide or unhide a post."""
    posts = Post.objects.visible_to(request.user).with_context()
    post = get_object_or_404(posts, pk=post_id)
    deed.may(request.user, post).enforce()
    post.shown_words = source_for(post, request.user)
    return _carry_out(request, deed, post, "moderation/_post.html")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def on_thread(request: MemberRequest, thread_id: int, deed: Deed) -> HttpResponse:
    """Lock, unlock, pin or unpin a thread."""
    threads = Thread.objects.visible_to(request.user).select_related("board", "author")
    thread = get_object_or_404(threads, pk=thread_id)
    deed.may(request.user, thread).enforce()
    return _carry_out(request, deed, thread, "moderation/_thread.html")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def on_person(request: MemberRequest, name: str, deed: Deed) -> HttpResponse:
    """Suspend a member, or lift that."""
    person = get_object_or_404(User.objects.named([name]).select_related("suspended_action"))
    deed.may(request.user, person).enforce()
    return _carry_out(request, deed, person, "moderation/_person.html")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def on_held(request: MemberRequest, held_id: int, deed: Deed) -> HttpResponse:
    """Approve or reject a post that waits."""
    found = HeldPost.objects.visible_to(request.user).with_context()
    held = get_object_or_404(found, pk=held_id)
    deed.may(request.user, held).enforce()
    return _carry_out(request, deed, held, "moderation/_held.html")


def _carry_out(request: MemberRequest, deed: Deed, target: Target, about: str) -> HttpResponse:
    """Ask why; then do it, and go back to where it can be seen."""
    sent = request.POST if request.method == "POST" else None
    stamp = deed.stamp([target])
    form = deed.asked(sent, deed.initial(target) | kept_text(request) | {"seen": stamp})
    counted = counted_with(deed, [target], form)
    status = 200 if sent is None or counted else 422
    if sent is not None and not counted and form.is_valid():
        try:
            outcome = deed.run.together([target], actor=request.user, **form.cleaned_data)
            return _done(request, deed, target, outcome)
        except (Invalid, Conflict) as error:
            form.add_error(None, str(error))
            form.look_again(stamp)
            status = error.status
    context = {"deed": deed, "target": target, "about": about, "form": form, "counted": counted}
    context["question"] = deed.question % {"count": 1}
    if isinstance(target, Post) and deed.takes_branch:
        context["concerned"] = branches([target])
    if deed.extent:
        context["concerned"] = deed.extent(target)
    return render(request, "moderation/deed.html", context, status=status)


def _done(request: MemberRequest, deed: Deed, target: Target, outcome: Outcome) -> HttpResponse:
    """Say what was done, or that it was so already and by whom; raises what refused it."""
    for _target, error in outcome.refused:
        raise error
    forget_text(request)
    earlier = next((action for _target, action in outcome.already), None)
    if earlier is not None and earlier.actor_id != request.user.pk:
        name = earlier.actor.username
        messages.info(request, _("It was so already, by %(name)s.") % {"name": name})
    else:
        messages.success(request, with_undo(said_of(deed, outcome), outcome.action))
    return HttpResponseRedirect(target.get_absolute_url(), status=303)
