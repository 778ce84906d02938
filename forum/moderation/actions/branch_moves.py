"""Moving a branch below another post, splitting it off as a thread, merging threads."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions.threads import clean_title
from forum.errors import Invalid, UserError
from forum.log_entry_types import LogEntryType, register_type
from forum.models import Board, ModerationAction, Post, Thread
from forum.models.threads import TITLE_CODE_POINTS, slug_of
from forum.models.visibility import Reader
from forum.moderation.audit_log import NewEntry, log_effects
from forum.moderation.base import Action, Plan
from forum.moderation.branch_transfer import (
    Destination,
    authors_of,
    fresh,
    is_gone,
    lock_threads_of,
    transfer,
)
from forum.moderation.forms import InBoardForm, ModerationForm
from forum.moderation.registry import register
from forum.moderation.targets import POST, THREAD
from forum.permissions import PermissionResult, can_moderate, can_moderate_thread, can_move

# The address of a post or thread, as the browser shows or copies it, or its number alone.
POST_REFERENCE = re.compile(r"(?:.*/p/|.*#p|p|#)?([1-9][0-9]{0,17})/?")
THREAD_ADDRESS = re.compile(r"(?:.*/t/)?([1-9][0-9]{0,17})(?:/.*)?")


class MoveForm(ModerationForm):
    to = forms.CharField(
        label=_("New parent post"),
        max_length=300,
        help_text=_("Paste its link (from “Copy link”) or enter its number."),
    )
    field_order = ["to", "reason", "note", "seen"]

    def clean_to(self) -> Post:
        match = POST_REFERENCE.fullmatch(self.cleaned_data["to"].strip())
        post = Post.objects.filter(pk=match[1]).first() if match else None
        if post is None:
            raise forms.ValidationError(gettext("There is no such post."))
        return post


class SplitForm(InBoardForm):
    title = forms.CharField(label=_("Title of the new thread"), max_length=TITLE_CODE_POINTS)
    board = forms.ModelChoiceField(
        label=_("Board"),
        queryset=Board.objects.order_by("name"),
        required=False,
        empty_label=_("Same as now"),
    )
    field_order = ["title", "board", "reason", "note", "seen"]


class MergeForm(ModerationForm):
    into = forms.CharField(
        label=_("Merge into thread"),
        max_length=300,
        help_text=_(
            "Paste its address or enter its number. The posts become a reply to its opening post."
        ),
    )
    field_order = ["into", "reason", "note", "seen"]

    def clean_into(self) -> Thread:
        match = THREAD_ADDRESS.fullmatch(self.cleaned_data["into"].strip())
        thread = Thread.objects.filter(pk=match[1]).first() if match else None
        if thread is None:
            raise forms.ValidationError(gettext("There is no such thread."))
        return thread


UNMERGE_THREAD = register_type(
    LogEntryType(
        "unmerge-thread",
        _("undid a merge"),
        inverse="merge-thread",
        notifies=True,
        notification=_("The merge of a thread you wrote in was undone."),
        topic="moves",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MovePlan(Plan):
    """A plan to take one branch elsewhere: its head, and where to, found when it is carried out."""

    move: Callable[[], tuple[Post, Destination]]


class _MoveAction(Action[Any]):
    """An action that takes one branch elsewhere."""

    is_for_one = True

    def carry_out(self, plan: Plan, chosen: Sequence[Any], entry: NewEntry) -> ModerationAction:
        """Move the branch; everybody who wrote in it is notified."""
        assert isinstance(plan, MovePlan)
        head, destination = plan.move()
        authors = authors_of(head)
        return log_effects(entry, transfer(head, destination), authors)


class MoveBranch(_MoveAction):
    """Move a post, with everything below it, to the end of the replies to another."""

    entry = LogEntryType(
        "move-branch",
        _("moved a branch"),
        inverse="move-branch",
        notifies=True,
        notification=_("A branch you wrote in was moved."),
        topic="moves",
    )
    kind = POST
    slug = "move"
    position = 30
    group = _("Branch")
    button = _("Move branch")
    question = ngettext_lazy("Move this branch?", "Move these %(count)d branches?", "count")
    outcome = _(
        "It becomes a reply to another post, in this or another thread. Links to its "
        "posts keep working."
    )
    done = ngettext_lazy("Branch moved.", "%(count)d branches moved.", "count")
    form = MoveForm
    takes_branch = True

    def permission(self, actor: Reader, target: Post) -> PermissionResult:
        return can_move(actor, target)

    def is_applicable(self, target: Post) -> bool:
        return not target.is_opening and is_gone(target.thread) is None

    def plan(self, targets: Sequence[Post], *, to: Post) -> MovePlan:
        (post,) = targets
        source, target = lock_threads_of(post.pk, to.pk)
        post, parent = fresh(post, source), fresh(to, target)

        def blocked_by(post: Post) -> UserError | None:
            if post.is_opening:
                return Invalid(
                    gettext("An opening post can’t be moved by itself. Merge the thread instead.")
                )
            if post.parent_id == parent.pk:
                return Invalid(gettext("It already replies to that post."))
            return is_gone(source, target)

        return MovePlan(
            targets=[post],
            is_done=lambda post: post.parent_id == parent.pk and _was_moved(post),
            blocked_by=blocked_by,
            permission=lambda actor, _post: (
                can_moderate(actor, source.board) and can_moderate(actor, target.board)
            ),
            move=lambda: (post, Destination(target, parent.pk)),
        )


def _was_moved(post: Post) -> bool:
    about = ModerationAction.objects.about(POST.kind, post.pk)
    return about.filter(act=MoveBranch.entry.name).exists()


class SplitBranch(_MoveAction):
    """Make a thread of its own from a post and everything below it, in its board or another."""

    entry = LogEntryType(
        "split-branch",
        _("split off a branch"),
        inverse="merge-thread",
        notifies=True,
        notification=_("A branch you wrote in was split into a new thread."),
        topic="moves",
    )
    kind = POST
    slug = "split"
    position = 31
    group = _("Branch")
    button = _("Split into new thread")
    question = ngettext_lazy(
        "Split this branch into a new thread?",
        "Split these %(count)d branches into new threads?",
        "count",
    )
    outcome = _(
        "The post becomes the opening post of a new thread. Links to its posts keep working."
    )
    done = ngettext_lazy(
        "Branch split into a new thread.", "%(count)d branches split into new threads.", "count"
    )
    form = SplitForm
    takes_branch = True
    is_repeatable = True  # sent twice, it is an opening post already

    def permission(self, actor: Reader, target: Post) -> PermissionResult:
        return can_move(actor, target)

    def is_applicable(self, target: Post) -> bool:
        return not target.is_opening and is_gone(target.thread) is None

    def plan(self, targets: Sequence[Post], *, title: str, board: Board | None = None) -> MovePlan:
        title = clean_title(title)
        (post,) = targets
        (source,) = lock_threads_of(post.pk)
        post = fresh(post, source)
        to_board = board or source.board

        def blocked_by(post: Post) -> UserError | None:
            if post.is_opening:
                return Invalid(gettext("This is already the opening post of its own thread."))
            return is_gone(source)

        return MovePlan(
            targets=[post],
            is_done=lambda _post: False,
            blocked_by=blocked_by,
            permission=lambda actor, _post: (
                can_moderate(actor, source.board) and can_moderate(actor, to_board)
            ),
            move=lambda: (post, Destination(_new_thread(post, title, to_board), None)),
        )


def _new_thread(post: Post, title: str, board: Board) -> Thread:
    thread = Thread.objects.create(
        board=board,
        title=title,
        slug=slug_of(title),
        author=post.author,
        created_at=post.created_at,
        last_post_at=post.created_at,
    )
    Thread.objects.lock(thread.pk)
    return thread


class MergeThread(_MoveAction):
    """Move a whole thread below the opening post of another; its address redirects there."""

    entry = LogEntryType(
        "merge-thread",
        _("merged a thread"),
        inverse="unmerge-thread",
        notifies=True,
        notification=_("A thread you wrote in was merged into another one."),
        topic="moves",
    )
    kind = THREAD
    slug = "merge"
    position = 17
    button = _("Merge thread")
    question = ngettext_lazy("Merge this thread?", "Merge these %(count)d threads?", "count")
    outcome = _("All its posts become a branch of the other thread. Links to them keep working.")
    done = ngettext_lazy("Thread merged.", "%(count)d threads merged.", "count")
    form = MergeForm

    def permission(self, actor: Reader, target: Thread) -> PermissionResult:
        return can_moderate_thread(actor, target)

    def is_applicable(self, target: Thread) -> bool:
        return is_gone(target) is None

    def plan(self, targets: Sequence[Thread], *, into: Thread) -> MovePlan:
        (thread,) = targets
        Thread.objects.lock(thread.pk, into.pk)
        source, target = (
            Thread.objects.select_related("board").get(pk=pk) for pk in (thread.pk, into.pk)
        )

        def blocked_by(source: Thread) -> UserError | None:
            if source.pk == target.pk:
                return Invalid(gettext("A thread can’t be merged with itself."))
            return is_gone(source, target)

        def move() -> tuple[Post, Destination]:
            head, place = (Post.objects.opening_of(each.pk).get() for each in (source, target))
            return head, Destination(target, place.pk)

        return MovePlan(
            targets=[source],
            is_done=lambda source: source.merged_into_id == target.pk,
            blocked_by=blocked_by,
            permission=lambda actor, source: (
                can_moderate(actor, source.board) and can_moderate(actor, target.board)
            ),
            move=move,
        )


move_branch = register(MoveBranch())
split_branch = register(SplitBranch())
merge_thread = register(MergeThread())
