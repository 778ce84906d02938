"""Mail settings: a member's page, and the page behind the links in mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from forum.actions.bounces import resume_mail
from forum.actions.mail_settings import change_mail_settings, read_unsubscribe_token
from forum.forms.mail_settings import MailSettingsForm
from forum.models import MailSettings, User
from forum.models.mail_settings import MAIL_CAUSES
from forum.presenters.names import join_names
from forum.views.auth import MemberRequest, member_required


@never_cache
@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def choose_frequencies(request: MemberRequest) -> HttpResponse:
    """Show and save how soon each kind of notification is mailed."""
    member = request.user
    if request.POST.get("do") == "resume":
        resume_mail(member)
        messages.success(request, _("We’ll mail you notifications again."))
        return redirect("mail-settings")
    choices = MailSettings.objects.for_member(member)
    form = MailSettingsForm(request.POST if request.method == "POST" else None, instance=choices)
    if form.is_valid():
        change_mail_settings(member, form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("mail-settings")
    status = 422 if form.is_bound else 200
    return render(request, "account/mail.html", {"form": form}, status=status)


@never_cache
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, key: str) -> HttpResponse:
    """Stop mail by a link in it, without logging in: RFC 8058.

    Mail providers send the POST, with neither a cookie nor a CSRF token, and learn nothing from the
    answer. Opening the page changes nothing, since scanners follow every link.
    """
    token = read_unsubscribe_token(key)
    member = User.objects.filter(pk=token.member_id, erased_at=None).first() if token else None
    if token is None or member is None or not token.causes:
        return render(request, "account/unsubscribe.html", {"what": ""})
    choices = MailSettings.objects.for_member(member)
    if request.method == "POST":
        change_mail_settings(member, _changed(request, token.causes))
        choices = MailSettings.objects.for_member(member)
    frequencies = {choices.frequency_of(cause) for cause in token.causes}
    context = {
        "what": join_names([str(MAIL_CAUSES[cause]) for cause in token.causes]),
        "is_off": choices.is_off,
        "is_stopped": frequencies == {MailSettings.Frequency.NEVER},
        "is_daily": frequencies == {MailSettings.Frequency.DAILY},
        "was_posted": request.method == "POST",
        "before": _before(request, choices, token.causes),
    }
    return render(request, "account/unsubscribe.html", context)


def _changed(request: HttpRequest, causes: Sequence[str]) -> dict[str, Any]:
    """Return what a form of the page changes; anything unknown stops the mail, as mail apps do."""
    match request.POST.get("do"):
        case "daily":
            return dict.fromkeys(causes, MailSettings.Frequency.DAILY) | {"is_off": False}
        case "all":
            return {"is_off": True}
        case "undo":
            return dict(zip(causes, _frequencies_before(request, causes), strict=True)) | {
                "is_off": False
            }
        case _:
            return dict.fromkeys(causes, MailSettings.Frequency.NEVER)


def _frequencies_before(request: HttpRequest, causes: Sequence[str]) -> list[str]:
    """Return how soon these were mailed when the page was opened; the defaults if unknown."""
    before = request.POST.get("before", "").split()
    if len(before) == len(causes) and set(before) <= set(MailSettings.Frequency.values):
        return before
    return [getattr(MailSettings(), cause) for cause in causes]


def _before(request: HttpRequest, choices: MailSettings, causes: Sequence[str]) -> str:
    """Return what undoing goes back to: what the page began with, never nothing at all."""
    if request.method == "POST":
        return " ".join(_frequencies_before(request, causes))
    now = [getattr(choices, cause) for cause in causes]
    return "" if MailSettings.Frequency.NEVER in now else " ".join(now)
