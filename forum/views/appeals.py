"""Appeals: made by members concerned, decided by a different moderator."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from forum.errors import Conflict, Invalid
from forum.forms.appeals import AppealForm
from forum.models import Appeal, ModerationAction, Post, User
from forum.moderation.appeals import appeal_against, decline_appeal, uphold_appeal
from forum.moderation.forms import AnswerForm
from forum.permissions import can_answer_appeal, can_appeal
from forum.presenters.history import source_for
from forum.presenters.log import entry_of, links_of
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_required, moderator_required
from forum.views.form_drafts import forget_text, kept_text
from forum.views.read_only import read_only

APPEALS_PER_PAGE = 30


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: MemberRequest, action_id: int) -> HttpResponse:
    """Appeal against an action on oneself, or show the decision on the appeal."""
    member = request.user
    concerned = ModerationAction.objects.concerning(member).with_targets()
    action = get_object_or_404(concerned, pk=action_id)
    made = Appeal.objects.filter(action=action, member=member).select_related("record").first()
    if made is None:
        can_appeal(member, action).enforce()
    form = AppealForm(request.POST or None, initial=kept_text(request))
    if made is None and form.is_valid():
        appeal_against(action, actor=member, words=form.cleaned_data["note"])
        forget_text(request)
        messages.success(request, _("Your appeal was sent. The decision will be in your inbox."))
        return HttpResponseRedirect(request.path, status=303)
    context = {"entry": entry_of(action, member), "form": form, "appeal": made}
    status = 422 if request.method == "POST" and made is None else 200
    return render(request, "appeals/appeal.html", context, status=status)


@read_only
@moderator_required
def index(request: MemberRequest) -> HttpResponse:
    """Show open appeals, the oldest first; then closed ones, the latest first."""
    appeals = Appeal.objects.for_moderator(request.user)
    before = id_param(request.GET, "before", "a")
    answered = appeals.exclude(answered_at=None).order_by("-id")
    page = list((answered.filter(pk__lt=before) if before else answered)[: APPEALS_PER_PAGE + 1])
    context = {
        "open": [] if before else list(appeals.open()[:APPEALS_PER_PAGE]),
        "decidable": set(Appeal.objects.decidable_by(request.user).values_list("pk", flat=True)),
        "answered": page[:APPEALS_PER_PAGE],
        "older": page[APPEALS_PER_PAGE - 1].pk if len(page) > APPEALS_PER_PAGE else None,
    }
    return render(request, "appeals/index.html", context)


@moderator_required
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: MemberRequest, appeal_id: int) -> HttpResponse:
    """Show an appeal and decide it: undo the action, or decline with a reason."""
    appeal = get_object_or_404(Appeal.objects.for_moderator(request.user), pk=appeal_id)
    sent = request.POST if request.method == "POST" else None
    form = AnswerForm(sent, initial=kept_text(request), action="appeal")
    permission = can_answer_appeal(request.user, appeal)
    if request.method == "POST":
        permission.enforce()
    if form.is_valid() and _answered(request, appeal, form):
        return HttpResponseRedirect(appeal.get_absolute_url(), status=303)
    action = (
        ModerationAction.objects.visible_to(request.user).with_targets().filter(pk=appeal.action_id)
    )
    context = {
        "appeal": appeal,
        "post": _text_of_post(appeal, request.user),
        "entry": entry_of(action.get(), request.user),
        "links": links_of(appeal.action, request.user),
        "form": form,
        "error": permission.error if appeal.is_open else None,
    }
    status = 422 if form.is_bound else 200
    return render(request, "appeals/answer.html", context, status=status)


def _text_of_post(appeal: Appeal, reader: User) -> str:
    """Return the text of the one post that the appeal is about; empty if `reader` can’t read it."""
    notified = appeal.member.moderation_notifications.filter(action=appeal.action_id)
    post = Post.objects.visible_to(reader).filter(pk__in=notified.values("post")).first()
    return source_for(post, reader) if post else ""


def _answered(request: MemberRequest, appeal: Appeal, form: AnswerForm) -> bool:
    act = uphold_appeal if form.cleaned_data["outcome"] == "upheld" else decline_appeal
    reason, note = form.cleaned_data["reason"], form.cleaned_data["note"]
    try:
        act(appeal, actor=request.user, reason=reason, note=note)
    except (Invalid, Conflict) as error:
        form.add_error(None, str(error))
        return False
    forget_text(request)
    messages.success(request, _("Appeal decided."))
    return True
