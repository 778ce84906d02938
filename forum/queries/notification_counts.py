"""The number of unread notifications, as the page's header and the inbox show it."""

from __future__ import annotations

from forum.models.accounts import User
from forum.models.notifications import MAX_NOTIFICATIONS_COUNTED, Notification


def count_unread_notifications(member: User) -> int:
    """Return how many notifications are unread, of posts and of moderation actions together.

    Counts up to `MAX_NOTIFICATIONS_COUNTED`. Needs no query of its own for most members: the counts
    come with their roles. Those are of posts that everybody can read; which others a moderator can
    read depends on the roles, so that a moderator's are counted by another query.
    """
    roles, of_posts, of_moderation, _ignored = member.roles_and_counts
    if roles.is_moderator:
        of_posts = Notification.objects.unread().inbox_of(member).capped_count()
    return min(MAX_NOTIFICATIONS_COUNTED, of_posts + of_moderation)


def recount_unread_notifications(member: User) -> int:
    """Return the count as it is now, after some were marked as read or unread."""
    return count_unread_notifications(User.objects.get(pk=member.pk))
