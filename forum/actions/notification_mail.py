"""Notification mail: which posts are mailed to whom, when, and in which mail.

Nothing is written down of a mail but the posts in it: its text is made when it is sent, of what its
reader may read then. All steps for one member are taken under that member's lock.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from smtplib import SMTPRecipientsRefused

from django.db import connection, transaction
from django.db.models import Q, QuerySet, Subquery, Value
from django.utils import timezone

from forum.actions.accounts import has_confirmed_address
from forum.actions.bounces import record_bounce
from forum.actions.outbox import WAITS, is_final
from forum.lib.sql import unnest
from forum.models import (
    MailSettings,
    MailSubject,
    Notification,
    NotificationMail,
    Post,
    Subscription,
    User,
)
from forum.models.mail_settings import MAIL_CAUSES
from forum.models.notifications import NotificationQuerySet
from forum.models.posts import PostQuerySet

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DueMail:
    """A mail to be made and sent now: a bundle of posts of one thread, or a digest."""

    member: User
    name: str  # the local part of its Message-ID
    notifications: Sequence[Notification]  # oldest first, never empty

    @property
    def is_digest(self) -> bool:
        return self.name.startswith("d.")


def reschedule(member: User) -> None:
    """Have the worker ask again when to mail what waits for a digest: the settings changed."""
    waiting = NotificationMail.objects.filter(member=member, mail="").exclude(digest="")
    waiting.update(digest="", due_at=timezone.now())


def deliver_next_notification(deliver: Callable[[DueMail], None]) -> bool:
    """Take the next step for a member with notifications to mail; return False when none is due.

    A step sorts what is due into mails, or passes one of them to `deliver`. An error of that
    postpones the mail, after the last attempt for good. Members whom another worker serves are
    skipped.
    """
    busy: list[int] = []
    while True:
        due = NotificationMail.objects.due().exclude(member__in=busy)
        member_id = due.values_list("member_id", flat=True).first()
        if member_id is None:
            return False
        with transaction.atomic():
            if _lock(member_id):
                _take_step(User.objects.get(pk=member_id), deliver)
                return True
        busy.append(member_id)


def _lock(member_id: int) -> bool:
    """Try to lock a member's mail until the transaction ends; without a row, nobody else waits."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(hashtextextended('notification mail', %s))",
            [member_id],
        )
        return bool(cursor.fetchone()[0])


def _take_step(member: User, deliver: Callable[[DueMail], None]) -> None:
    rows = NotificationMail.objects.filter(member=member)
    next_one = rows.due().exclude(mail="").first()
    if next_one:
        _deliver(member, next_one, deliver)
    else:
        _sort(member, list(rows.filter(mail="").order_by("post")))


# -- Sorting what is due into mails ---------------------------------------------------------------


def _sort(member: User, rows: Sequence[NotificationMail]) -> None:
    """Put rows that are due into mails, put off those for a digest, and drop the others.

    It is committed before the first mail is sent, so that after a crash the same posts are in the
    same mail, which has the same Message-ID.
    """
    now = timezone.now()
    choices = MailSettings.objects.for_member(member)
    found = _mailable(member, choices, [row.post_id for row in rows])
    columns = list(found.values_list("post", "cause", "post__thread"))
    own = _own_posts(member, choices, [row.post_id for row in rows])
    follow = Value(Notification.Cause.FOLLOW)
    columns += own.values_list("pk", follow, "thread")
    alone = _mailed_one_by_one(member, choices, [post for post, *_place in columns])
    places = {
        post: (MailSettings.Frequency.NOW, f"p{post}")
        if post in alone
        else (choices.frequency_of(cause), f"t{thread}")
        for post, cause, thread in columns
    }
    due = [row for row in rows if row.due_at <= now]
    _drop(row for row in due if row.post_id not in places)
    due_places = {places[row.post_id] for row in due if row.post_id in places}
    at_once = {place for place in due_places if place[0] == MailSettings.Frequency.NOW}
    bundles: dict[str, list[NotificationMail]] = defaultdict(list)
    digest: list[NotificationMail] = []
    for row in rows:
        place = places.get(row.post_id)
        if place and place in at_once:  # the rest of the thread goes with it
            bundles[place[1]].append(row)
        elif place is None or row.due_at > now:
            continue
        elif row.digest == place[0]:
            digest.append(row)
        else:
            row.digest = place[0]
            row.due_at = choices.next_digest(row.digest, after=now, zone=member.tzinfo)
            row.save(update_fields=["digest", "due_at"])
    for bundle in bundles.values():
        first, last = bundle[0].post_id, bundle[-1].post_id
        _put_into(f"p.{first}" if first == last else f"b.{member.pk}.{first}.{last}", bundle)
    if digest:
        _put_into(f"d.{member.pk}.{digest[0].post_id}.{digest[-1].post_id}", digest)
    mailed = {row.post_id for bundle in bundles.values() for row in bundle}
    _keep_subjects({thread for post, _cause, thread in columns if post in mailed})


