"""What tests of notices ask again and again."""

from __future__ import annotations

from forum.models import ModerationNotification, Notification, User
from forum.queries.notifications import count_unread_notifications


def told(member: User) -> dict[int, str]:
    """What waits for a member in the inbox, cause by post; the counter says how much."""
    member = User.objects.get(pk=member.pk)
    found = dict(Notification.objects.inbox_of(member).unread().values_list("post_id", "cause"))
    by_moderators = ModerationNotification.objects.inbox_of(member).unread().count()
    assert count_unread_notifications(member) == len(found) + by_moderators, (
        "the counter and the list differ"
    )
    return found
