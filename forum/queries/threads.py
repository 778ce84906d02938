"""Threads together with what pages show of them from other tables; no further queries.

Each function takes a queryset of threads and returns it with more columns.
"""

from __future__ import annotations

from typing import TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import JSONObject

from forum.lib.sql import CountSubquery
from forum.log_entry_types import types_about
from forum.models.accounts import User
from forum.models.drafts import Draft
from forum.models.moderation import ModerationEffect
from forum.models.pending_posts import PendingPost
from forum.models.posts import Post
from forum.models.read_state import ReadState
from forum.models.received_mail import ReceivedMail
from forum.models.tags import ThreadTag, tag_columns
from forum.models.threads import Thread, ThreadQuerySet, TitleChange
from forum.models.visibility import Reader, ReaderQuery

Threads = TypeVar("Threads", bound=ThreadQuerySet)

# What a list shows; making objects of all columns takes longer than the query.
LISTED_COLUMNS = (
    *("title", "slug", "created_at", "post_count", "last_post_at"),
    *("pinned_at", "locked_at", "locked_until", "deleted_at", "removed_at", "unlisted_at"),
    *("board__name", "board__slug", "author__username"),
    *("last_post__excerpt", "last_post__author__username"),
)
# The latest branches moved into a thread or out of it that its page mentions.
MAX_MOVES_SHOWN = 3


def for_thread_page(threads: Threads) -> Threads:
    """Add what the page of a thread shows to every reader."""
    changes = TitleChange.objects.filter(thread=OuterRef("pk"))
    threads = threads.annotate(is_title_edited=Exists(changes))
    return with_tags(with_moves(with_reply_count(threads))).select_related(
        *("board", "author", "merged_into"),
        *("locked_action__actor", "slow_action__actor"),
        *("removed_action__actor", "removed_action__board"),
    )


def for_thread_list(threads: Threads) -> Threads:
    """Add what a list shows of each thread."""
    return (
        with_tags(with_reply_count(threads))
        .select_related("board", "author", "last_post__author")
        .only(*LISTED_COLUMNS)
    )


def with_reply_count(threads: Threads) -> Threads:
    """Add `reply_count`: the number of published posts without the opening post.

    Counts, because PostgreSQL would answer `Exists` by reading the opening posts of all threads.
    """
    opening = Post.objects.opening_of(OuterRef("pk")).published()
    return threads.annotate(reply_count=F("post_count") - CountSubquery(opening.values("pk")[:1]))


def with_tags(threads: Threads) -> Threads:
    """Add `tags`: the name and slug of each tag of a thread, by name.

    A synonym counts as the tag that it leads to.
    """
    tags = ThreadTag.objects.filter(thread=OuterRef("pk")).values(columns=tag_columns())
    return threads.annotate(tags=ArraySubquery(tags.distinct().order_by("columns")))


def with_moves(threads: Threads) -> Threads:
    """Add `moves`: the latest moves of branches into each thread or out of it, not undone.

    Each is a dict with the `id` and `reason` of the moderation action, the `head` of the branch,
    the threads that it moved `from` and `to`, and the posts of the thread `before` and `after`.
    """
    heads = ModerationEffect.objects.filter(
        action=OuterRef("action"), kind=ModerationEffect.Kind.POST
    ).order_by("pk")
    moves = ModerationEffect.objects.filter(
        kind=ModerationEffect.Kind.THREAD,
        target_id=OuterRef("pk"),
        action__act__in=types_about("moves"),
        action__undoes=None,
        action__undone_by=None,
    ).order_by("-action")
    of_branch = {"head": "target_id", "from": "before__thread", "to": "after__thread"}
    columns = JSONObject(
        id="action_id",
        reason="action__reason",
        before="before__posts",
        after="after__posts",
        **{name: Subquery(heads.values(column)[:1]) for name, column in of_branch.items()},
    )
    return threads.annotate(moves=ArraySubquery(moves.values(columns=columns)[:MAX_MOVES_SHOWN]))


def with_read_state(threads: Threads, reader: Reader) -> Threads:
    """Add `seen_at`: the time of the reader's last visit, None when there was none."""
    own = ReadState.objects.filter(thread=OuterRef("pk"), member=reader.pk)
    return threads.annotate(seen_at=Subquery(own.values("visited_at")))


def with_drafts(threads: Threads, reader: Reader) -> Threads:
    """Add `drafts`: the reader's drafts in each thread, as `Draft.objects.lines` gives them."""
    if not isinstance(reader, User):
        return threads
    return threads.annotate(drafts=Draft.objects.lines(OuterRef("pk"), reader))


def with_pending_posts(threads: Threads, reader: Reader) -> Threads:
    """Add `pending_posts`: the reader's pending posts in each thread."""
    if not isinstance(reader, User):
        return threads
    return threads.annotate(pending_posts=PendingPost.objects.lines(OuterRef("pk"), reader))


def with_received_mail(threads: Threads, reader: Reader) -> Threads:
    """Add `received_mail`: what is noted below the reader's own posts that came by mail."""
    if not isinstance(reader, User):
        return threads
    return threads.annotate(received_mail=ReceivedMail.objects.lines(OuterRef("pk"), reader))


def _thread_for_page(reader: Reader, thread_id: int) -> ThreadQuerySet:
    """Return a thread with what its page shows to this reader, if they may open it."""
    threads = with_read_state(for_thread_page(Thread.objects.visible_to(reader)), reader)
    threads = with_pending_posts(with_drafts(threads, reader), reader)
    return with_received_mail(threads, reader).filter(pk=thread_id)


THREAD_FOR_PAGE = ReaderQuery(_thread_for_page)
