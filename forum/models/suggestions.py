"""Whom the mention menu offers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from forum.models.accounts import User, UserQuerySet
from forum.models.posts import Post
from forum.models.threads import Thread

MOST = 8
# Who is in a thread is read off so many of its latest posts, whom one talks with off so many
# of one's own.
LATEST_IN_THREAD = 2_000
LATEST_OF_OWN = 200


@dataclass(frozen=True, slots=True)
class Suggestion:
    name: str
    is_here: bool  # wrote in the thread


def suggestions(start: str, *, reader: User, thread: Thread | None) -> list[Suggestion]:
    """People whose name begins with `start`: of the thread first, then who answered `reader`.

    Only people who take part, without the reader; at most 8, each group by name.
    """
    called = User.objects.called(start).taking_part().exclude(pk=reader.pk)
    found: dict[str, Suggestion] = {}
    for people, is_here in _groups(called, reader, thread):
        for name in people.values_list("username", flat=True)[:MOST]:
            found.setdefault(name, Suggestion(name, is_here))
        if len(found) >= MOST:
            break
    return list(found.values())[:MOST]


def _groups(
    called: UserQuerySet, reader: User, thread: Thread | None
) -> Iterator[tuple[UserQuerySet, bool]]:
    """The same people, by how near they are; and whether that is in the thread."""
    if thread:
        latest = Post.objects.latest_in(thread).living().values("author")[:LATEST_IN_THREAD]
        yield called.filter(pk__in=latest), True
    own = Post.objects.written_by(reader).values("pk")[:LATEST_OF_OWN]
    answers = Post.objects.order_by().living().filter(parent__in=own)
    yield called.filter(pk__in=answers.values("author")), False
    yield called, False
