"""Notifying members of posts: once for each person and post, for the strongest cause."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast
from django.utils import timezone

from forum.actions.quote_sources import FoundQuote
from forum.actions.read_state import mark_posts_unread
from forum.actions.transactions import retrying_transaction
from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import IsAnyOf
from forum.models import (
    FanOut,
    Ignore,
    MailSettings,
    ModerationNotification,
    Notification,
    NotificationMail,
    Post,
    ReadState,
    Subscription,
    Thread,
    User,
)
from forum.models.read_state import IsInSet
from forum.models.visibility import readable_by, visible_by

FOLLOWERS_AT_ONCE = 1000
# Who sees a post within this time gets no mail about it. Several in one thread become one mail.
MAIL_WINDOW = timedelta(minutes=10)


def notify(post: Post, mentioned: Iterable[User], quotes: Iterable[FoundQuote]) -> None:
    """Notify the members whom a new post replies to, mentions or quotes; in its transaction.

    The worker has the post mailed to them, and notifies those who only follow what it is in.
    """
    _give(post, decide_causes(post, _direct_causes(post, mentioned, quotes)))
    FanOut.objects.create(post=post)


def notify_of_edit(post: Post, mentioned: Iterable[User], quotes: Iterable[FoundQuote]) -> None:
    """Update the notifications of an edited post, in the transaction of the edit.

    Nobody is notified twice: a changed cause changes the notification, and a cause that is gone
    deletes an unread one, unless the member follows what the post is in. Reminders stay what they
    are. For members notified only now, the post becomes unread.
    """
    direct = _direct_causes(post, mentioned, quotes)
    notifications = Notification.objects.filter(post=post)
    concerned = notifications.filter(~Q(cause=Notification.Cause.FOLLOW) | Q(member__in=direct))
    notified = {each.member_id: each for each in concerned}
    reminded = {pk for pk, each in notified.items() if each.cause == Notification.Cause.REMINDER}
    unread = {pk for pk, each in notified.items() if each.read_at is None}
    lost = unread - direct.keys() - reminded
    causes = decide_causes(post, direct | {member: set() for member in lost})
    if gone := lost - causes.keys():
        notifications.unread().filter(member__in=gone).delete()
    _give(post, {pk: cause for pk, cause in causes.items() if pk not in reminded})
    if new := causes.keys() - notified.keys():
        mark_posts_unread([post.pk], members=new)
        queue_notification_mail(post, new)


def fan_out_next() -> bool:
    """Notify the next followers of a new post, and have it mailed; return False when none waits.

    A killed worker leaves the rest to the next one, and workers that run at once share the posts. A
    post that not everybody can read by now notifies nobody.
    """
    with transaction.atomic():
        waiting = FanOut.objects.select_for_update(skip_locked=True, of=("self",))
        fan_out = waiting.select_related("post__thread").order_by("post").first()
        if fan_out is None:
            return False
        post = fan_out.post
        if fan_out.done_up_to == 0:
            notified = Notification.objects.filter(post=post).values_list("member_id", flat=True)
            author = [post.author_id] if _wants_own_post(post) else []
            queue_notification_mail(post, [*notified, *author])
        followers = _followers(post, after=fan_out.done_up_to)
        causes = decide_causes(post, {member: set() for member in followers})
        seen = ReadState.objects.filter(member__in=causes, thread=post.thread_id).filter(
            IsInSet(Cast(Value(post.latest_number), BigIntegerField()), F("numbers"))
        )
        for member in seen.values_list("member_id", flat=True):
            del causes[member]
        Notification.objects.bulk_create(
            (Notification(member_id=pk, post=post, cause=cause) for pk, cause in causes.items()),
            ignore_conflicts=True,
        )
        # Those with another cause were notified, and perhaps mailed, when it was posted.
        followed = Notification.objects.filter(
            post=post, member__in=causes, cause=Notification.Cause.FOLLOW
        )
        queue_notification_mail(post, followed.values_list("member_id", flat=True))
        if len(followers) < FOLLOWERS_AT_ONCE:
            fan_out.delete()
        else:
            fan_out.done_up_to = followers[-1]
            fan_out.save(update_fields=["done_up_to"])
    return True


def _wants_own_post(post: Post) -> bool:
    """Return whether the author wants to be mailed this post, as one of what they follow."""
    if not MailSettings.objects.filter(member=post.author_id, own_posts=True).exists():
        return False
    nearest = Subscription.objects.enclosing(post).filter(member=post.author_id).first()
    return nearest is not None and nearest.each_post_by_mail


def _followers(post: Post, *, after: int) -> list[int]:
    """Return the next members who follow something that a post is in, if everybody can read it.

    Something nearer may be muted: `decide_causes` tells. A thread that lists leave out is no news
    of its board and tags.
    """
    everybody = AnonymousUser()
    if not Post.objects.filter(readable_by(everybody), visible_by(everybody, "thread__")).filter(
        pk=post.pk
    ):
        return []
    following = Subscription.objects.enclosing(post).follows().filter(member__gt=after)
    if not Thread.objects.listed_for(everybody).filter(pk=post.thread_id):
        following = following.exclude(branch=None)
    members = following.order_by("member").values_list("member_id", flat=True).distinct()
    return list(members[:FOLLOWERS_AT_ONCE])


def decide_causes(post: Post, direct: Mapping[int, Collection[str]]) -> dict[int, str]:
    """Return which of these members are notified of a post, each with the strongest cause.

    This is the one rule. `direct` has the causes in the post itself by member. Following adds one,
    and muting leaves none, or mentions for members who chose so. Never the author, nobody who
    ignores the author, and no inactive accounts.
    """
    if not direct:
        return {}
    causes = {}
    for pk, mentions_pass, state in CHOICES.fetch(list(direct), post.author_id, *post.place):
        own = set(direct[pk])
        if state == Subscription.State.FOLLOW:
            own.add(Notification.Cause.FOLLOW)
        elif state == Subscription.State.MUTE:
            own &= {Notification.Cause.MENTION} if mentions_pass else set()
        if own:
            causes[pk] = min(own, key=Notification.Cause.values.index)
    return causes


def _choices(
    members: list[int], author_id: int, *place: int
) -> QuerySet[User, tuple[int, bool, str | None]]:
    """Return what these members chose for a post at a place; see `decide_causes`."""
    mine = Subscription.objects.enclosing_place(*place).filter(member=OuterRef("pk"))
    ignoring = Ignore.objects.filter(member=OuterRef("pk"), ignored=author_id)
    found = User.objects.filter(IsAnyOf("pk", members), ~Exists(ignoring), is_active=True)
    found = found.exclude(pk=author_id)
    return found.values_list("pk", "mentions_pass_mute", Subquery(mine.values("state")[:1]))


CHOICES = PreparedQuery(_choices)


def _direct_causes(
    post: Post, mentioned: Iterable[User], quotes: Iterable[FoundQuote]
) -> dict[int, set[str]]:
    """Return the causes in a post itself, by the members that they concern."""
    causes: dict[int, set[str]] = defaultdict(set)
    for quote in quotes:
        causes[quote.revision.post.author_id].add(Notification.Cause.QUOTE)
    for person in mentioned:
        causes[person.pk].add(Notification.Cause.MENTION)
    if post.parent is not None:
        causes[post.parent.author_id].add(Notification.Cause.REPLY)
    return causes


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


def queue_notification_mail(post: Post, members: Iterable[int]) -> None:
    """Have a post mailed to the members who are notified of it, in the caller's transaction.

    How soon, and whether at all, the worker asks when it is due.
    """
    due_at = timezone.now() + MAIL_WINDOW
    NotificationMail.objects.bulk_create(
        (NotificationMail(member_id=pk, post=post, due_at=due_at) for pk in members),
        ignore_conflicts=True,
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
