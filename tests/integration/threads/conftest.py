"""Shared steps of the tests of reading a thread."""

from __future__ import annotations

from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.read_state import mark_thread_read
from forum.models import Post, Thread, User
from forum.models.read_state import read_state_of
from forum.queries.read_state import next_unread_post
from forum.queries.threads import with_read_state
from tests.html import Page


def unread_ids(thread: Thread, member: User) -> list[int]:
    """Return the ids of a member's unread posts, in the order in which “next” visits them."""
    found: list[int] = []
    post: Post | None = None
    while True:
        fresh = with_read_state(Thread.objects.all(), member).get(pk=thread.pk)
        read_state = read_state_of(fresh, member)
        assert read_state is not None
        post = next_unread_post(fresh, member, read_state, after=post)
        if post is None:
            return found
        found.append(post.pk)


def open_page(client: Client, thread: Thread, query: str = "") -> Page:
    return Page(client.get(thread.get_absolute_url() + query))


def write_reply(thread_or_post: Post, author: User, text: str = "Words of their own.") -> Post:
    return reply_to(thread_or_post, author=author, source=text)


def mark_all_read(thread: Thread, member: User) -> None:
    mark_thread_read(thread, member=member)
