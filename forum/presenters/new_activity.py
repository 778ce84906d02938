"""Activity around a post while somebody writes a reply to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from forum.models import Post, Revision, User
from forum.presenters.threads import render_post_text
from forum.queries.read_state import has_seen, replies_since

# Replies shown in full.
MAX_LISTED_POSTS = 5


@dataclass(frozen=True, slots=True)
class NewReply:
    """Somebody else's reply to the same post."""

    id: int
    author: str
    words: str
    text: SafeString
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewActivity:
    """Replies that the writer has not seen, and the edit of the post that they reply to."""

    replies: list[NewReply]
    count: int
    latest: int = 0  # id of the last of them
    edited_since: int = 0  # the revision that the writer began from, when there is a later one
    edit: int = 0  # and the later one
    edited_at: datetime | None = None

    def is_unacknowledged(self, post: int | None, edit: int | None) -> bool:
        """Return whether there is anything after that post and that edit."""
        return self.latest > (post or 0) or self.edit > (edit or 0)


def new_activity(
    parent: Post, writer: User, *, last_seen_post: int | None, base_revision: int | None
) -> NewActivity:
    """Return replies since that post, and edits since that revision of the parent.

    Queries nothing when the thread has no later post.
    """
    found = Post.objects.none()
    if last_seen_post and last_seen_post != parent.thread.last_post_id:
        found = replies_since(parent, writer, last_seen_post)
    posts = list(found[: MAX_LISTED_POSTS + 1])
    count = len(posts) if len(posts) <= MAX_LISTED_POSTS else found.count()
    replies = [
        NewReply(
            id=post.pk,
            author=post.author.username,
            words=post.shown_excerpt,
            text=render_post_text(post, writer),
            created_at=post.created_at,
        )
        for post in posts[:MAX_LISTED_POSTS]
    ]
    latest = found.last() if count > MAX_LISTED_POSTS else (posts[-1] if posts else None)
    edited = _edit_of(parent, writer, base_revision) if base_revision else None
    return NewActivity(
        replies,
        count,
        latest=latest.pk if latest else 0,
        edited_since=base_revision or 0 if edited else 0,
        edit=edited.number if edited else 0,
        edited_at=edited.created_at if edited else None,
    )


def _edit_of(parent: Post, writer: User, base: int) -> Revision | None:
    """Return the latest revision of a post, if it is later than `base` and not yet seen.

    After a move to another thread its revisions have other numbers; None is returned then.
    """
    if parent.latest_number == base or parent.author_id == writer.pk or has_seen(parent, writer):
        return None
    if not Revision.objects.filter(post=parent, number=base).exists():
        return None
    return parent.latest_revision()
