"""Profiles, the mention menu, and a member’s settings."""

from __future__ import annotations

import regex
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from forum.actions.accounts import save_settings
from forum.actions.limits import NAMES, spend
from forum.forms.accounts import SettingsForm
from forum.lib.avatars import avatar_colour
from forum.lib.htmx import wants_fragment
from forum.lib.names import fold_name
from forum.lib.scripts import LOOSE
from forum.models import Post, Thread, User
from forum.models.visibility import listed_by
from forum.moderation.offers import links_on_member
from forum.permissions import can_list_members, can_participate
from forum.presenters.feeds import FEED
from forum.presenters.ignores import ignore_forms
from forum.queries.mention_search import search_people_to_mention
from forum.url_params import id_param
from forum.views.auth import MemberRequest, is_member, member_required
from forum.views.read_only import read_only

POSTS_ON_PROFILE = 30
# The beginnings of names that are searched.
# From two letters on; a syllable of Hangul or a letter of Han says as much.
NAME_START = regex.compile(rf"(?=[{LOOSE}]|..)[\p{{L}}\p{{Nd}}][\p{{L}}\p{{M}}\p{{Nd}}_-]{{0,29}}")
# Posts and threads of a profile are counted up to this number, so that its cost is bounded.
MAX_COUNTED = 1000


@read_only
def detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show a person and those of their posts that the reader may read, the newest first."""
    people = User.objects.named([name])
    person = get_object_or_404(people if can_list_members(request.user) else people.confirmed())
    if person.username != name:
        return redirect(person, permanent=True)
    before = id_param(request.GET, "before", "p")
    written = Post.objects.visible_to(request.user).written_by(person).readable()
    threads = person.threads.visible_to(request.user).filter(merged_into=None)
    if person != request.user:  # who finds their own posts here wherever they are
        written = written.filter(listed_by(request.user, "thread__"))
        threads = threads.listed_for(request.user)
    posts = list(written.with_context().before(before)[: POSTS_ON_PROFILE + 1])
    context = {
        "person": person,
        "feed": person.get_absolute_url() + FEED,
        "moderation_links": links_on_member(person, request.user),
        "forms": ignore_forms(person, request.user),
        "hue": avatar_colour(person.username),
        "posts": posts[:POSTS_ON_PROFILE],
        "older": posts[POSTS_ON_PROFILE - 1].pk if len(posts) > POSTS_ON_PROFILE else None,
        "is_later_page": before is not None,
        "post_count": written.order_by()[:MAX_COUNTED].count(),
        "thread_count": threads[:MAX_COUNTED].count(),
        "max_counted": MAX_COUNTED,
    }
    return render(request, "people/detail.html", context)


@require_safe
def suggest(request: HttpRequest) -> HttpResponse:
    """Show the mention menu: people whose names start with `q`, those of the thread first.

    Only for members, and rate-limited, so that nobody can collect names.
    """
    can_participate(request.user).enforce()
    start = request.GET.get("q", "")
    if not (is_member(request) and wants_fragment(request) and NAME_START.fullmatch(start)):
        raise Http404
    spend(f"person:{request.user.pk}", NAMES)
    thread_id = id_param(request.GET, "in", "t")
    threads = Thread.objects.visible_to(request.user)
    thread = threads.filter(pk=thread_id).first() if thread_id else None
    people = search_people_to_mention(start, reader=request.user, thread=thread)
    if not people:
        return HttpResponse(status=204)
    context = {"people": people, "start": fold_name(start)}
    return render(request, "people/_suggestions.html", context)


@never_cache
@member_required
@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: MemberRequest) -> HttpResponse:
    """Show and save a member’s settings: the time zone, and what they follow by writing."""
    person = request.user
    initial = {
        "zone": person.zone,
        "follow_own_posts": person.follow_own_posts,
        "mentions_pass_mute": "yes" if person.mentions_pass_mute else "",
    }
    form = SettingsForm(request.POST or None, initial=initial)
    if form.is_valid():
        save_settings(person, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("account-settings")
    status = 422 if form.is_bound else 200
    return render(request, "account/settings.html", {"form": form}, status=status)
