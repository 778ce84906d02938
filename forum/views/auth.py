"""Access to views: the only module that asks who is logged in."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeGuard

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from forum.errors import LoggedOut, LoggedOutWhileWriting, NotAllowed
from forum.models import User
from forum.permissions import can_access_admin
from forum.views.form_drafts import typed_text

P = ParamSpec("P")


class MemberRequest(HttpRequest):
    """A request from a member who is logged in."""

    user: User


MemberView = Callable[Concatenate[MemberRequest, P], HttpResponse]
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def is_member(request: HttpRequest) -> TypeGuard[MemberRequest]:
    """Return whether a member is logged in, for pages that everybody may open."""
    return isinstance(request.user, User)


def log_in_first(request: HttpRequest) -> HttpResponse:
    """Redirect to the log-in page, which leads back; if text was typed, show it instead."""
    typed = typed_text(request)
    if not typed:
        return redirect_to_login(request.get_full_path())
    error = LoggedOutWhileWriting()
    context = {"error": error, "typed": typed.values()}
    return render(request, "user_error.html", context, status=error.status)


def member_required(view: MemberView[P]) -> View[P]:
    """Restrict a view to members: others log in first, and are shown what they typed."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_member(request):
            return log_in_first(request)
        return view(request, *args, **kwargs)

    return wrapped


def member_action(view: MemberView[P]) -> View[P]:
    """Restrict a POST without a page of its own to members; raises `LoggedOut` for others."""

    @functools.wraps(view)
    def wrapped(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not is_member(request):
            raise LoggedOut
        return view(request, *args, **kwargs)

    return wrapped


def moderator_required(view: MemberView[P]) -> View[P]:
    """Restrict a view to moderators; raises `NotAllowed` for others."""

    @functools.wraps(view)
    def wrapped(request: MemberRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not can_access_admin(request.user):
            raise NotAllowed(_("Only moderators can see this page."))
        return view(request, *args, **kwargs)

    return member_required(wrapped)
