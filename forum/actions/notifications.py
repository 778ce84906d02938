"""Notifying members of posts: once for each person and post, for the strongest cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.utils import timezone

from forum.actions.quote_sources import FoundQuote
from forum.actions.read_state import mark_posts_unread
from forum.actions.transactions import retrying_transaction
from forum.models import Ignore, ModerationNotification, Notification, Post, User


def notify(post: Post, mentioned: Iterable[User], quotes: Iterable[FoundQuote]) -> None:
    """Notify the members whom a new post replies to, mentions or quotes; in its transaction."""
    _give(post, _causes(post, mentioned, quotes))


def notify_of_edit(post: Post, mentioned: Iterable[User], quotes: Iterable[FoundQuote]) -> None:
    """Update the notifications of an edited post, in the transaction of the edit.

    Nobody is notified twice: a changed cause changes the notification, and a cause that is gone
    deletes an unread one. Reminders stay what they are. For members notified only now, the post
    becomes unread.
    """
    causes = _causes(post, mentioned, quotes)
    reminder = Notification.Cause.REMINDER
    notifications = Notification.objects.filter(post=post)
    notifications.unread().exclude(member__in=causes).exclude(cause=reminder).delete()
    notified = dict(notifications.values_list("member_id", "cause"))
    _give(post, {pk: cause for pk, cause in causes.items() if notified.get(pk) != reminder})
    if new := causes.keys() - notified.keys():
        mark_posts_unread([post.pk], members=new)


def _causes(post: Post, mentioned: Iterable[User], quotes: Iterable[FoundQuote]) -> dict[int, str]:
    """Return the cause for each member; never for the author, nor for inactive accounts.

    Members who ignore the author are not notified either.
    """
    causes: dict[User, str] = {}
    for quote in quotes:
        causes[quote.revision.post.author] = Notification.Cause.QUOTE
    for person in mentioned:
        causes[person] = Notification.Cause.MENTION
    if post.parent is not None:
        causes[post.parent.author] = Notification.Cause.REPLY
    causes.pop(post.author, None)
    found = {member.pk: cause for member, cause in causes.items() if member.is_active}
    ignoring = Ignore.objects.filter(member__in=found, ignored=post.author_id) if found else ()
    for ignore in ignoring:
        del found[ignore.member_id]
    return found


def _give(post: Post, causes: Mapping[int, str]) -> None:
    """Notify members of a post; a notification that they have gets the new cause."""
    Notification.objects.bulk_create(
        (
            Notification(member_id=member, post=post, cause=cause)
            for member, cause in causes.items()
        ),
        update_conflicts=True,
        unique_fields=["member", "post"],
        update_fields=["cause"],
    )


@retrying_transaction
def mark_notifications(notifications: Collection[int], *, member: User, read: bool) -> None:
    """Mark a member's notifications as read, or as unread: then their posts are unread too."""
    mine = Notification.objects.filter(member=member, pk__in=notifications)
    if read:
        mine.unread().update(read_at=timezone.now())
        return
    mark_posts_unread(mine.values_list("post_id", flat=True), members=[member.pk])
    mine.update(read_at=None)


@retrying_transaction
def mark_moderation_notifications(
    notifications: Collection[int], *, member: User, read: bool
) -> None:
    """Mark a member's notifications from moderation as read or unread."""
    mine = ModerationNotification.objects.filter(member=member, pk__in=notifications)
    mine.update(read_at=timezone.now() if read else None)


@retrying_transaction
def read_all(*, member: User, up_to: int) -> None:
    """Mark a member's notifications as read, up to the newest one that they were shown."""
    unread = Notification.objects.inbox_of(member).unread().filter(pk__lte=up_to).order_by()
    Notification.objects.filter(pk__in=unread.values("pk")).update(read_at=timezone.now())
