"""The inbox: notifications of one thread, parent and cause, or of one branch that is followed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from forum.models import Notification, Post, Subscription, Thread
from forum.models.posts import post_path
from forum.presenters.names import join_with_others
from forum.presenters.subscriptions import SubscriptionControl, control_of
from forum.presenters.times import date_of

SAYINGS = {
    Notification.Cause.REPLY: gettext_lazy("{people} replied to you in {thread}"),
    Notification.Cause.MENTION: gettext_lazy("{people} mentioned you in {thread}"),
    Notification.Cause.QUOTE: gettext_lazy("{people} quoted you in {thread}"),
    Notification.Cause.REMINDER: gettext_lazy("Reminder of what {people} wrote in {thread}"),
    Notification.Cause.FOLLOW: gettext_lazy("{people} posted in {thread}"),
}


@dataclass(slots=True)
class NotificationGroup:
    """Notifications that say the same about several posts, the latest first.

    The page takes entries of any kind: each names the template that shows it.
    """

    thread: Thread
    cause: Notification.Cause
    parent_words: str  # of one's own post that was answered
    controls: list[SubscriptionControl]
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


def group_notifications(
    notifications: Iterable[Notification], nearest: Mapping[int, Subscription]
) -> list[NotificationGroup]:
    """Return the groups in order of their latest notifications.

    `nearest` has what the member follows or muted around each post, and around its parent.
    """
    groups: dict[tuple[int, str | None, str], NotificationGroup] = {}
    for notification in notifications:
        post, cause = notification.post, Notification.Cause(notification.cause)
        is_reply = cause == Notification.Cause.REPLY
        about = f"p{post.parent_id}" if is_reply else None
        if cause == Notification.Cause.FOLLOW and post.pk in nearest:
            about = nearest[post.pk].target_key
        key = (post.thread_id, about, cause)
        if key not in groups:
            words = notification.shown_parent if is_reply else ""
            groups[key] = NotificationGroup(
                post.thread, cause, words, list(_controls(post, cause, nearest))
            )
        groups[key].notifications.append(notification)
    return list(groups.values())


def _controls(
    post: Post, cause: str, nearest: Mapping[int, Subscription]
) -> Iterator[SubscriptionControl]:
    """Yield the buttons beside a notification: for what it came from, and for the branch.

    The branch is that of the post's parent; of posts that reply to the opening post, their own.
    Replies to the opening post are all in its thread.
    """
    back = reverse("inbox")
    around = nearest.get(post.pk)
    if around and cause == Notification.Cause.FOLLOW:
        target = around.branch or around.board or around.tag
        assert target
        yield control_of(target, [around], back=back)
        if around.branch:
            return
    is_of_parent = post.level > 1 or (post.level and cause == Notification.Cause.REPLY)
    head = post.parent_id if is_of_parent and post.parent_id else post.pk
    kind = "thread" if post.level - bool(is_of_parent) == 0 else "branch"
    chosen = nearest.get(head)
    own = chosen.choice if chosen and chosen.branch_id == head else Subscription.Choice.NONE
    yield SubscriptionControl(f"p{head}", kind, own, chosen, back)


def empty_inbox_note(latest: Notification | None) -> str:
    """Return “No new notifications since 20 Nov.”"""
    if latest is None:
        return _(
            "No notifications yet. Replies, mentions, quotes and what you follow will appear here."
        )
    return _("No new notifications since %(date)s.") % {"date": date_of(latest.created_at)}
