"""The moderators' desk: the same actions as in the page, through Django's admin."""

from forum.admin import boards, configured, erasures, held, log, members, posts, queue, threads
from forum.admin.site import desk

__all__ = [
    "boards",
    "configured",
    "desk",
    "erasures",
    "held",
    "log",
    "members",
    "posts",
    "queue",
    "threads",
]
