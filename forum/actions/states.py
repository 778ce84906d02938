"""What moderators set and take back: of posts, threads and members, each in one way.

A state is read and written for many targets at once. Acts write it, and `undo` writes what was
there before; nothing else does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _

from forum.actions.cases import answer_to, close_reports, open_again
from forum.actions.posts import PreparedPost, number_changes, recount, revise
from forum.actions.quotes import find_sources
from forum.actions.transactions import RetryTransaction
from forum.errors import Conflict, Gone, Invalid, UserError
from forum.lib.sql import unnest
from forum.markup.render import render
from forum.models import (
    Board,
    HeldPost,
    ModerationAction,
    ModerationEffect,
    Post,
    Report,
    Restriction,
    Revision,
    Thread,
    User,
)
from forum.models.roles import prefetch_roles
from forum.models.threads import slug_of
from forum.models.version_tokens import reports_stamp_of, stamp_of
from forum.permissions import (
    PermissionResult,
    can_answer_reports,
    can_hide,
    can_moderate,
    can_moderate_thread,
    can_note,
    can_sanction,
    can_sanction_in,
    can_suspend,
)

Kind = ModerationEffect.Kind
Target = Post | Thread | User | HeldPost
Value = Any  # as the log keeps it: what JSON can say
AT_ONCE = 500  # posts written in one statement


@dataclass(frozen=True, slots=True)
class State:
    """One thing that can be so or otherwise with a target; `key` is its name in the log."""

    kind: str
    key: str
    read: Callable[[Any], Value]
    write: Callable[[Sequence[tuple[Any, Value]], ModerationAction], None]
    may: Callable[[User, Any], PermissionResult]
    # Why a target cannot be set to a value, whoever asks.
    hinders: Callable[[Any, Value], UserError | None] = lambda _target, _value: None
    # What has to be as it was when it was looked at.
    stamp: Callable[[Sequence[Any]], str] = stamp_of


# -- Targets, as they are now, and theirs alone until the transaction ends ------------------------


def lock_posts(ids: Collection[int]) -> list[Post]:
    """These posts, their threads locked; begins anew when one was moved meanwhile."""
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
    """These threads, locked."""
    Thread.objects.lock(*ids)
    threads = Thread.objects.select_related("board", "author").filter(pk__in=ids)
    return list(threads.order_by("pk"))


def lock_people(ids: Collection[int]) -> list[User]:
    """These members, their rows locked; after the threads, if there are any."""
    people = User.objects.select_for_update(no_key=True, of=("self",))
    found = list(people.filter(pk__in=ids).order_by("pk"))
    prefetch_roles(found)
    return found


def lock_held(ids: Collection[int]) -> list[HeldPost]:
    """These held posts, with the threads that they are for; begins anew as for posts."""
    found = HeldPost.objects.with_context().filter(pk__in=ids).order_by("pk")
    there = {held.pk: held.thread.pk for held in found if held.thread}
    Thread.objects.lock(*set(there.values()))
    locked = list(found.select_for_update(no_key=True, of=("self",)))
    if {held.pk: held.thread.pk for held in locked if held.thread} != there:
        raise RetryTransaction
    return locked


LOCKS: dict[str, Callable[[Collection[int]], Sequence[Target]]] = {
    Kind.POST: lock_posts,
    Kind.THREAD: lock_threads,
    Kind.HELD: lock_held,
    Kind.PERSON: lock_people,
}


def kind_of(target: Target) -> str:
    """How the log calls what this is."""
    kinds = {Post: Kind.POST, Thread: Kind.THREAD, User: Kind.PERSON, HeldPost: Kind.HELD}
    return kinds[type(target)]


# -- Posts and threads alike ------------------------------------------------------------------

Pace = dict[str, Any] | None


def _as_text(end: datetime | None) -> str | None:
    return end.isoformat() if end else None


def _as_time(value: Pace) -> datetime | None:
    return datetime.fromisoformat(value["until"]) if value and value["until"] else None


def _read_locked(target: Post | Thread) -> Pace:
    return {"until": _as_text(target.locked_until)} if target.is_locked else None


def _read_slow(target: Post | Thread) -> Pace:
    if not target.is_slow:
        return None
    return {"minutes": target.slow_minutes, "until": _as_text(target.slow_until)}


def _write_locked(values: Sequence[tuple[Post | Thread, Pace]], action: ModerationAction) -> None:
    for target, value in values:
        target.locked_at = action.created_at if value else None
        target.locked_until = _as_time(value)
        target.locked_action = action if value else None
    _save(values, "locked_at", "locked_until", "locked_action")


def _write_slow(values: Sequence[tuple[Post | Thread, Pace]], action: ModerationAction) -> None:
    for target, value in values:
        target.slow_minutes = value["minutes"] if value else None
        target.slow_until = _as_time(value)
        target.slow_action = action if value else None
    _save(values, "slow_minutes", "slow_until", "slow_action")


def _save(values: Sequence[tuple[Post | Thread, Pace]], *fields: str) -> None:
    """Readers of a page see a branch's head change; a thread's own state is at its top."""
    posts = [target for target, _value in values if isinstance(target, Post)]
    number_changes(posts)
    for target, _value in values:
        numbers = ["changed_number"] if isinstance(target, Post) else []
        target.save(update_fields=[*fields, *numbers])


# -- Posts ----------------------------------------------------------------------------------------


def _write_hidden(values: Sequence[tuple[Post, bool]], action: ModerationAction) -> None:
    published: dict[int, int] = defaultdict(int)
    posts = [post for post, _hidden in values]
    shown_again: dict[ModerationAction, list[int]] = defaultdict(list)
    for post, hidden in values:
        if post.hidden_action and not hidden:
            shown_again[post.hidden_action].append(post.pk)
        if post.is_hidden != hidden and not post.is_deleted:
            published[post.thread_id] += -1 if hidden else +1
        post.hidden_at = action.created_at if hidden else None
        post.hidden_action = action if hidden else None
    number_changes(posts)
    fields = ["hidden_at", "hidden_action", "changed_number"]
    Post.objects.bulk_update(posts, fields, batch_size=AT_ONCE)
    hidden_now = [post.pk for post, hidden in values if hidden]
    if hidden_now:
        close_reports(hidden_now, Report.Outcome.ACTED, action)
    for answer, ids in shown_again.items():
        open_again(answer, ids)
    threads = {post.thread_id: post.thread for post in posts}
    for thread_id, change in published.items():
        recount(threads[thread_id], change)


def _read_wording(post: Post) -> int:
    return post.latest_revision().pk


def _write_wording(values: Sequence[tuple[Post, int]], action: ModerationAction) -> None:
    """Say again what a revision says, as a new one."""
    for post, revision_id in values:
        source = Revision.objects.get(pk=revision_id, post=post).source
        rendered = render(source)
        quotes = find_sources(rendered, reader=post.author, parent=post.parent, exclude=post)
        revise(post, PreparedPost(source, rendered, quotes), editor=action.actor)
        post.edited_action = action
        post.save(update_fields=["edited_action"])


WORDING = State(Kind.POST, "revision", _read_wording, _write_wording, can_hide)


def _is_deleted(post: Post, hidden: bool) -> UserError | None:
    if hidden and post.is_deleted:
        return Gone(_("This post was deleted by its author."))
    return None


HIDDEN = State(
    Kind.POST, "hidden", lambda post: post.is_hidden, _write_hidden, can_hide, _is_deleted
)


# Of reports that nobody has answered; else the state is what came of the last ones.
OPEN = "open"


def _read_reports(post: Post) -> str:
    reports = Report.objects.filter(post=post)
    latest = reports.order_by(F("closed_at").desc(nulls_first=True), "-id").first()
    return OPEN if latest and latest.is_open else latest.outcome if latest else ""


def _write_reports(values: Sequence[tuple[Post, str]], action: ModerationAction) -> None:
    for post, value in values:
        if value != OPEN:
            close_reports([post.pk], value, action)
        elif answer := answer_to(post):
            open_again(answer, [post.pk])


def _has_no_such_reports(post: Post, value: str) -> UserError | None:
    if value != OPEN:
        is_open = Report.objects.open().filter(post=post).exists()
        return None if is_open else Conflict(_("Nobody waits for an answer about this post."))
    if answer_to(post) is None:
        return Conflict(_("There is no answer to take back."))
    if post.is_deleted:
        return Gone(_("This post was deleted by its author."))
    if post.is_hidden:
        return Conflict(_("The post was hidden for these reports: show it again instead."))
    return None


REPORTS = State(
    Kind.POST,
    "reports",
    _read_reports,
    _write_reports,
    can_answer_reports,
    _has_no_such_reports,
    reports_stamp_of,
)


def _may_moderate(actor: User, post: Post) -> PermissionResult:
    return can_moderate(actor, post.thread.board)


def _is_whole_thread(post: Post, value: Value) -> UserError | None:
    if value and post.is_opening:
        return Invalid(_("This is the opening post: do that to the thread."))
    return None


BRANCH_LOCKED = State(
    Kind.POST, "locked", _read_locked, _write_locked, _may_moderate, _is_whole_thread
)
BRANCH_SLOW = State(Kind.POST, "slow", _read_slow, _write_slow, _may_moderate, _is_whole_thread)


# -- Threads --------------------------------------------------------------------------------------


def _write_pinned(values: Sequence[tuple[Thread, bool]], action: ModerationAction) -> None:
    for thread, pinned in values:
        thread.pinned_at = action.created_at if pinned else None
        thread.save(update_fields=["pinned_at"])


def _write_title(values: Sequence[tuple[Thread, str]], action: ModerationAction) -> None:
    for thread, title in values:
        thread.title, thread.slug = title, slug_of(title)
        thread.save(update_fields=["title", "slug"])


TITLE = State(Kind.THREAD, "title", lambda thread: thread.title, _write_title, can_moderate_thread)
LOCKED = State(Kind.THREAD, "locked", _read_locked, _write_locked, can_moderate_thread)
SLOW = State(Kind.THREAD, "slow", _read_slow, _write_slow, can_moderate_thread)
PINNED = State(
    Kind.THREAD, "pinned", lambda thread: thread.is_pinned, _write_pinned, can_moderate_thread
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


def restriction_state(kind: str, board_id: int | None) -> State:
    """Whether a member is kept from something, everywhere or in one board."""

    def current(person: User) -> Restriction | None:
        mine = Restriction.objects.in_force().filter(person=person, kind=kind, board=board_id)
        return mine.first()

    def read(person: User) -> Pace:
        found = current(person)
        return {"until": _as_text(found.until)} if found else None

    def write(values: Sequence[tuple[User, Pace]], action: ModerationAction) -> None:
        for person, value in values:
            Restriction.objects.filter(person=person, kind=kind, board=board_id).delete()
            if value:
                Restriction.objects.create(
                    person=person,
                    kind=kind,
                    board_id=board_id,
                    until=_as_time(value),
                    action=action,
                )

    def may(actor: User, person: User) -> PermissionResult:
        board = Board.objects.get(pk=board_id) if board_id else None
        return can_sanction_in(actor, person, board)

    return State(Kind.PERSON, f"{kind}:{board_id or ''}", read, write, may)


# A warning changes nothing but what moderators know, and the member.
WARNED = State(
    Kind.PERSON, "warned", lambda _person: None, lambda _values, _action: None, can_sanction
)
# Nor does a note: its words are the reason of its record.
NOTED = State(Kind.PERSON, "noted", lambda _person: None, lambda _values, _action: None, can_note)
SUSPENDED = State(Kind.PERSON, "suspended", _suspension, _write_suspended, can_suspend)
