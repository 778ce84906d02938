"""The posts of a feed: the newest first, page by page, with those that were removed."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Exists, Max, OuterRef, Q, Subquery
from django.db.models.functions import JSONObject

from forum.lib.sql import IdsOf
from forum.log_entry_types import types_about
from forum.models.accounts import User
from forum.models.ignores import Ignore
from forum.models.moderation import ModerationEffect
from forum.models.posts import Post, PostQuerySet
from forum.models.subscriptions import Subscription
from forum.models.threads import Thread, ThreadQuerySet
from forum.models.visibility import Reader

ENTRIES_PER_FEED = 50
MAX_FEED_HTML = 1_000_000  # characters; one post is always shown
# Branches that were moved out of a thread lately, whose posts its feed names as removed.
MAX_MOVES = 5


@dataclass(frozen=True, slots=True)
class FeedPage:
    """Posts of a feed, of which some may be unreadable, and whether there are older ones."""

    posts: list[Post]
    has_older: bool


def fetch_feed(posts: PostQuerySet, before: int | None = None) -> FeedPage:
    """Return the newest of `posts`, which come the newest first, or the newest before a post.

    Each has `replies`: the `count` of its published replies and when the `latest` was written, or
    None.
    """
    replies = Post.objects.order_by().published().filter(parent=OuterRef("pk")).values("parent")
    counted = replies.annotate(found=JSONObject(count=Count("pk"), latest=Max("created_at")))
    posts = posts.before(before).with_context()
    found = list(posts.annotate(replies=Subquery(counted.values("found")))[: ENTRIES_PER_FEED + 1])
    page: list[Post] = []
    size = 0
    for post in found[:ENTRIES_PER_FEED]:
        size += len(post.shown_html)
        if page and size > MAX_FEED_HTML:
            break
        page.append(post)
    return FeedPage(page, len(page) < len(found))


def newest_posts_in(threads: ThreadQuerySet, reader: Reader, before: int | None) -> PostQuerySet:
    """Return the posts of these threads, the newest first, as far as a page needs them.

    The newest posts are in the threads of the latest replies, which are found by an index.
    """
    if before is None:
        threads = threads.order_by("-last_post_at", "-id")[:ENTRIES_PER_FEED]
    posts = Post.objects.visible_to(reader).filter(thread__in=IdsOf(threads.values("pk")))
    return posts.order_by("-id")


def followed_posts(member: User, before: int | None) -> PostQuerySet:
    """Return the posts by others in what a member follows and has not muted nearer."""
    mine = Subscription.objects.filter(member=member)
    whole = Exists(mine.follows().enclosing_threads())
    branches = Q(pk__in=mine.follows().filter(thread__isnull=False).values("thread"))
    threads = Thread.objects.listed_for(member).filter(whole | branches)
    nearest = Subquery(mine.enclosing_posts().values("state")[:1])
    posts = newest_posts_in(threads, member, before).annotate(nearest=nearest)
    ignored = Ignore.objects.filter(member=member).values("ignored")
    return (
        posts.filter(nearest=Subscription.State.FOLLOW)
        .exclude(author=member)
        .exclude(author__in=ignored)
    )


def fetch_moved_out(thread: Thread) -> list[Post]:
    """Return posts that were moved out of this thread lately, with nothing but their ids."""
    moves = ModerationEffect.objects.filter(
        kind=ModerationEffect.Kind.THREAD,
        target_id=thread.pk,
        action__act__in=types_about("moves"),
        action__undone_by=None,
    ).order_by("-action")
    heads = ModerationEffect.objects.filter(
        kind=ModerationEffect.Kind.POST,
        action__in=list(moves.values_list("action", flat=True)[:MAX_MOVES]),
    )
    moved: list[Post] = []
    for head in Post.objects.filter(pk__in=heads.values("target_id")).exclude(thread=thread):
        branch = Post.objects.branch_of(head).order_by("-id")
        moved += branch.only("id", "created_at")[:ENTRIES_PER_FEED]
    return moved
