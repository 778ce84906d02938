"""Moving a branch from one place in the trees to another, with its numbers and its counts.

The actions that do so (`actions.branch_moves`) write one entry of the log, which holds both places;
`undo_move` reads them and moves the branch back.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NotRequired, TypedDict

from django.db.models import Case, F, Max, Min, Value, When
from django.utils.translation import gettext as _
from mptt.exceptions import InvalidMove

from forum.actions.branches import renumber
from forum.actions.posts import recount
from forum.actions.read_state import copy_read_state
from forum.actions.transactions import RetryTransaction, retrying_transaction
from forum.errors import Conflict, Gone, Invalid, UserError
from forum.models import ModerationAction, ModerationEffect, Post, Revision, Thread, User
from forum.models.posts import PostQuerySet
from forum.models.tree import UNCHANGED, Renumbering
from forum.moderation.audit_log import Effect, NewEntry, log_effects
from forum.permissions import can_moderate


class BranchPlace(TypedDict):
    """The place of a branch, in the log."""

    thread: int
    parent: int | None  # null: the opening post of a thread
    previous: NotRequired[int | None]  # the reply before it, in `before` only
    numbers: NotRequired[list[int]]  # first and last number, when it moved to another thread


class ThreadCounts(TypedDict):
    """A thread that a branch came from or went to, in the log."""

    posts: int
    merged_into: int | None


@dataclass(frozen=True, slots=True)
class Numbers:
    """A range of numbers of posts and revisions, both ends included."""

    first: int
    last: int

    def starting_at(self, first: int) -> Numbers:
        return Numbers(first, self.last + first - self.first)


@dataclass(frozen=True, slots=True)
class Destination:
    """The place to move a branch to: below a post, before a reply or last; or a thread's root.

    `restored` are the numbers that posts numbered `given` had there before.
    """

    thread: Thread
    parent_id: int | None
    before: int | None = None
    given: Numbers | None = None
    restored: Numbers | None = None


def lock_threads_of(*post_ids: int) -> list[Thread]:
    """Lock the threads of these posts and return them; retry when a post was moved."""
    found = dict(Post.objects.order_by().filter(pk__in=post_ids).values_list("pk", "thread_id"))
    if len(found) < len(set(post_ids)):
        raise Post.DoesNotExist
    Thread.objects.lock(*found.values())
    for pk, thread_id in found.items():
        if not Post.objects.filter(pk=pk, thread_id=thread_id).exists():
            raise RetryTransaction
    threads = Thread.objects.select_related("board").in_bulk(found.values())
    return [threads[found[pk]] for pk in post_ids]


def fresh(post: Post, thread: Thread) -> Post:
    post = Post.objects.get(pk=post.pk)
    post.thread = thread
    return post


def authors_of(head: Post) -> set[int]:
    """Return the ids of everybody who wrote in the branch of that post."""
    return set(Post.objects.branch_of(head).values_list("author_id", flat=True))


def is_gone(*threads: Thread) -> UserError | None:
    """Return the error for a move to or from a thread that is deleted, removed or merged."""
    if any(each.is_deleted or each.is_removed or each.merged_into_id for each in threads):
        return Gone(_("This thread no longer exists."))
    return None


def numbers_of(place: BranchPlace) -> Numbers | None:
    return Numbers(*place["numbers"]) if "numbers" in place else None


def reply_after(thread: Thread, parent_id: int | None, previous_id: int | None) -> int | None:
    """Return the reply after `previous_id` below a post; None at the end.

    Without `previous_id` it is the first reply. Raises `Conflict` when that post is no longer in
    the thread, or, for the place of a root, when the thread has one.
    """
    if parent_id is None:
        if Post.objects.filter(thread=thread).exists():
            raise Conflict(_("There are other posts in that thread now."))
        return None
    parent = Post.objects.filter(pk=parent_id, thread=thread).first()
    if parent is None:
        raise Conflict(_("The place this branch came from has moved since."))
    if previous_id is None:
        following = parent.get_children().first()
    else:
        previous = parent.get_children().filter(pk=previous_id).first()
        following = previous.get_next_sibling() if previous else None
    return following.pk if following else None


def transfer(post: Post, to: Destination) -> list[Effect]:
    """Move a branch, its numbers and its share of the counters; both threads are locked.

    Returns the effects: the places of the branch, and the state of both threads. A thread that
    loses its root redirects to where that went; one that gains a root is a thread of its own again.
    """
    source, target = post.thread, to.thread
    threads = [source] if source.pk == target.pk else [source, target]
    states = [_state(thread) for thread in threads]
    previous = None if post.is_opening else post.get_previous_sibling()
    before: BranchPlace = {
        "thread": source.pk,
        "parent": post.parent_id,
        "previous": previous.pk if previous else None,
    }
    after: BranchPlace = {"thread": target.pk, "parent": to.parent_id}
    if source.pk == target.pk:
        _hang(post, to, UNCHANGED)
    else:
        branch = post.get_descendants(include_self=True).order_by()
        published = branch.published().count()
        old, new, change = _renumbered(branch, to)
        before["numbers"], after["numbers"] = [old.first, old.last], [new.first, new.last]
        copy_read_state(source, target, branch, change)
        _renumber_revisions(branch, change)
        _hang(post, to, change)
        if post.is_opening:
            source.merged_into = target
        if to.parent_id is None:
            target.merged_into = None
        for thread, difference in ((source, -published), (target, +published)):
            thread.save(update_fields=["next_number", "merged_into"])
            recount(thread, difference)
    for thread in threads:
        renumber(thread.pk)
    return [
        (ModerationEffect.Kind.POST, post.pk, before, after),
        *(
            (ModerationEffect.Kind.THREAD, thread.pk, state, _state(thread))
            for thread, state in zip(threads, states, strict=True)
        ),
    ]


def _state(thread: Thread) -> ThreadCounts:
    return {"posts": thread.post_count, "merged_into": thread.merged_into_id}


def _hang(post: Post, to: Destination, numbers: Renumbering) -> None:
    try:
        Post.objects.move_branch(
            post,
            thread_id=to.thread.pk,
            parent_id=to.parent_id,
            before=to.before,
            numbers=numbers,
        )
    except InvalidMove as error:
        raise Invalid(_("A branch can’t be moved below itself.")) from error


def _renumbered(branch: PostQuerySet, to: Destination) -> tuple[Numbers, Numbers, Renumbering]:
    """Return the numbers of a branch before and after it moves into another thread, and the change.

    Posts that had a number there before get it back; all others get new ones, in the same order.
    """
    others = _outside(branch, to.given)
    shift_of_others = 0
    fresh = others
    if others:
        fresh = others.starting_at(to.thread.take_numbers(others.last - others.first + 1))
        shift_of_others = fresh.first - others.first
    if to.given and to.restored:
        shift = to.restored.first - to.given.first
        change = Renumbering(to.given.first, to.given.last, shift, shift_of_others)
        return to.given, to.restored, change
    assert others
    assert fresh
    return others, fresh, Renumbering(shift_of_others=shift_of_others)


def _outside(branch: PostQuerySet, given: Numbers | None) -> Numbers | None:
    """Return the lowest and highest number in a branch, of posts and revisions not in `given`."""
    revisions = Revision.objects.filter(post__in=branch.values("pk"))
    if given:
        revisions = revisions.exclude(number__range=(given.first, given.last))
    ends = revisions.aggregate(first=Min("number"), last=Max("number"))
    return None if ends["first"] is None else Numbers(ends["first"], ends["last"])


def _renumber_revisions(branch: PostQuerySet, change: Renumbering) -> None:
    Revision.objects.filter(post__in=branch.values("pk")).update(
        number=F("number")
        + Case(
            When(number__range=(change.first, change.last), then=Value(change.shift)),
            default=Value(change.shift_of_others),
        )
    )


@retrying_transaction
def undo_move(
    action: ModerationAction, *, actor: User, reason: str, note: str = ""
) -> ModerationAction:
    """Undo a move, split or merge: the branch returns to its place and its numbers.

    Posts that joined the branch meanwhile come along. Raises `Conflict` when the branch has been
    moved again, or its old place has; `Invalid`, `NotAllowed`, `Gone` or `Busy`.
    """
    moved = action.effects.get(kind=ModerationEffect.Kind.POST)
    came_from, went_to = moved.before, moved.after
    Thread.objects.lock(came_from["thread"], went_to["thread"])
    undone = ModerationAction.objects.filter(undoes=action).first()
    if undone:
        return undone
    post = Post.objects.select_related("thread__board").get(pk=moved.target_id)
    old = Thread.objects.select_related("board").get(pk=came_from["thread"])
    for thread in (post.thread, old):
        can_moderate(actor, thread.board).enforce()
    if (post.thread_id, post.parent_id) != (went_to["thread"], went_to["parent"]):
        raise Conflict(_("This branch has been moved again since."))
    back = Destination(
        old,
        came_from["parent"],
        before=reply_after(old, came_from["parent"], came_from["previous"]),
        given=numbers_of(went_to),
        restored=numbers_of(came_from),
    )
    authors = authors_of(post)
    effects = transfer(post, back)
    inverse = action.type.inverse
    assert inverse
    return log_effects(NewEntry(inverse, actor, reason, note, undoes=action), effects, authors)
