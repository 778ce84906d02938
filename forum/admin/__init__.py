"""The moderators' desk: the same actions as in the page, through Django's admin."""

from forum.admin import boards, configured, erasures, held, log, members, posts, queue, threads
from forum.admin.site import admin_site

__all__ = [
    "admin_site",
    "boards",
    "configured",
    "erasures",
    "held",
    "log",
    "members",
    "posts",
    "queue",
    "threads",
]
