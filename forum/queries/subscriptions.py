"""Subscriptions of a member, for the pages that show them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery

from forum.lib.prepared_queries import PreparedQuery
from forum.lib.sql import unnest
from forum.models.accounts import User
from forum.models.boards import Board
from forum.models.posts import Post
from forum.models.subscriptions import Subscription, SubscriptionQuerySet, is_muted_by
from forum.models.tags import Tag
from forum.models.threads import Thread
from forum.models.visibility import Reader, if_readable, visible_by
from forum.queries.threads import Threads

# The lists of what a member follows and mutes, by the name in the address; empty: all of it.
CONDITIONS_BY_FILTER = {
    "": Q(),
    "boards": Q(board__isnull=False),
    "tags": Q(tag__isnull=False),
    "threads": Q(branch__isnull=False, branch__parent=None),
    "branches": Q(branch__parent__isnull=False),
    "muted": Q(state=Subscription.State.MUTE),
}


def enclosing_subscriptions(target: Board | Tag | Post, reader: Reader) -> list[Subscription]:
    """Return what the reader chose for a target and for what it is in, the nearest first."""
    if not isinstance(reader, User):
        return []
    mine = _with_names(Subscription.objects.filter(member=reader))
    if isinstance(target, Board):
        return list(mine.filter(board=target))
    if isinstance(target, Tag):
        return list(mine.filter(tag=target))
    return list(mine.enclosing(target))


def subscriptions_on_page(thread: Thread, reader: Reader) -> list[Subscription]:
    """Return what the page of a thread shows of the reader's subscriptions; one query."""
    if not isinstance(reader, User):
        return []
    return ON_PAGE.fetch(reader.pk, thread.pk, thread.board_id)


def _on_page(member_id: int, thread_id: int, board_id: int) -> SubscriptionQuerySet:
    mine = _with_names(Subscription.objects.filter(member=member_id))
    return mine.on_page_of(thread_id, board_id)


ON_PAGE: PreparedQuery[Subscription] = PreparedQuery(_on_page)


def nearest_subscriptions(posts: Iterable[int], member: User) -> dict[int, Subscription]:
    """Return what decides about each of these posts for a member; two queries."""
    mine = Subscription.objects.filter(member=member)
    nearest = Subquery(mine.enclosing_posts().values("pk")[:1])
    found = Post.objects.order_by().filter(pk__in=unnest(posts)).annotate(nearest=nearest)
    deciding = dict(found.exclude(nearest=None).values_list("pk", "nearest"))
    chosen = _with_names(mine.filter(pk__in=unnest(set(deciding.values()))))
    by_id = {each.pk: each for each in chosen}
    return {post: by_id[pk] for post, pk in deciding.items() if pk in by_id}


def muted_posts(posts: Collection[int], reader: Reader) -> set[int]:
    """Return those of these posts that the reader muted, with what they are in."""
    if not posts or not isinstance(reader, User):
        return set()
    found = Post.objects.order_by().filter(is_muted_by(reader), pk__in=unnest(posts))
    return set(found.values_list("pk", flat=True))


def with_own_choice(tags: QuerySet[Tag], reader: Reader) -> QuerySet[Tag]:
    """Add `choice`: what the reader chose for each tag; None for nothing."""
    if not isinstance(reader, User):
        return tags
    own = Subscription.objects.filter(member=reader, tag=OuterRef("pk"))
    return tags.annotate(choice=Subquery(own.choices()))


def with_choices(threads: Threads, reader: Reader) -> Threads:
    """Add what the reader chose: `choice` for a thread or what it is in, `own_choice` for itself.

    Both are None where nothing was chosen.
    """
    if not isinstance(reader, User):
        return threads
    mine = Subscription.objects.filter(member=reader)
    own = mine.filter(thread=OuterRef("pk"), branch__parent=None)
    return threads.annotate(
        choice=Subquery(mine.enclosing_threads().choices()[:1]), own_choice=Subquery(own.choices())
    )


def fetch_subscriptions(member: User, shown: str, after: int | None) -> SubscriptionQuerySet:
    """Return what a member chose, the latest first; what follows the one with id `after`.

    `is_visible` is false for branches in threads that the member can't open any more, and
    `shown_excerpt` empty for posts that they can't read.
    """
    found = Subscription.objects.filter(CONDITIONS_BY_FILTER[shown], member=member)
    if after is not None:
        found = found.filter(pk__lt=after)
    visible = visible_by(member, "branch__thread__")
    # For moderators of the site it is empty: they may open every thread.
    in_visible_thread = Q(branch=None) | visible if visible else Q(pk__isnull=False)
    return (
        _with_names(found)
        .select_related("board", "tag", "branch__author", "branch__thread__board")
        .annotate(
            is_visible=ExpressionWrapper(in_visible_thread, BooleanField()),
            shown_excerpt=if_readable(member, "excerpt", "branch__"),
        )
        .order_by("-pk")
    )


def _with_names(subscriptions: SubscriptionQuerySet) -> SubscriptionQuerySet:
    return subscriptions.select_related("board", "tag", "branch").defer(
        "branch__html", "branch__source", "branch__excerpt"
    )