def _mailable(member: User, choices: MailSettings, posts: Collection[int]) -> NotificationQuerySet:
    """Return the notifications of these posts that the member wants by mail and may read now."""
    never = MailSettings.Frequency.NEVER
    causes = [cause for cause in MAIL_CAUSES if choices.frequency_of(cause) != never]
    if not _is_reachable(member):
        return Notification.objects.none()
    unread = Notification.objects.inbox_of(member).unread()
    wanted = unread.filter(cause__in=causes, post__in=unnest(posts)).order_by("post")
    in_muted = Q(post__in=_muted(member, posts))
    if member.mentions_pass_mute:
        in_muted &= ~Q(cause=Notification.Cause.MENTION)
    return wanted.exclude(in_muted)


def _is_reachable(member: User) -> bool:
    return (
        member.is_active
        and not member.is_suspended
        and not member.mail_stop_reason
        and has_confirmed_address(member)
    )


def _own_posts(member: User, choices: MailSettings, posts: Collection[int]) -> PostQuerySet:
    """Return those of these posts that the member wrote, and wants by mail as they want others."""
    if not choices.own_posts or not _is_reachable(member):
        return Post.objects.none()
    own = Post.objects.visible_to(member).published().filter(author=member, pk__in=unnest(posts))
    return own.filter(pk__in=_mailed_one_by_one(member, choices, posts)).order_by("pk")


def _muted(member: User, posts: Collection[int]) -> QuerySet[Post, int]:
    """Return which of these posts are in what the member has muted since."""
    nearest = Subscription.objects.filter(member=member).enclosing_posts().values("state")[:1]
    found = Post.objects.filter(pk__in=unnest(posts)).annotate(nearest=Subquery(nearest))
    return found.filter(nearest=Subscription.State.MUTE).order_by().values_list("pk", flat=True)


def _mailed_one_by_one(member: User, choices: MailSettings, posts: Collection[int]) -> set[int]:
    """Return which of these are in something of which the member gets each post by mail."""
    mailed = Subscription.objects.filter(member=member, each_post_by_mail=True)
    is_never = choices.frequency_of("follow") == MailSettings.Frequency.NEVER
    if is_never or not mailed.exists():
        return set()
    found = Post.objects.filter(pk__in=unnest(posts)).select_related("thread")
    mine = Subscription.objects.filter(member=member)
    nearest = {post.pk: mine.enclosing(post).first() for post in found}
    return {pk for pk, one in nearest.items() if one and one.each_post_by_mail}


def _drop(rows: Iterable[NotificationMail]) -> None:
    NotificationMail.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _put_into(mail: str, rows: Sequence[NotificationMail]) -> None:
    ids = [row.pk for row in rows]
    NotificationMail.objects.filter(pk__in=ids).update(mail=mail, due_at=timezone.now())


def _keep_subjects(threads: Collection[int]) -> None:
    """Keep the titles of threads as the subject of their mail, unless an earlier one is kept."""
    openings = Post.objects.openings_of(threads).values_list("pk", "thread__title")
    MailSubject.objects.bulk_create(
        (MailSubject(post_id=pk, title=title) for pk, title in openings), ignore_conflicts=True
    )


def forget_subject(thread_id: int) -> None:
    """Forget the title under which a thread was mailed: a moderator replaced it.

    Called in the transaction of that action; the next mail has the title of that time.
    """
    MailSubject.objects.filter(post__in=Post.objects.opening_of(thread_id)).delete()


# -- Sending --------------------------------------------------------------------------------------


def _deliver(member: User, row: NotificationMail, deliver: Callable[[DueMail], None]) -> None:
    """Pass a mail to `deliver`, without what its reader may not or need not read any more."""
    rows = NotificationMail.objects.filter(member=member).in_mail(row.mail)
    choices = MailSettings.objects.for_member(member)
    posts = rows.values_list("post", flat=True)
    found = _mailable(member, choices, list(posts)).select_related(
        "post__author", "post__thread__board", "post__parent__author"
    )
    notifications = list(found.defer("post__html", "post__parent__html", "post__parent__source"))
    own = _own_posts(member, choices, list(posts)).select_related(
        "author", "thread__board", "parent__author"
    )
    cause = Notification.Cause.FOLLOW
    notifications += [Notification(member=member, post=post, cause=cause) for post in own]
    if notifications:
        try:
            with transaction.atomic():
                deliver(DueMail(member, row.mail, notifications))
        except Exception as error:  # noqa: BLE001 - no error may stop the mail to others
            logger.warning("Mail %s to member %s failed: %s", row.mail, member.pk, error)
            if isinstance(error, SMTPRecipientsRefused) and is_final(error):
                record_bounce(member, is_permanent=True)
            if not is_final(error) and row.attempts < len(WAITS):
                due_at = timezone.now() + WAITS[row.attempts]
                rows.update(attempts=row.attempts + 1, due_at=due_at)
                return
    rows.delete()
