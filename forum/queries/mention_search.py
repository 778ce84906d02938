"""Search for people to mention, for the menu in the composer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forum.models.accounts import User, UserQuerySet
from forum.models.posts import Post
from forum.models.threads import Thread

MAX_SUGGESTIONS = 8
# The latest posts searched for participants of the thread, and for those who replied to the reader.
LATEST_POSTS_IN_THREAD = 2_000
LATEST_OWN_POSTS = 200


@dataclass(frozen=True, slots=True)
class MentionSuggestion:
    """A person to mention."""

    name: str
    is_here: bool  # wrote in the thread


def search_people_to_mention(
    start: str, *, reader: User, thread: Thread | None
) -> list[MentionSuggestion]:
    """Return people whose name begins with `start`, the nearest first.

    First come those in the thread, then people who replied to `reader`, then all others. Only
    active members, without the reader and those whom they ignore; at most `MAX_SUGGESTIONS`, each
    group sorted by name.
    """
    name_starts_with = User.objects.name_starts_with(start).active()
    name_starts_with = name_starts_with.exclude(pk__in=[reader.pk, *reader.ignored_ids])
    found: dict[str, MentionSuggestion] = {}
    for people, is_here in _groups(name_starts_with, reader, thread):
        for name in people.values_list("username", flat=True)[:MAX_SUGGESTIONS]:
            found.setdefault(name, MentionSuggestion(name, is_here))
        if len(found) >= MAX_SUGGESTIONS:
            break
    return list(found.values())[:MAX_SUGGESTIONS]


def _groups(
    name_starts_with: UserQuerySet, reader: User, thread: Thread | None
) -> Iterator[tuple[UserQuerySet, bool]]:
    """Yield the matching people by nearness, each with whether they are in the thread."""
    if thread:
        latest = (
            Post.objects.latest_in(thread).published().values("author")[:LATEST_POSTS_IN_THREAD]
        )
        yield name_starts_with.filter(pk__in=latest), True
    own = Post.objects.written_by(reader).values("pk")[:LATEST_OWN_POSTS]
    replies = Post.objects.order_by().published().filter(parent__in=own)
    yield name_starts_with.filter(pk__in=replies.values("author")), False
    yield name_starts_with, False
