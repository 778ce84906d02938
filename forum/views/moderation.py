"""The page that asks for a reason and confirms: the same for every moderation action.

It has an address for one target (/p/1/hide/) and one for a selection (/moderate/post/hide/?id=1),
where the admin's bulk actions lead.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from forum.errors import Conflict, Invalid
from forum.lib.numbers import parse_number
from forum.models import User
from forum.models.roles import prefetch_roles
from forum.moderation.base import MAX_SELECTED, Action, Outcome
from forum.moderation.forms import ModerationForm
from forum.moderation.registry import get_action
from forum.moderation.targets import MEMBER, POST, THREAD, Target
from forum.presenters.log import with_undo
from forum.views.auth import MemberRequest, member_required
from forum.views.form_drafts import forget_text, kept_text
from forum.views.next_page import next_page

NUMBER = re.compile("[0-9]{1,18}")


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def on_one(request: MemberRequest, /, action: Action[Any], **address: Any) -> HttpResponse:
    """Act on the target that the address names."""
    found = action.kind.visible_to(request.user)
    if "name" in address:
        targets = list(found.named([address["name"]]))  # type: ignore[attr-defined]
    else:
        targets = list(found.filter(**address))
    if not targets:
        raise Http404
    return _ask(request, action, targets)


@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def on_several(request: MemberRequest, /, kind: str, slug: str) -> HttpResponse:
    """Apply an action to the rows selected in a list of the admin."""
    action = get_action(kind, slug)
    ids = {value for value in request.GET.getlist("id") if NUMBER.fullmatch(value)}
    if action is None or not 0 < len(ids) <= (1 if action.is_for_one else MAX_SELECTED):
        raise Http404
    targets = list(action.kind.visible_to(request.user).filter(pk__in=ids).order_by("pk"))
    if not targets:
        raise Http404
    return _ask(request, action, targets)


def _ask(request: MemberRequest, action: Action[Any], targets: list[Target]) -> HttpResponse:
    """Ask for a reason; then carry out the action and return to the previous page."""
    prefetch_roles(target.author for target in targets if not isinstance(target, User))
    permissions = [action.permission(request.user, target) for target in targets]
    if not any(permissions):
        permissions[0].enforce()
    version = action.version(targets)
    concerned = [
        target
        for target, permission in zip(targets, permissions, strict=True)
        if permission and action.is_applicable(target)
    ]
    form = _form(request, action, targets, version)
    hidden = action.describe_hidden(concerned or targets, _values_of(form))
    is_preview = form.is_valid() and not _has_shown(request, hidden)
    status = 200 if is_preview or not form.is_bound else 422
    if form.is_valid() and not is_preview:
        try:
            outcome = action.together(targets, actor=request.user, **form.cleaned_data)
            return _done(request, action, targets, outcome)
        except (Invalid, Conflict) as error:
            form.add_error(None, str(error))
            form.look_again(version)
            status = error.status
    context = _describe_targets(request, action, targets, concerned)
    context |= {"form": form, "hidden": hidden, "is_preview": is_preview}
    return render(request, "moderation/confirm.html", context, status=status)


def _form(
    request: MemberRequest, action: Action[Any], targets: list[Target], version: str
) -> ModerationForm:
    """Return the form as it was sent, or with its initial values."""
    initial = action.initial(targets[0], request.user) if action.is_for_one else {}
    return action.form(
        request.POST if request.method == "POST" else None,
        initial=initial | kept_text(request) | {"seen": version},
        action=action.slug,
        actor=request.user,
        is_reason_public=action.is_reason_public,
    )


def _describe_targets(
    request: HttpRequest, action: Action[Any], targets: list[Target], concerned: list[Target]
) -> dict[str, Any]:
    """Return the context about the targets: those concerned, and those left out."""
    if len(targets) == 1:
        action.kind.prepare(targets[0], request.user)
    return {
        "action": action,
        "question": action.question % {"count": len(concerned) or len(targets)},
        "target": targets[0] if len(targets) == 1 else None,
        "concerned": concerned,
        "left_out": [target for target in targets if target not in concerned],
        "extent": action.describe_extent(concerned or targets),
        "back": _back(request, targets),
        "leads_on": "case" in request.GET,
    }


def _values_of(form: ModerationForm) -> dict[str, Any]:
    """Return what was sent, if it is valid."""
    return form.cleaned_data if form.is_valid() else {}


def _has_shown(request: HttpRequest, hidden: str) -> bool:
    """Return whether the page has shown what else is hidden, and no new preview was asked for."""
    is_asked = request.POST.get("do") == "count"
    return not is_asked and (not hidden or request.POST.get("counted") == hidden)


def _back(request: HttpRequest, targets: list[Target]) -> str:
    """Return the previous page; without that, the page of the target."""
    is_one = len(targets) == 1
    return next_page(request, targets[0].get_absolute_url() if is_one else reverse("admin:index"))


def _onward(request: HttpRequest, targets: list[Target]) -> HttpResponse:
    """Redirect to the previous page, or to the case after the one that led here.

    The step to the next case claims it, so that the browser has to send a POST there, too (307).
    """
    back = _back(request, targets)
    case = parse_number(request.GET.get("case", ""))
    if case is None or request.POST.get("do") != "next":
        return HttpResponseRedirect(back, status=303)
    step = reverse("admin:forum_case_next", args=[case])
    query = urlencode({"filters": urlsplit(back).query})
    return HttpResponseRedirect(f"{step}?{query}", preserve_request=True)


def _done(
    request: HttpRequest, action: Action[Any], targets: list[Target], outcome: Outcome
) -> HttpResponse:
    """Describe the outcome in messages and redirect."""
    if len(targets) == 1:
        for _target, error in outcome.refused:
            raise error
    forget_text(request)
    earlier = {entry for _target, entry in outcome.already if entry}
    is_sent_twice = not outcome.done and {entry.actor_id for entry in earlier} == {request.user.pk}
    if outcome.done or is_sent_twice:
        count = len(outcome.done) or len(outcome.already)
        said = " ".join([action.done % {"count": count}, *_hidden_with(action, outcome)])
        messages.success(request, with_undo(said, outcome.action, _back(request, targets)))
    if outcome.already and not is_sent_twice:
        messages.info(request, _already_done(outcome))
    for target, error in outcome.refused:
        words = _("Left out: %(target)s. %(why)s")
        messages.warning(request, words % {"target": target, "why": error.message})
    return _onward(request, targets)


def _hidden_with(action: Action[Any], outcome: Outcome) -> list[str]:
    """Say how many posts and threads were hidden with it, if any were."""
    if action.kind is not MEMBER or outcome.action is None:
        return []
    hidden_now = outcome.action.effects.filter(after__has_any_keys=["hidden", "removed"])
    effects = Counter(hidden_now.values_list("kind", flat=True))
    posts, threads = (effects[kind] for kind in (POST.kind, THREAD.kind))
    hidden = ngettext("%(count)d post was hidden.", "%(count)d posts were hidden.", posts)
    removed = ngettext("%(count)d thread was removed.", "%(count)d threads were removed.", threads)
    said = [(posts, hidden), (threads, removed)]
    return [words % {"count": count} for count, words in said if count]


def _already_done(outcome: Outcome) -> str:
    """Return “Already done: carol hid a post.”; for several only how many."""
    count = len(outcome.already)
    if count == 1 and (entry := outcome.already[0][1]):
        return _("Already done: %(entry)s.") % {"entry": entry}
    words = ngettext("%(count)d was already done.", "%(count)d were already done.", count)
    return words % {"count": count}
