"""Branches by their place in the tree, and the locks and slow modes at their heads."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Case, OuterRef, Q, Subquery, When
from django.db.models.functions import Now

from forum.lib.sql import unnest
from forum.models.posts import SLOW_OR_LOCKED, Post, PostQuerySet


def in_branches(heads: Iterable[Post]) -> PostQuerySet:
    """Return these posts and all their descendants."""
    inside = Q(pk=None)
    for head in heads:
        inside |= Q(tree_id=head.tree_id, lft__gte=head.lft, lft__lt=head.rght)
    posts: PostQuerySet = Post.objects.filter(inside).order_by()
    return posts


def enclosing_locked_branches() -> PostQuerySet:
    """Return a subquery for a query of posts: the locked branches that each post is in."""
    around = {
        "tree_id": OuterRef("tree_id"),
        "lft__lte": OuterRef("lft"),
        "rght__gte": OuterRef("rght"),
    }
    in_force = Q(locked_until=None) | Q(locked_until__gt=Now())
    heads: PostQuerySet = Post.objects.order_by().filter(SLOW_OR_LOCKED, in_force, **around)
    return heads.exclude(locked_at=None)


def heads_of_branches(posts: Iterable[int]) -> dict[int, int | None]:
    """Return the head of the top-level branch that each of these posts is in, both by id.

    None for opening posts, which are in no branch.
    """
    heads = Post.objects.filter(tree_id=OuterRef("tree_id"), level=1, lft__lte=OuterRef("lft"))
    head = Subquery(heads.order_by("-lft").values("pk")[:1])
    found = Post.objects.order_by().filter(pk__in=unnest(posts))
    return dict(found.values_list("pk", Case(When(level__gt=0, then=head), default=None)))
