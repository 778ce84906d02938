"""The siblings of a post: the other replies to the same post."""

from __future__ import annotations

from typing import Any

from django.db.models import F, OrderBy, OuterRef, QuerySet, Subquery

from forum.models.posts import Post
from forum.queries.thread_pages import MAX_POSTS_COUNTED

# The siblings of a post looked at for its neighbours, on each side.
MAX_SIBLINGS_SCANNED = 200


def adjacent_siblings(post: Post) -> tuple[Post | None, Post | None]:
    """Return the replies to the same post directly before and after this one.

    For a deleted sibling, its first descendant that is not deleted; one without any is skipped.
    Looks at the nearest `MAX_SIBLINGS_SCANNED` only, so that None may be returned too early.
    """
    beside = Post.objects.order_by().filter(parent=post.parent_id).values("pk")
    before = beside.filter(lft__lt=post.lft).order_by("-lft")[:MAX_SIBLINGS_SCANNED]
    after = beside.filter(lft__gt=post.lft).order_by("lft")[:MAX_SIBLINGS_SCANNED]
    return _first_drawn(before, F("lft").desc()), _first_drawn(after, F("lft").asc())


def _first_drawn(siblings: QuerySet[Post, dict[str, Any]], order: OrderBy) -> Post | None:
    branch = Post.objects.order_by("tree_id", "lft").filter(
        tree_id=OuterRef("tree_id"), lft__gte=OuterRef("lft"), lft__lt=OuterRef("rght")
    )
    first_visible = Subquery(branch.not_deleted().values("pk")[:1])
    drawn = (
        Post.objects.order_by(order).filter(pk__in=siblings).annotate(first_visible=first_visible)
    )
    first = drawn.exclude(first_visible=None).values("first_visible")[:1]
    places = Post.objects.order_by().only("pk", "level", "thread_id")
    return places.filter(pk=Subquery(first)).first()


def count_older_siblings(post: Post) -> int:
    """Return the number of earlier replies to the same post, up to `MAX_POSTS_COUNTED`."""
    older = Post.objects.filter(parent=post.parent_id, lft__lt=post.lft).order_by("-lft")
    nearest = older.values("deleted_at")[:MAX_POSTS_COUNTED]
    return sum(each["deleted_at"] is None for each in nearest)


def post_before(post: Post) -> int | None:
    """Return the id of the post above this one in tree order, without deleted ones."""
    above = Post.objects.not_deleted().filter(tree_id=post.tree_id, lft__lt=post.lft)
    return above.order_by("-lft").values_list("pk", flat=True).first()
