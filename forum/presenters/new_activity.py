"""What happened around a post while somebody wrote an answer to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.safestring import SafeString

from forum.models import Post, Revision, User
from forum.presenters.threads import render_post_text
from forum.queries.read_state import has_seen, replies_since

# Shown whole; what is more than that is read in the thread.
MOST = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody else's answer to the same post."""

    id: int
    author: str
    words: str
    text: SafeString
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Answers that the writer has not seen, and whether the post answered was edited."""

    answers: list[Answer]
    count: int
    latest: int = 0  # id of the last of them
    edited_since: int = 0  # the revision that the writer began from, when there is a later one
    edit: int = 0  # and the later one
    edited_at: datetime | None = None

    def is_news(self, told: int | None, told_edit: int | None) -> bool:
        """Whether there is something of which the writer was not told."""
        return self.latest > (told or 0) or self.edit > (told_edit or 0)


def meanwhile(parent: Post, writer: User, *, known: int | None, base: int | None) -> Meanwhile:
    """What came since the post `known`, and since the revision `base` of the post answered."""
    found = replies_since(parent, writer, known) if known else Post.objects.none()
    posts = list(found[: MOST + 1])
    count = len(posts) if len(posts) <= MOST else found.count()
    answers = [
        Answer(
            id=post.pk,
            author=post.author.username,
            words=post.shown_excerpt,
            text=render_post_text(post, writer),
            created_at=post.created_at,
        )
        for post in posts[:MOST]
    ]
    latest = found.last() if count > MOST else (posts[-1] if posts else None)
    edited = _edit_of(parent, writer, base) if base else None
    return Meanwhile(
        answers,
        count,
        latest=latest.pk if latest else 0,
        edited_since=base or 0 if edited else 0,
        edit=edited.number if edited else 0,
        edited_at=edited.created_at if edited else None,
    )


def _edit_of(parent: Post, writer: User, base: int) -> Revision | None:
    """The latest wording of a post, when it is later than `base` and not seen.

    In another thread its revisions have other numbers: nothing is said then.
    """
    if parent.latest_number == base or parent.author_id == writer.pk or has_seen(parent, writer):
        return None
    if not Revision.objects.filter(post=parent, number=base).exists():
        return None
    return parent.latest_revision()
