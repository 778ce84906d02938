"""The address of a post in the pages of its thread."""

from __future__ import annotations

from forum.models import Post
from forum.models.threads import thread_path
from forum.queries.thread_pages import MAX_NESTING, POSTS_PER_PAGE


def post_url(post: Post) -> str:
    """Return the address of a post on whichever page of its thread shows it."""
    thread = post.thread
    numbers = thread.next_number
    return build_post_url(thread.pk, thread.slug, post.pk, numbers=numbers, level=post.level)


def build_post_url(thread_id: int, slug: str, post_id: int, *, numbers: int, level: int) -> str:
    """Return the address of a post of which only so much is known.

    Edits take numbers too: a thread that gave out no more than a page holds is whole on its page.
    """
    path = thread_path(thread_id, slug)
    is_whole = numbers <= POSTS_PER_PAGE and level < MAX_NESTING
    return f"{path}#p{post_id}" if is_whole else f"{path}?at=p{post_id}#p{post_id}"


def folded_post_url(post: Post) -> str:
    """Return the address of a post with its replies folded."""
    page, _hash, here = post_url(post).partition("#")
    return f"{page}{'&' if '?' in page else '?'}fold=p{post.pk}#{here}"
