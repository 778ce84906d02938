"""Where a post is in the pages of its thread."""

from __future__ import annotations

from forum.models import Post
from forum.models.threads import thread_path
from forum.models.windows import MOST_NESTED, WINDOW


def place_of(post: Post) -> str:
    """The address of a post in its thread's page, whichever page of the thread that is."""
    thread = post.thread
    path = thread_path(thread.pk, thread.slug)
    # Numbers are given to edits too: a thread below this is whole on its page.
    is_whole = thread.next_number <= WINDOW and post.level < MOST_NESTED
    return f"{path}#p{post.pk}" if is_whole else f"{path}?at=p{post.pk}#p{post.pk}"


def folded_at(post: Post) -> str:
    """The same, with what answers the post folded away."""
    page, _hash, here = place_of(post).partition("#")
    return f"{page}{'&' if '?' in page else '?'}fold=p{post.pk}#{here}"
