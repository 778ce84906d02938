"""Shared helpers of the inbox tests."""

from __future__ import annotations

from forum.models import ModerationNotification, Notification, User
from forum.queries.notification_counts import count_unread_notifications


def unread_inbox(member: User) -> dict[int, str]:
    """Return the unread inbox of a member, cause by post, and check its counter."""
    member = User.objects.get(pk=member.pk)
    causes = dict(Notification.objects.inbox_of(member).unread().values_list("post_id", "cause"))
    by_moderators = ModerationNotification.objects.inbox_of(member).unread().count()
    assert count_unread_notifications(member) == len(causes) + by_moderators, (
        "the counter and the list differ"
    )
    return causes
