"""What tests of reading say and ask again and again."""

from __future__ import annotations

from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.reading import mark_thread_read
from forum.models import Post, Thread, User
from forum.models.reading import marks_of
from forum.models.unseen import next_unseen


def unseen(thread: Thread, member: User) -> list[int]:
    """The ids of what is new to a member, in the order of the walk."""
    found: list[int] = []
    post: Post | None = None
    while True:
        fresh = Thread.objects.with_seen_by(member).get(pk=thread.pk)
        marks = marks_of(fresh, member)
        assert marks is not None
        post = next_unseen(fresh, member, marks, after=post)
        if post is None:
            return found
        found.append(post.pk)


def page(client: Client, thread: Thread, query: str = "") -> str:
    return client.get(thread.get_absolute_url() + query).content.decode()


def say(thread_or_post: Post, author: User, text: str = "Words of their own.") -> Post:
    return reply_to(thread_or_post, author=author, source=text)


def see_all(thread: Thread, member: User) -> None:
    mark_thread_read(thread, member=member)
