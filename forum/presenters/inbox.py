"""The inbox: notifications of one thread, parent and cause are grouped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.models import Notification, Thread
from forum.models.posts import post_path
from forum.presenters.names import join_with_others
from forum.presenters.times import date_of

SAYINGS = {
    Notification.Cause.REPLY: gettext_lazy("{people} replied to you in {thread}"),
    Notification.Cause.MENTION: gettext_lazy("{people} mentioned you in {thread}"),
    Notification.Cause.QUOTE: gettext_lazy("{people} quoted you in {thread}"),
    Notification.Cause.REMINDER: gettext_lazy("Reminder of what {people} wrote in {thread}"),
}


@dataclass(slots=True)
class NotificationGroup:
    """Notifications that say the same about several posts, the latest first.

    The page takes entries of any kind: each names the template that shows it.
    """

    thread: Thread
    cause: Notification.Cause
    parent_words: str  # of one's own post that was answered
    notifications: list[Notification] = field(default_factory=list)

    template = "inbox/_group.html"

    @property
    def unread(self) -> list[Notification]:
        return [notification for notification in self.notifications if notification.read_at is None]

    @property
    def id(self) -> str:
        return f"n{self.notifications[0].pk}"

    @property
    def address(self) -> str:
        """Return the address of the first unread post, else of the latest."""
        notification = self.unread[-1] if self.unread else self.notifications[0]
        return post_path(notification.post_id)

    @property
    def saying(self) -> SafeString:
        """Return “lispi314 and hopeless replied to you in …”."""
        names = dict.fromkeys(
            notification.post.author.username for notification in self.notifications
        )
        isolated = [format_html("<bdi>{}</bdi>", name) for name in names]
        people = mark_safe(join_with_others(isolated))  # noqa: S308 (escaped one by one)
        title = format_html('<cite dir="auto">{}</cite>', self.thread.title)
        return format_html(str(SAYINGS[self.cause]), people=people, thread=title)


def group_notifications(notifications: Iterable[Notification]) -> list[NotificationGroup]:
    """Return a group for each thread, parent and cause, in order of the latest notifications."""
    groups: dict[tuple[int, int | None, str], NotificationGroup] = {}
    for notification in notifications:
        post, cause = notification.post, Notification.Cause(notification.cause)
        is_reply = cause == Notification.Cause.REPLY
        key = (post.thread_id, post.parent_id if is_reply else None, cause)
        if key not in groups:
            words = notification.shown_parent if is_reply else ""
            groups[key] = NotificationGroup(post.thread, cause, words)
        groups[key].notifications.append(notification)
    return list(groups.values())


def empty_inbox_note(latest: Notification | None) -> str:
    """Return “No new notifications since 20 Nov.”"""
    if latest is None:
        return _("No notifications yet. Replies, mentions and quotes will appear here.")
    return _("No new notifications since %(date)s.") % {"date": date_of(latest.created_at)}
