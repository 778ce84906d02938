"""Slow mode: one post per person in a number of minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import ngettext

from forum.errors import RateLimited
from forum.models import Post, Thread, User
from forum.permissions import is_moderator_of

# Nobody can write more posts than this meanwhile: the rate limit is lower.
LOOKED_AT = 200


def check_slow_mode(author: User, parent: Post) -> None:
    """Raise `RateLimited` when slow mode doesn't let `author` post yet."""
    thread = parent.thread
    if is_moderator_of(author, thread.board):
        return
    heads = [head for head in parent.restricted_branches if head.is_slow]
    if not heads and not thread.is_slow:
        return
    mine = Post.objects.written_by(author).filter(thread=thread)[:LOOKED_AT]
    now = timezone.now()
    # Posts from the future were written before the clock was set back.
    recent = {post.pk: post.created_at for post in mine if post.created_at <= now}
    if thread.is_slow and recent:
        _wait(thread, max(recent.values()))
    for head in heads:
        there = Post.objects.branch_of(head).filter(pk__in=recent).values_list("pk", flat=True)
        if there:
            _wait(head, recent[max(there)])


def _wait(target: Post | Thread, latest: datetime) -> None:
    minutes = target.slow_minutes or 0
    left = latest + timedelta(minutes=minutes) - timezone.now()
    if left <= timedelta(0):
        return
    message = ngettext(
        "Slow mode: one post every %(count)d minute. %(reason)s Next post in %(seconds)d s.",
        "Slow mode: one post every %(count)d minutes. %(reason)s Next post in %(seconds)d s.",
        minutes,
    )
    seconds = int(left.total_seconds()) + 1
    reason = f"{target.slow_action.reason}." if target.slow_action else ""
    raise RateLimited(seconds, message % {"count": minutes, "reason": reason, "seconds": seconds})
