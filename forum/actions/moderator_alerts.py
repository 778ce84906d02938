"""Notifying moderators of new work, within the transaction of the action that causes it."""

from __future__ import annotations

from collections.abc import Callable, Collection

from forum.models import ModerationNotification, User
from forum.models.roles import moderators_except


def alert_moderators(
    cause: ModerationNotification.Cause,
    can_do_it: Callable[[User], object],
    *,
    exclude: Collection[int] = (),
) -> None:
    """Notify the moderators who can do the new work, except these members.

    A moderator who has not read the last notification of that cause gets no other: ten reports are
    one line in the inbox.
    """
    people = [person for person in moderators_except(exclude) if can_do_it(person)]
    unread = ModerationNotification.objects.unread().filter(cause=cause, member__in=people)
    notified = set(unread.values_list("member_id", flat=True))
    ModerationNotification.objects.bulk_create(
        ModerationNotification(member=person, cause=cause)
        for person in people
        if person.pk not in notified
    )
