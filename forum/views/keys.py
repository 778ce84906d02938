"""The keyboard shortcuts: the list of them, and turning them off."""

from __future__ import annotations

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from forum.actions.accounts import set_keys
from forum.lib.htmx import wants_fragment
from forum.preferences import has_shortcuts_off
from forum.presenters.keys import SHORTCUTS
from forum.views.auth import is_member
from forum.views.own_forms import from_own_pages

KEYS_COOKIE_MAX_AGE = 365 * 24 * 60 * 60


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """Show all shortcuts, on a page or in a dialog."""
    in_place = wants_fragment(request)
    context = {"groups": SHORTCUTS, "is_off": has_shortcuts_off(request), "in_place": in_place}
    return render(request, "keys/_list.html" if in_place else "keys/list.html", context)


@from_own_pages
@require_POST
def switch(request: HttpRequest) -> HttpResponse:
    """Turn single-key shortcuts off or on: a member's everywhere, a visitor's in this browser."""
    chosen = request.POST.get("keys", "")
    if chosen not in ("off", "on"):
        raise BadRequest("off or on")
    if is_member(request):
        set_keys(request.user, are_on=chosen == "on")
    if wants_fragment(request):
        context = {"is_off": chosen == "off", "switched": True}
        response = render(request, "keys/_switch.html", context)
    else:
        response = redirect("help-keys")
    response.set_cookie(
        "keys",
        chosen,
        max_age=KEYS_COOKIE_MAX_AGE,
        samesite="Lax",
        secure=request.is_secure(),
        httponly=True,
    )
    return response
