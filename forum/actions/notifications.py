"""Telling people of posts: one notice a person and post, for the strongest of its causes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.utils import timezone

from forum.actions.quotes import Found
from forum.actions.read_state import mark_posts_unread
from forum.actions.transactions import retrying_transaction
from forum.models import ModerationNotification, Notification, Post, User


def notify(post: Post, mentioned: Iterable[User], quotes: Iterable[Found]) -> None:
    """Tell the people whom a new post answers, mentions or quotes; part of its transaction."""
    _give(post, _causes(post, mentioned, quotes))


def notify_of_edit(post: Post, mentioned: Iterable[User], quotes: Iterable[Found]) -> None:
    """Make the notices of a post those of what it says now; part of the transaction that edits it.

    Nobody is told twice: a changed cause changes the words of a notice, and a cause that is gone
    takes back a notice that was not read. To who hears of the post only now it is new.
    """
    causes = _causes(post, mentioned, quotes)
    notifications = Notification.objects.filter(post=post)
    notifications.unread().exclude(member__in=causes).delete()
    told = set(notifications.values_list("member_id", flat=True))
    _give(post, causes)
    if new := causes.keys() - told:
        mark_posts_unread([post.pk], members=new)


def _causes(post: Post, mentioned: Iterable[User], quotes: Iterable[Found]) -> dict[int, str]:
    """By member, why they are told; the author never is, nor who cannot log in."""
    causes: dict[User, str] = {}
    for quote in quotes:
        causes[quote.revision.post.author] = Notification.Cause.QUOTE
    for person in mentioned:
        causes[person] = Notification.Cause.MENTION
    if post.parent is not None:
        causes[post.parent.author] = Notification.Cause.REPLY
    causes.pop(post.author, None)
    return {member.pk: cause for member, cause in causes.items() if member.is_active}


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
    """Mark these of a member's notices as read, or as not read: then their posts are new again."""
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
    """Mark what moderators told a member as read, or as not read."""
    mine = ModerationNotification.objects.filter(member=member, pk__in=notifications)
    mine.update(read_at=timezone.now() if read else None)


@retrying_transaction
def read_all(*, member: User, up_to: int) -> None:
    """Mark a member's notices as read, as far as they have been shown: up to that one."""
    unread = Notification.objects.inbox_of(member).unread().filter(pk__lte=up_to).order_by()
    Notification.objects.filter(pk__in=unread.values("pk")).update(read_at=timezone.now())
