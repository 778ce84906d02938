"""The moderation admin: the same actions as on the site, through Django's admin."""

from forum.admin import (
    boards,
    configured,
    erasures,
    log,
    members,
    pending_posts,
    posts,
    queue,
    tags,
    threads,
)
from forum.admin.site import admin_site

__all__ = [
    "admin_site",
    "boards",
    "configured",
    "erasures",
    "log",
    "members",
    "pending_posts",
    "posts",
    "queue",
    "tags",
    "threads",
]
