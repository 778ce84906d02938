"""The inbox: a member’s notifications."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from forum.actions.notifications import mark_moderation_notifications, mark_notifications, read_all
from forum.errors import Invalid
from forum.lib.htmx import wants_fragment
from forum.lib.numbers import capped, parse_numbers
from forum.models import ModerationNotification, Notification, User
from forum.presenters.inbox import NotificationGroup, empty_inbox_note, group_notifications
from forum.presenters.moderation_notifications import notifications_in_words
from forum.queries.notification_counts import (
    count_unread_notifications,
    recount_unread_notifications,
)
from forum.queries.subscriptions import nearest_subscriptions
from forum.url_params import id_param
from forum.views.auth import MemberRequest, member_action, member_required
from forum.views.read_only import read_only

NOTIFICATIONS_PER_PAGE = 50


@read_only
@member_required
def detail(request: MemberRequest) -> HttpResponse:
    """Show a member’s notifications, the latest first, grouped."""
    member = request.user
    after = id_param(request.GET, "after", "n")
    inbox = Notification.objects.inbox_of(member).before(after).with_context(member)
    notifications = list(inbox[: NOTIFICATIONS_PER_PAGE + 1])
    latest = notifications[0] if notifications else None
    # Moderation notifications are not paged here; they have a page of their own.
    unread = ModerationNotification.objects.inbox_of(member).unread().with_context(member)
    is_all_read = not after and not count_unread_notifications(member)
    moderation_entries = (
        [] if after else notifications_in_words(unread[:NOTIFICATIONS_PER_PAGE], member)
    )
    context = {
        "moderation_entries": moderation_entries,
        "entries": _grouped(notifications[:NOTIFICATIONS_PER_PAGE], member),
        "empty_note": empty_inbox_note(latest) if is_all_read else "",
        "newest": latest,
        "after": after,
        "next_after": notifications[NOTIFICATIONS_PER_PAGE - 1].pk
        if len(notifications) > NOTIFICATIONS_PER_PAGE
        else None,
    }
    return render(request, "inbox/detail.html", context)


@require_POST
@member_action
def mark(request: MemberRequest) -> HttpResponse:
    """Mark notifications as read or unread: those named, or all up to the newest shown."""
    member = request.user
    do = request.POST.get("do")
    if do not in ("read", "unread", "read-all"):
        raise Invalid(_("Choose what to do with these notifications."))
    chosen = parse_numbers(request.POST.getlist("notification"))
    if do == "read-all":
        read_all(member=member, up_to=max(chosen, default=0))
        mark_moderation_notifications(_sent_moderation_ids(request), member=member, read=True)
        messages.success(request, _("All marked as read."))
        return redirect("inbox")
    mark_notifications(chosen, member=member, read=do == "read")
    if wants_fragment(request):
        return _show_marked(request, member, chosen)
    after = id_param(request.POST, "after", "n")
    query = f"?after=n{after}" if after else ""
    anchor = f"#n{max(chosen)}" if chosen else ""
    return redirect(reverse("inbox") + query + anchor)


@require_http_methods(["GET", "HEAD", "POST"])
@member_required
def from_moderators(request: MemberRequest) -> HttpResponse:
    """Show moderation notifications, the latest first, or mark some as read or unread."""
    member = request.user
    if request.method == "POST":
        mark_moderation_notifications(
            _sent_moderation_ids(request),
            member=member,
            read=request.POST.get("do") == "read",
        )
        return redirect("inbox")
    after = id_param(request.GET, "after", "n")
    notifications = ModerationNotification.objects.inbox_of(member).with_context(member)
    page = list(
        (notifications.filter(pk__lt=after) if after else notifications)[
            : NOTIFICATIONS_PER_PAGE + 1
        ]
    )
    context = {
        "entries": notifications_in_words(page[:NOTIFICATIONS_PER_PAGE], member),
        "next_after": page[NOTIFICATIONS_PER_PAGE - 1].pk
        if len(page) > NOTIFICATIONS_PER_PAGE
        else None,
    }
    return render(request, "inbox/moderation.html", context)


def _sent_moderation_ids(request: HttpRequest) -> list[int]:
    return parse_numbers(request.POST.getlist("moderation_notification"))


def _grouped(notifications: list[Notification], member: User) -> list[NotificationGroup]:
    posts = {each.post_id for each in notifications}
    posts |= {each.post.parent_id for each in notifications if each.post.parent_id}
    return group_notifications(notifications, nearest_subscriptions(posts, member))


def _show_marked(request: HttpRequest, member: User, chosen: list[int]) -> HttpResponse:
    """Return the entry of these notifications as it is now; empty if the member lost access."""
    inbox = Notification.objects.inbox_of(member)
    context = {
        "entries": _grouped(list(inbox.filter(pk__in=chosen).with_context(member)), member),
        "unread_notifications": capped(recount_unread_notifications(member)),
    }
    return render(request, "inbox/_marked.html", context)
