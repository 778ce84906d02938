"""Lists of posts in the moderation admin."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from forum.models.accounts import User
from forum.models.posts import Post, PostQuerySet
from forum.models.quotes import Quote
from forum.models.reports import Report
from forum.models.threads import Thread

# Text is searched in this many latest posts of the site.
LATEST_POSTS_SEARCHED = 100_000


def posts_for_admin(person: User) -> PostQuerySet:
    """Return the posts of the boards that this person moderates, as `visible_to` shows them.

    Adds `is_answered`, `is_reported` (open reports) and `was_reported` (closed ones).
    """
    replies = Post.objects.order_by().filter(parent=OuterRef("pk"))
    reports = Report.objects.filter(post=OuterRef("pk"))
    return (
        Post.objects.visible_to(person)
        .filter(thread__in=Thread.objects.moderated_by(person))
        .select_related("author", "thread__board", "hidden_action")
        .annotate(
            is_answered=Exists(replies),
            is_reported=Exists(reports.open()),
            was_reported=Exists(reports.exclude(closed_at=None)),
        )
    )


def containing_text(posts: Any, words: str, reader: User) -> PostQuerySet:
    """Return the latest of `posts` (from `visible_to`) whose readable text contains `words`.

    Posts that quote these words from where `reader` may not read them are left out, so that nobody
    can guess them.
    """
    latest = Post.objects.order_by("-id").values("id")[:1]
    found = posts.filter(
        pk__gt=Subquery(latest) - LATEST_POSTS_SEARCHED, shown_source__icontains=words
    )
    return found.exclude(pk__in=Quote.objects.unreadable_with(words, reader).values("post"))
