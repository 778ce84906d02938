"""Removing a branch: a post is hidden with everything below it, and restored with it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from forum.log_entry_types import LogEntryType
from forum.models import Post
from forum.models.version_tokens import version_of_branches
from forum.models.visibility import Reader
from forum.moderation.actions.post_hiding import HIDDEN
from forum.moderation.base import Action, Plan
from forum.moderation.registry import register
from forum.moderation.targets import POST, lock_posts
from forum.permissions import PermissionResult, can_hide


class _BranchAction(Action[Post]):
    """An action that hides or shows the posts of a branch."""

    kind = POST
    takes_branch = True
    version = staticmethod(version_of_branches)
    hides: bool

    def permission(self, actor: Reader, target: Post) -> PermissionResult:
        return can_hide(actor, target)

    @abstractmethod
    def takes(self, head: Post, post: Post) -> bool:
        """Return whether a post of the branch changes with its head."""

    def plan(self, targets: Sequence[Post]) -> Plan:
        heads = lock_posts([head.pk for head in targets])
        branches = {
            head.pk: list(Post.objects.branch_of(head).values_list("pk", flat=True))
            for head in heads
        }
        ids = {pk for branch in branches.values() for pk in branch}
        posts = {post.pk: post for post in lock_posts(ids)}
        return Plan(
            targets=[posts[head.pk] for head in heads],
            is_done=lambda head: not any(self.takes(head, posts[pk]) for pk in branches[head.pk]),
            changes=lambda head: [
                (HIDDEN, posts[pk], self.hides)
                for pk in branches[head.pk]
                if self.takes(head, posts[pk])
            ],
            state=HIDDEN,
            among=list(posts.values()),
        )


class RemoveBranch(_BranchAction):
    """Hide a post with everything below it that is not hidden or deleted already."""

    entry = LogEntryType(
        "remove-branch",
        _("removed a branch"),
        inverse="restore-branch",
        notifies=True,
        notification=_("Your post was hidden with its branch."),
        can_be_appealed=True,
    )
    slug = "remove"
    position = 12
    group = _("Branch")
    button = _("Remove branch")
    question = ngettext_lazy("Remove this branch?", "Remove these %(count)d branches?", "count")
    outcome = _(
        "The post and all replies below it are hidden, with this reason. Undo "
        "restores exactly these posts."
    )
    done = ngettext_lazy("Branch removed.", "%(count)d branches removed.", "count")
    hides = True

    def is_applicable(self, target: Post) -> bool:
        return not target.is_hidden and not target.is_deleted

    def takes(self, head: Post, post: Post) -> bool:
        return not post.is_hidden and not post.is_deleted


class RestoreBranch(_BranchAction):
    """Show the posts that were hidden together with a post."""

    entry = LogEntryType(
        "restore-branch",
        _("restored a branch"),
        inverse="remove-branch",
        notifies=True,
        notification=_("Your post is visible again."),
    )
    slug = "restore"
    position = 13
    group = _("Branch")
    button = _("Restore branch")
    question = ngettext_lazy("Restore this branch?", "Restore these %(count)d branches?", "count")
    outcome = _("The posts that were removed together with this one are shown again.")
    done = ngettext_lazy("Branch restored.", "%(count)d branches restored.", "count")
    hides = False
    is_undo = True

    def is_applicable(self, target: Post) -> bool:
        action = target.hidden_action
        return action is not None and action.act == RemoveBranch.entry.name

    def takes(self, head: Post, post: Post) -> bool:
        return post.is_hidden and post.hidden_action_id == head.hidden_action_id


remove_branch = register(RemoveBranch())
restore_branch = register(RestoreBranch())
