"""A member's request that their account is permanently deleted."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from forum.errors import Conflict
from forum.forms.erasures import OwnErasureForm
from forum.models import Erasure
from forum.moderation.erasure.requests import ask_for_own, withdraw_own
from forum.presenters.erasures import extent_of_account
from forum.views.auth import MemberRequest, member_required


@never_cache
@member_required
@reauthentication_required(allow_get=True)  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: MemberRequest) -> HttpResponse:
    """Request the permanent deletion of one's own account, or withdraw the request."""
    person = request.user
    asked = Erasure.objects.open().filter(person=person).first()
    form = OwnErasureForm(
        request.POST or None, initial={"with_posts": "1" if asked and asked.with_posts else ""}
    )
    if request.method == "POST" and form.is_valid():
        _decide(request, form)
        return redirect("account-erase")
    context = {"form": form, "asked": asked, "extent": extent_of_account(person)}
    return render(request, "account/erase.html", context)


def _decide(request: MemberRequest, form: OwnErasureForm) -> None:
    person = request.user
    if request.POST.get("do") == "keep":
        withdraw_own(person)
        messages.success(request, _("Request cancelled. Your account stays."))
        return
    try:
        ask_for_own(person, with_posts=form.cleaned_data["with_posts"])
    except Conflict as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Requested. An administrator has to confirm it."))
