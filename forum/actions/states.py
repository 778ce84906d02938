"""What moderators set and take back: of posts, threads and members, each in one way.

A state is read and written for many targets at once. Acts write it, and `undo` writes what was
there before; nothing else does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from django.utils.translation import gettext as _

from forum.actions.cases import close_reports, reopen_reports
from forum.actions.posts import recount
from forum.actions.transactions import StartAgain
from forum.models import ModerationAction, ModerationEffect, Post, Report, Thread, User
from forum.models.ids import any_of
from forum.models.roles import know_standing_of
from forum.permissions import Verdict, may_hide, may_keep_order_in, may_moderate, may_suspend
from forum.refusals import Gone, Refusal

Kind = ModerationEffect.Kind
Target = Post | Thread | User
Value = Any  # as the log keeps it: what JSON can say
AT_ONCE = 500  # posts written in one statement


@dataclass(frozen=True, slots=True)
class State:
    """One thing that can be so or otherwise with a target; `key` is its name in the log."""

    kind: str
    key: str
    read: Callable[[Any], Value]
    write: Callable[[Sequence[tuple[Any, Value]], ModerationAction], None]
    may: Callable[[User, Any], Verdict]
    # Why a target cannot be set to a value, whoever asks.
    hinders: Callable[[Any, Value], Refusal | None] = lambda _target, _value: None


# -- Targets, as they are now, and theirs alone until the transaction ends ------------------------


def lock_posts(ids: Collection[int]) -> list[Post]:
    """These posts, their threads locked; begins anew when one was moved meanwhile."""
    posts = Post.objects.order_by().filter(pk__in=any_of(ids))
    there = dict(posts.values_list("pk", "thread_id"))
    Thread.objects.lock(*set(there.values()))
    found = list(posts.select_related("author", "hidden_action").order_by("thread_id", "number"))
    if {post.pk: post.thread_id for post in found} != there:
        raise StartAgain
    threads = Thread.objects.select_related("board").in_bulk(set(there.values()))
    for post in found:
        post.thread = threads[post.thread_id]
    know_standing_of(post.author for post in found)
    return found


def lock_threads(ids: Collection[int]) -> list[Thread]:
    """These threads, locked."""
    Thread.objects.lock(*ids)
    threads = Thread.objects.select_related("board", "author").filter(pk__in=ids)
    return list(threads.order_by("pk"))


def lock_people(ids: Collection[int]) -> list[User]:
    """These members, their rows locked; after the threads, if there are any."""
    people = User.objects.select_for_update(no_key=True, of=("self",))
    found = list(people.filter(pk__in=ids).order_by("pk"))
    know_standing_of(found)
    return found


LOCKS: dict[str, Callable[[Collection[int]], Sequence[Target]]] = {
    Kind.POST: lock_posts,
    Kind.THREAD: lock_threads,
    Kind.PERSON: lock_people,
}


def kind_of(target: Target) -> str:
    """How the log calls what this is."""
    if isinstance(target, Post):
        return Kind.POST
    return Kind.THREAD if isinstance(target, Thread) else Kind.PERSON


def number_changes(posts: Iterable[Post]) -> None:
    """Give each post a new number of its change; their threads are locked, the caller saves."""
    by_thread = defaultdict(list)
    for post in posts:
        by_thread[post.thread_id].append(post)
    for changed in by_thread.values():
        thread = changed[0].thread
        for post, number in zip(changed, count(thread.take_numbers(len(changed))), strict=False):
            post.changed_number = number
        thread.save(update_fields=["next_number"])


# -- Posts ----------------------------------------------------------------------------------------


def _write_hidden(values: Sequence[tuple[Post, bool]], action: ModerationAction) -> None:
    living: dict[int, int] = defaultdict(int)
    posts = [post for post, _hidden in values]
    for post, hidden in values:
        if post.is_hidden != hidden and not post.is_deleted:
            living[post.thread_id] += -1 if hidden else +1
        post.hidden_at = action.created_at if hidden else None
        post.hidden_action = action if hidden else None
    number_changes(posts)
    fields = ["hidden_at", "hidden_action", "changed_number"]
    Post.objects.bulk_update(posts, fields, batch_size=AT_ONCE)
    hidden_now = [post.pk for post, hidden in values if hidden]
    if hidden_now:
        close_reports(hidden_now, Report.Outcome.ACTED, action)
    threads = {post.thread_id: post.thread for post in posts}
    for thread_id, change in living.items():
        recount(threads[thread_id], change)


def _is_deleted(post: Post, hidden: bool) -> Refusal | None:
    if hidden and post.is_deleted:
        return Gone(_("This post was deleted by its author."))
    return None


HIDDEN = State(
    Kind.POST, "hidden", lambda post: post.is_hidden, _write_hidden, may_hide, _is_deleted
)


def _read_reports(post: Post) -> str:
    if Report.objects.open().filter(post=post).exists():
        return "open"
    latest = Report.objects.filter(post=post).order_by("-closed_at").first()
    return latest.outcome if latest else ""


def _write_reports(values: Sequence[tuple[Post, str]], action: ModerationAction) -> None:
    for post, value in values:
        if value == "open":
            answered = Report.objects.filter(post=post).exclude(action=None)
            answer = answered.select_related("action").order_by("-closed_at").first()
            if answer and answer.action:
                reopen_reports(answer.action)
        else:
            close_reports([post.pk], value, action)


def _may_moderate(by: User, post: Post) -> Verdict:
    return may_moderate(by, post.thread.board)


REPORTS = State(Kind.POST, "reports", _read_reports, _write_reports, _may_moderate)


# -- Threads --------------------------------------------------------------------------------------


def _write_locked(values: Sequence[tuple[Thread, bool]], action: ModerationAction) -> None:
    for thread, locked in values:
        thread.locked_at = action.created_at if locked else None
        thread.locked_action = action if locked else None
        thread.save(update_fields=["locked_at", "locked_action"])


def _write_pinned(values: Sequence[tuple[Thread, bool]], action: ModerationAction) -> None:
    for thread, pinned in values:
        thread.pinned_at = action.created_at if pinned else None
        thread.save(update_fields=["pinned_at"])


LOCKED = State(
    Kind.THREAD, "locked", lambda thread: thread.is_locked, _write_locked, may_keep_order_in
)
PINNED = State(
    Kind.THREAD, "pinned", lambda thread: thread.is_pinned, _write_pinned, may_keep_order_in
)


# -- Members --------------------------------------------------------------------------------------


def _suspension(person: User) -> Value:
    if not person.is_suspended:
        return None
    return {"until": person.suspended_until.isoformat() if person.suspended_until else None}


def _write_suspended(values: Sequence[tuple[User, Value]], action: ModerationAction) -> None:
    for person, value in values:
        until = value["until"] if value else None
        person.suspended_at = action.created_at if value else None
        person.suspended_until = datetime.fromisoformat(until) if until else None
        person.suspended_action = action if value else None
        person.save(update_fields=["suspended_at", "suspended_until", "suspended_action"])


SUSPENDED = State(Kind.PERSON, "suspended", _suspension, _write_suspended, may_suspend)


STATES = {(state.kind, state.key): state for state in (HIDDEN, REPORTS, LOCKED, PINNED, SUSPENDED)}
