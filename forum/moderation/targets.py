"""The targets of moderation, and the states of them that moderation sets.

A `TargetKind` describes everything that differs between posts, threads, members and pending posts.
A `TargetState` is one property of a target: actions write it, `undo` restores the value before, and
nothing else writes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from forum.actions.transactions import RetryTransaction
from forum.errors import UserError
from forum.lib.sql import unnest
from forum.models import ModerationAction, ModerationEffect, PendingPost, Post, Report, Thread, User
from forum.models.roles import prefetch_roles
from forum.models.visibility import Reader
from forum.permissions import PermissionResult
from forum.presenters import counts
from forum.presenters.history import source_for

Target = Post | Thread | User | PendingPost
POSTS_PER_STATEMENT = 500
Value = Any  # as the log keeps it: what JSON can say; see docs/moderation-log.md


@dataclass(frozen=True, slots=True)
class TargetState:
    """One property that moderation sets on targets of a kind; `key` is its name in the log."""

    kind: str
    key: str
    read: Callable[[Any], Value]
    # Set it for many targets; the entry of the log exists already.
    write: Callable[[Sequence[tuple[Any, Value]], ModerationAction], None]
    # Whether a person can change it.
    permission: Callable[[User, Any], PermissionResult]
    # Why a target can't be set to a value, whoever asks.
    blocked_by: Callable[[Any, Value], UserError | None] = lambda _target, _value: None


@dataclass(frozen=True, slots=True)
class TargetKind:
    """Everything that differs between the kinds of targets."""

    kind: str  # its name in the log, in addresses and in the names of templates
    model: type[Any]
    title: Any  # the heading of menus
    path: str  # where the page of one target is
    visible_to: Callable[[Reader], QuerySet[Any]]
    # Returns the targets as they are now, locked until the transaction ends.
    lock: Callable[[Collection[int]], Sequence[Any]]
    # Describes several targets: “2 posts by 2 people in 1 thread”.
    summary: Callable[[Sequence[Any]], str]
    # Loads what the page of one target shows to this reader.
    prepare: Callable[[Any, Reader], None] = lambda _target, _reader: None

    @property
    def template(self) -> str:
        """The template that shows one target."""
        return f"moderation/_{self.kind}.html"


# -- Locks ----------------------------------------------------------------------------------------


def lock_posts(ids: Collection[int]) -> list[Post]:
    """Lock the threads of these posts and return the posts; retry when one was moved."""
    posts = Post.objects.order_by().filter(pk__in=unnest(ids))
    there = dict(posts.values_list("pk", "thread_id"))
    Thread.objects.lock(*set(there.values()))
    found = list(posts.select_related("author", "hidden_action").order_by("thread_id", "number"))
    if {post.pk: post.thread_id for post in found} != there:
        raise RetryTransaction
    threads = Thread.objects.select_related("board").in_bulk(set(there.values()))
    for post in found:
        post.thread = threads[post.thread_id]
    prefetch_roles(post.author for post in found)
    return found


def lock_threads(ids: Collection[int]) -> list[Thread]:
    """Return these threads, locked."""
    Thread.objects.lock(*ids)
    threads = Thread.objects.select_related("board", "author").filter(pk__in=ids)
    return list(threads.order_by("pk"))


def lock_people(ids: Collection[int]) -> list[User]:
    """Return these members, their rows locked; after the threads, if there are any."""
    people = User.objects.select_for_update(no_key=True, of=("self",))
    found = list(people.filter(pk__in=ids).order_by("pk"))
    prefetch_roles(found)
    return found


def lock_pending(ids: Collection[int]) -> list[PendingPost]:
    """Return these pending posts, locked with their threads; begins anew as for posts."""
    found = PendingPost.objects.with_context().filter(pk__in=ids).order_by("pk")
    there = {pending.pk: pending.thread.pk for pending in found if pending.thread}
    Thread.objects.lock(*set(there.values()))
    locked = list(found.select_for_update(no_key=True, of=("self",)))
    if {pending.pk: pending.thread.pk for pending in locked if pending.thread} != there:
        raise RetryTransaction
    return locked


# -- Summaries ------------------------------------------------------------------------------------


def _amount_of_posts(posts: Sequence[Post]) -> str:
    said = _("%(posts)s by %(people)s in %(threads)s") % {
        "posts": counts.posts(len(posts)),
        "people": counts.people(len({post.author_id for post in posts})),
        "threads": counts.threads(len({post.thread_id for post in posts})),
    }
    reports = Report.objects.open().filter(post__in=posts).count()
    return f"{said}, {counts.reports(reports)}" if reports else said


def _amount_of_threads(threads: Sequence[Thread]) -> str:
    return _("%(threads)s with %(posts)s by %(people)s") % {
        "threads": counts.threads(len(threads)),
        "posts": counts.posts(sum(thread.post_count for thread in threads)),
        "people": counts.people(Post.objects.filter(thread__in=threads).count_authors()),
    }


def _amount_of_pending(pending: Sequence[PendingPost]) -> str:
    return _("%(posts)s by %(people)s") % {
        "posts": counts.posts(len(pending)),
        "people": counts.people(len({each.author_id for each in pending})),
    }


def _amount_of_people(people: Sequence[User]) -> str:
    return counts.people(len(people))


def _show_words(post: Post, reader: Reader) -> None:
    post.shown_words = source_for(post, reader)


POST = TargetKind(
    ModerationEffect.Kind.POST,
    Post,
    title=_lazy("Post"),
    path="p/<id:pk>/",
    visible_to=lambda reader: Post.objects.visible_to(reader).with_context(),
    lock=lock_posts,
    summary=_amount_of_posts,
    prepare=_show_words,
)
THREAD = TargetKind(
    ModerationEffect.Kind.THREAD,
    Thread,
    title=_lazy("Thread"),
    path="t/<id:pk>/",
    visible_to=lambda reader: Thread.objects.visible_to(reader).select_related("board", "author"),
    lock=lock_threads,
    summary=_amount_of_threads,
)
PENDING = TargetKind(
    ModerationEffect.Kind.PENDING_POST,
    PendingPost,
    title=_lazy("Pending post"),
    path="pending/<id:pk>/",
    visible_to=lambda reader: PendingPost.objects.visible_to(reader).with_context(),
    lock=lock_pending,
    summary=_amount_of_pending,
)
MEMBER = TargetKind(
    ModerationEffect.Kind.PERSON,
    User,
    title=_lazy("Member"),
    path="u/<name:name>/",
    visible_to=lambda _reader: User.objects.select_related("suspended_action"),
    lock=lock_people,
    summary=_amount_of_people,
)
# Locks are taken in this order: threads before members.
TARGET_KINDS = {kind.kind: kind for kind in (POST, THREAD, PENDING, MEMBER)}


def kind_of(target: Target) -> TargetKind:
    """Return the kind of a target."""
    return next(kind for kind in TARGET_KINDS.values() if kind.model is type(target))
