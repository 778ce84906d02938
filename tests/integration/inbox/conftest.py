"""What tests of notices ask again and again."""

from __future__ import annotations

from forum.models import ModerationNotice, Notice, User


def told(member: User) -> dict[int, str]:
    """What waits for a member in the inbox, cause by post; the counter says how much."""
    member = User.objects.get(pk=member.pk)
    found = dict(Notice.objects.inbox_of(member).unread().values_list("post_id", "cause"))
    by_moderators = ModerationNotice.objects.told(member).unread().count()
    assert member.unread_notices == len(found) + by_moderators, "the counter and the list differ"
    return found
