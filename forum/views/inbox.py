"""The inbox: what a member was told of."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from forum.actions.notices import mark_notices, mark_told, read_all
from forum.lib.addresses import id_asked_for
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import capped, numbers_in
from forum.models import ModerationNotice, Notice, User
from forum.presenters.inbox import grouped, nothing_since
from forum.presenters.told import told
from forum.refusals import Invalid, SignedOut
from forum.views.reading import reading

PAGE = 50  # notices


@reading
def detail(request: HttpRequest) -> HttpResponse:
    """What a member was told of, the latest first, grouped."""
    member = request.user
    if not isinstance(member, User):
        return redirect_to_login(request.get_full_path())
    after = id_asked_for(request.GET, "after", "n")
    inbox = Notice.objects.inbox_of(member).before(after).with_context(member)
    notices = list(inbox[: PAGE + 1])
    latest = notices[0] if notices else None
    # What moderators told is not paged along: the rest of it has a page of its own.
    unread = ModerationNotice.objects.told(member).unread().with_context(member)
    context = {
        "told": [] if after else told(unread[:PAGE]),
        "entries": grouped(notices[:PAGE]),
        "nothing": "" if after or member.unread_notices else nothing_since(latest),
        "newest": latest,
        "after": after,
        "next_after": notices[PAGE - 1].pk if len(notices) > PAGE else None,
    }
    return render(request, "inbox/detail.html", context)


@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Mark notices as read or not: those named, or all up to the newest that was shown."""
    member = request.user
    if not isinstance(member, User):
        raise SignedOut
    do = request.POST.get("do")
    if do not in ("read", "unread", "read-all"):
        raise Invalid(_("Please say what to do with these notices."))
    chosen = numbers_in(request.POST.getlist("notice"))
    if do == "read-all":
        read_all(member=member, up_to=max(chosen, default=0))
        mark_told(_told_in(request), member=member, read=True)
        messages.success(request, _("All marked as read."))
        return redirect("inbox")
    mark_notices(chosen, member=member, read=do == "read")
    if wants_fragment(request):
        return _marked(request, member, chosen)
    after = id_asked_for(request.POST, "after", "n")
    place = f"#n{max(chosen)}" if chosen else ""
    return redirect(reverse("inbox") + (f"?after=n{after}" if after else "") + place)


@require_http_methods(["GET", "HEAD", "POST"])
def told_by_moderators(request: HttpRequest) -> HttpResponse:
    """What moderators did that concerns a member, the latest first; or one of these is read."""
    member = request.user
    if not isinstance(member, User):
        return redirect_to_login(request.get_full_path())
    if request.method == "POST":
        mark_told(_told_in(request), member=member, read=request.POST.get("do") == "read")
        return redirect("inbox")
    after = id_asked_for(request.GET, "after", "n")
    notices = ModerationNotice.objects.told(member).with_context(member)
    page = list((notices.filter(pk__lt=after) if after else notices)[: PAGE + 1])
    context = {
        "entries": told(page[:PAGE]),
        "next_after": page[PAGE - 1].pk if len(page) > PAGE else None,
    }
    return render(request, "inbox/told.html", context)


def _told_in(request: HttpRequest) -> list[int]:
    return numbers_in(request.POST.getlist("told"))


def _marked(request: HttpRequest, member: User, chosen: list[int]) -> HttpResponse:
    """The entry of these notices as it is now; none, when they may not be read any more."""
    inbox = Notice.objects.inbox_of(member)
    context = {
        "entries": grouped(inbox.filter(pk__in=chosen).with_context(member)),
        "unread_notices": capped(User.objects.get(pk=member.pk).unread_notices),
    }
    return render(request, "inbox/_marked.html", context)
