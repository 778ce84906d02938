"""Ignoring people, and the list of those ignored."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from forum.actions.ignores import ignore_person, stop_ignoring
from forum.models import User
from forum.models.posts import post_path
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.read_only import read_only

LIST = "list"  # the origin of those who came from the list


@read_only
@never_cache
@member_required
def index(request: MemberRequest) -> HttpResponse:
    """List the people whom a member ignores, by name."""
    people = User.objects.filter(pk__in=request.user.ignored_ids).order_by("username")
    return render(request, "account/ignored.html", {"people": list(people), "origin": LIST})


@require_POST
@member_action
def ignore(request: MemberRequest, name: str) -> HttpResponse:
    """Ignore a person; offers to undo it."""
    person = _person(name)
    ignore_person(person, actor=request.user)
    words = _("You ignore %(name)s. Their posts are folded, and you get no notifications of them.")
    return _done(request, person, words, inverse="person-stop-ignoring")


@require_POST
@member_action
def unignore(request: MemberRequest, name: str) -> HttpResponse:
    """Stop ignoring a person; offers to undo it."""
    person = _person(name)
    stop_ignoring(person, actor=request.user)
    words = _("You no longer ignore %(name)s.")
    return _done(request, person, words, inverse="person-ignore")


def _person(name: str) -> User:
    return get_object_or_404(User.objects.confirmed().named([name]))


def _done(request: MemberRequest, person: User, words: str, *, inverse: str) -> HttpResponse:
    """Return to where the member was, with a message that says what was done and undoes it."""
    query = request.META["QUERY_STRING"]
    if request.GET.get("from") == LIST:
        address = reverse("account-ignored")
    else:
        post_id = id_param(request.GET, "from", "p")
        address = post_path(post_id) if post_id else person.get_absolute_url()
    undo = reverse(inverse, args=[person.username]) + (f"?{query}" if query else "")
    messages.success(request, words % {"name": person.username}, extra_tags=undo)
    return redirect(address)
