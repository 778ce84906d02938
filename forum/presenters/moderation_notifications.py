"""What moderators did that concerns a member, as entries of the inbox."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from forum.models import ModerationNotification, Thread
from forum.models.acts import Act
from forum.models.posts import post_path

Cause = ModerationNotification.Cause
# What they decided on a post that waited.
HELD = {Act.APPROVE_HELD, Act.REJECT_HELD, Act.RETRACT_APPROVAL, Act.RETRACT_REJECTION}


@dataclass(frozen=True, slots=True)
class Told:
    """One notice: what was done, why, and where that is to be seen."""

    notification: ModerationNotification
    saying: str
    address: str
    reason: str
    place: Thread | None = None  # where it was done
    changes: str = ""  # where to see what was edited
    appeal: str = ""  # where to appeal against it

    template = "inbox/_moderation_notification.html"

    @property
    def id(self) -> str:
        return f"m{self.notification.pk}"


def told(notifications: Iterable[ModerationNotification]) -> list[Told]:
    """These notices, asked for `with_context`, in words."""
    return [_told(each) for each in notifications]


def _told(notification: ModerationNotification) -> Told:
    if notification.cause == Cause.CASE:
        return _of_case(notification)
    return _of_report(notification) if notification.report else _of_act(notification)


def _of_case(notification: ModerationNotification) -> Told:
    """Somebody gave this moderator a case; the reason is what they had to say with it."""
    assert notification.action
    saying = _("%(name)s gave you a case to decide on.") % {
        "name": notification.action.actor.username
    }
    if notification.post:
        address = reverse("admin:forum_case_change", args=[notification.post.case.pk])
    else:  # of a post that waits
        address = f"{reverse('admin:index')}?by=me"
    return Told(notification, saying, address, notification.action.reason)


def _of_report(notification: ModerationNotification) -> Told:
    assert notification.report
    outcome = notification.report.get_outcome_display()
    saying = _("Your report was answered: %(outcome)s.") % {"outcome": outcome}
    reason = notification.action.reason if notification.action else ""
    return Told(notification, saying, post_path(notification.report.post_id), reason)


def _of_act(notification: ModerationNotification) -> Told:
    action = notification.action
    assert action
    address = action.get_absolute_url()
    if notification.cause == Cause.APPEAL:
        is_declined = action.act == Act.DECLINE_APPEAL
        saying = _("Your appeal was declined.") if is_declined else _("Your appeal was upheld.")
        return Told(notification, saying, address, action.reason)
    if action.act in HELD:
        address = reverse("held")
    if action.act == Act.APPROVE_HELD and notification.post_id:
        address = post_path(notification.post_id)
    saying = _("A moderator %(did)s.") % {"did": action.get_act_display()}
    is_edit = action.act in (Act.EDIT_POST, Act.REVERT_EDIT) and notification.post_id
    return Told(
        notification,
        saying,
        address,
        action.reason,
        place=action.thread,
        changes=reverse("post-history", args=[notification.post_id]) if is_edit else "",
        appeal=reverse("log-appeal", args=[action.pk]) if action.rule.is_appealable else "",
    )
