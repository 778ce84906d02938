"""Bookmarks, and the reminders of them."""

from __future__ import annotations

from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.read_state import mark_posts_unread
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict
from forum.models import Bookmark, Notification, Post, User
from forum.models.bookmarks import MAX_BOOKMARKS


@retrying_transaction
def bookmark_post(
    post: Post, *, member: User, note: str = "", remind_on: date | None = None
) -> Bookmark:
    """Bookmark a post, or change the note and day of its bookmark. Inverse: `remove_bookmark`.

    The caller checks that the member may read the post. Locks the member, so that the limit holds.
    Raises `Conflict` or `Busy`.
    """
    User.objects.select_for_update(no_key=True).get(pk=member.pk)
    others = Bookmark.objects.of_member(member).exclude(post=post)
    if others.count() >= MAX_BOOKMARKS:
        words = _("You can keep at most %(most)s bookmarks. Remove some first.")
        raise Conflict(words % {"most": f"{MAX_BOOKMARKS:,}"})
    bookmark, _is_new = Bookmark.objects.update_or_create(
        member=member,
        post=post,
        defaults={"note": note, "remind_on": remind_on, "removed_at": None},
    )
    return bookmark


@retrying_transaction
def remove_bookmark(bookmark: Bookmark) -> None:
    """Remove a bookmark. Inverse, for a day: `restore_bookmark`."""
    Bookmark.objects.filter(pk=bookmark.pk, removed_at=None).update(removed_at=timezone.now())


@retrying_transaction
def restore_bookmark(bookmark: Bookmark) -> None:
    """Restore a removed bookmark with its note and day."""
    Bookmark.objects.filter(pk=bookmark.pk).update(removed_at=None)


def forget_removed_bookmarks() -> int:
    """Delete bookmarks that were removed too long ago to be restored."""
    return Bookmark.objects.forgettable().delete()[0]


@retrying_transaction
def remind_of_bookmarks() -> None:
    """Notify members of the bookmarks whose day has come where they are; each exactly once.

    The notification and the end of the reminder are one transaction: of a worker that is killed in
    between, nothing stays. Several workers may run at once.
    """
    now = timezone.now()
    found = Bookmark.objects.possibly_due(now).select_related("member")
    for bookmark in found.select_for_update(skip_locked=True, of=("self",)).order_by("pk"):
        if bookmark.is_due(now):
            _remind_of(bookmark)


def _remind_of(bookmark: Bookmark) -> None:
    """Put a reminder at the top of the inbox, and make the post unread.

    An earlier notification of the post gives way to it.
    """
    Notification.objects.filter(member=bookmark.member, post=bookmark.post_id).delete()
    Notification.objects.create(
        member=bookmark.member, post_id=bookmark.post_id, cause=Notification.Cause.REMINDER
    )
    mark_posts_unread([bookmark.post_id], members=[bookmark.member_id])
    Bookmark.objects.filter(pk=bookmark.pk).update(remind_on=None)
