"""Notifications about moderation, as entries of the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import ModerationNotification, Thread
from forum.models.posts import post_path


@dataclass(frozen=True, slots=True)
class NotificationEntry:
    """A notification: the action, its reason, and links."""

    notification: ModerationNotification
    saying: str
    address: str
    reason: str
    by: str = ""  # who did it, as members are told
    place: Thread | None = None  # where it was done
    changes: str = ""  # where to see what was edited
    appeal: str = ""  # where to appeal against it

    template = "inbox/_moderation_notification.html"

    @property
    def id(self) -> str:
        return f"m{self.notification.pk}"


def notifications_in_words(
    notifications: Iterable[ModerationNotification],
) -> list[NotificationEntry]:
    """Describe these notifications, which were queried `with_context`."""
    return [_in_words(each) for each in notifications]


def _in_words(notification: ModerationNotification) -> NotificationEntry:
    if notification.cause == ModerationNotification.Cause.CASE:
        return _of_case(notification)
    return _of_report(notification) if notification.report else _of_action(notification)


def _of_case(notification: ModerationNotification) -> NotificationEntry:
    """Describe the assignment of a case, with its note as the reason."""
    assert notification.action
    saying = _("%(name)s assigned a case to you.") % {"name": notification.action.actor.username}
    if notification.post:
        address = reverse("admin:forum_case_change", args=[notification.post.case.pk])
    else:  # of a post that waits
        address = f"{reverse('admin:index')}?by=me"
    return NotificationEntry(notification, saying, address, notification.action.reason)


def _of_report(notification: ModerationNotification) -> NotificationEntry:
    assert notification.report
    outcome = notification.report.get_outcome_display()
    author = notification.post.author if notification.post else _("someone")
    saying = _("Your report on %(name)s’s post: %(outcome)s.")
    saying = saying % {"name": author, "outcome": outcome}
    reason = notification.action.reason if notification.action else ""
    return NotificationEntry(notification, saying, post_path(notification.report.post_id), reason)


def _of_action(notification: ModerationNotification) -> NotificationEntry:
    action = notification.action
    assert action
    address = action.get_absolute_url()
    if notification.cause == ModerationNotification.Cause.APPEAL:
        is_declined = action.act == "decline-appeal"
        saying = _("Your appeal was declined.") if is_declined else _("Your appeal was upheld.")
        return NotificationEntry(notification, saying, address, action.reason)
    topic = action.type.topic
    if topic == "pending posts":
        address = reverse("pending-posts")
        if action.act == "approve-pending-post" and notification.post_id:
            address = post_path(notification.post_id)
    default = _("A moderator %(did)s.") % {"did": action.get_act_display()}
    return NotificationEntry(
        notification,
        str(action.type.notification or default),
        address,
        action.reason,
        by=action.moderator,
        place=action.thread if notification.is_place_visible else None,
        changes=(
            reverse("post-history", args=[notification.post_id])
            if topic == "edits" and notification.post_id
            else ""
        ),
        appeal=reverse("log-appeal", args=[action.pk]) if action.type.can_be_appealed else "",
    )
