"""The deeds that the page and the desk offer to moderators, and how to speak of them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions import moderation
from forum.actions.acts import Single
from forum.actions.moves import merge_thread, move_branch, split_off, was_merged
from forum.actions.removal import remove_branch, restore_branch
from forum.actions.wording import edit_with_reason
from forum.forms.answers import ASSIGN, ASSIGN_HELD, DISMISS, REOPEN, UPHOLD
from forum.forms.deed import Deed
from forum.forms.erasures import ANONYMISE, ERASE
from forum.forms.held import APPROVE, REJECT
from forum.forms.moderation import EditForm, EndForm, SlowForm
from forum.forms.moves import MergeForm, MoveForm, SplitForm, TitleForm
from forum.forms.sanctions import LIFT, NOTE, SILENCE, SUSPEND, UNSILENCE, WARN
from forum.models import Post, User
from forum.models.acts import Act
from forum.models.threads import Reader
from forum.models.version_tokens import branch_stamp_of
from forum.permissions import (
    can_edit_as_moderator,
    can_hide,
    can_moderate,
    can_moderate_thread,
    can_move,
    can_restrict_branch,
)

HIDE = Deed(
    "hide",
    moderation.hide_post,
    can_hide,
    lambda post: not post.is_hidden and not post.is_deleted,
    _("Hide"),
    ngettext_lazy("Hide this post?", "Hide these %(count)d posts?", "count"),
    _("A note with the reason stands in its place. Replies stay; the author still sees the text."),
    ngettext_lazy("The post is hidden.", "%(count)d posts are hidden.", "count"),
)
UNHIDE = Deed(
    "unhide",
    moderation.unhide_post,
    can_hide,
    lambda post: post.is_hidden,
    _("Unhide"),
    ngettext_lazy("Unhide this post?", "Unhide these %(count)d posts?", "count"),
    _("Everybody can read it again."),
    ngettext_lazy("The post is shown again.", "%(count)d posts are shown again.", "count"),
)
REMOVE = Deed(
    "remove",
    remove_branch,
    can_hide,
    lambda post: not post.is_hidden and not post.is_deleted,
    _("Remove the branch"),
    ngettext_lazy("Remove this branch?", "Remove these %(count)d branches?", "count"),
    _("The post and everything below it is hidden, with this reason. Undo brings back exactly it."),
    ngettext_lazy("The branch is removed.", "%(count)d branches are removed.", "count"),
    stamp=branch_stamp_of,
    takes_branch=True,
)
RESTORE = Deed(
    "restore",
    restore_branch,
    can_hide,
    lambda post: post.is_hidden and post.hidden_action.act == Act.REMOVE_BRANCH,
    _("Restore the branch"),
    ngettext_lazy("Restore this branch?", "Restore these %(count)d branches?", "count"),
    _("What was removed together with this post is shown again."),
    ngettext_lazy("The branch is restored.", "%(count)d branches are restored.", "count"),
    stamp=branch_stamp_of,
    takes_branch=True,
)
EDIT = Deed(
    "edit-for",
    edit_with_reason,
    can_edit_as_moderator,
    lambda post: not post.is_deleted,
    _("Edit with a reason"),
    ngettext_lazy("Edit this post?", "Edit these %(count)d posts?", "count"),
    _("Readers see that a moderator edited it, and its author is told what was changed, and why."),
    ngettext_lazy("The post is edited.", "%(count)d posts are edited.", "count"),
    EditForm,
    initial=lambda post: {"source": post.shown_source},
    is_for_one=True,
)
LOCK_BRANCH = Deed(
    "lock-branch",
    moderation.lock_branch,
    can_restrict_branch,
    lambda post: not post.is_locked and not post.is_opening,
    _("Lock the branch"),
    ngettext_lazy("Lock this branch?", "Lock these %(count)d branches?", "count"),
    _("Nobody but moderators can answer in it. The reason is shown at its head."),
    ngettext_lazy("The branch is locked.", "%(count)d branches are locked.", "count"),
    EndForm,
    takes_branch=True,
)
UNLOCK_BRANCH = Deed(
    "unlock-branch",
    moderation.unlock_branch,
    can_restrict_branch,
    lambda post: post.is_locked,
    _("Unlock the branch"),
    ngettext_lazy("Unlock this branch?", "Unlock these %(count)d branches?", "count"),
    _("Everybody can answer in it again."),
    ngettext_lazy("The branch is open again.", "%(count)d branches are open again.", "count"),
    takes_branch=True,
)
SLOW_BRANCH = Deed(
    "slow-branch",
    moderation.slow_branch,
    can_restrict_branch,
    lambda post: not post.is_slow and not post.is_opening,
    _("Slow the branch down"),
    ngettext_lazy("Slow this branch down?", "Slow these %(count)d branches down?", "count"),
    _("One person can write one post in so many minutes there. The reason is shown at its head."),
    ngettext_lazy("The branch is slow.", "%(count)d branches are slow.", "count"),
    SlowForm,
    takes_branch=True,
)
HASTEN_BRANCH = Deed(
    "hasten-branch",
    moderation.hasten_branch,
    can_restrict_branch,
    lambda post: post.is_slow,
    _("End the slow mode of the branch"),
    ngettext_lazy(
        "Let this branch go at its own pace?",
        "Let these %(count)d branches go at their own pace?",
        "count",
    ),
    _("People can answer as fast as anywhere."),
    ngettext_lazy("The branch is not slow.", "%(count)d branches are not slow.", "count"),
    takes_branch=True,
)
LOCK = Deed(
    "lock",
    moderation.lock_thread,
    can_moderate_thread,
    lambda thread: not thread.is_locked,
    _("Lock"),
    ngettext_lazy("Lock this thread?", "Lock these %(count)d threads?", "count"),
    _("Nobody but moderators can answer in it. The reason is shown at its head."),
    ngettext_lazy("The thread is locked.", "%(count)d threads are locked.", "count"),
    EndForm,
)
UNLOCK = Deed(
    "unlock",
    moderation.unlock_thread,
    can_moderate_thread,
    lambda thread: thread.is_locked,
    _("Unlock"),
    ngettext_lazy("Unlock this thread?", "Unlock these %(count)d threads?", "count"),
    _("Everybody can answer in it again."),
    ngettext_lazy("The thread is open again.", "%(count)d threads are open again.", "count"),
)
SLOW = Deed(
    "slow",
    moderation.slow_thread,
    can_moderate_thread,
    lambda thread: not thread.is_slow,
    _("Slow down"),
    ngettext_lazy("Slow this thread down?", "Slow these %(count)d threads down?", "count"),
    _("One person can write one post in so many minutes there. The reason is shown at its head."),
    ngettext_lazy("The thread is slow.", "%(count)d threads are slow.", "count"),
    SlowForm,
)
HASTEN = Deed(
    "hasten",
    moderation.hasten_thread,
    can_moderate_thread,
    lambda thread: thread.is_slow,
    _("End slow mode"),
    ngettext_lazy(
        "Let this thread go at its own pace?",
        "Let these %(count)d threads go at their own pace?",
        "count",
    ),
    _("People can answer as fast as anywhere."),
    ngettext_lazy("The thread is not slow.", "%(count)d threads are not slow.", "count"),
)
PIN = Deed(
    "pin",
    moderation.pin_thread,
    can_moderate_thread,
    lambda thread: not thread.is_pinned,
    _("Pin"),
    ngettext_lazy("Pin this thread?", "Pin these %(count)d threads?", "count"),
    _("It stays at the head of its board."),
    ngettext_lazy("The thread is pinned.", "%(count)d threads are pinned.", "count"),
)
UNPIN = Deed(
    "unpin",
    moderation.unpin_thread,
    can_moderate_thread,
    lambda thread: thread.is_pinned,
    _("Unpin"),
    ngettext_lazy("Unpin this thread?", "Unpin these %(count)d threads?", "count"),
    _("It is listed by its latest reply again."),
    ngettext_lazy("The thread is not pinned.", "%(count)d threads are not pinned.", "count"),
)
MOVE = Deed(
    "move",
    Single(Act.MOVE_BRANCH, move_branch),
    can_move,
    lambda post: not post.is_opening,
    _("Move the branch"),
    ngettext_lazy("Move this branch?", "Move these %(count)d branches?", "count"),
    _("It answers another post from then on, here or elsewhere. Links to its posts lead there."),
    ngettext_lazy("The branch is moved.", "%(count)d branches are moved.", "count"),
    MoveForm,
    takes_branch=True,
    is_for_one=True,
)
SPLIT = Deed(
    "split",
    Single(Act.SPLIT_BRANCH, split_off, "split_branch"),
    can_move,
    lambda post: not post.is_opening,
    _("Split off a thread"),
    ngettext_lazy(
        "Make a thread of this branch?", "Make threads of these %(count)d branches?", "count"
    ),
    _("The post opens a thread of its own. Links to its posts lead there."),
    ngettext_lazy("The branch is a thread.", "%(count)d branches are threads.", "count"),
    SplitForm,
    takes_branch=True,
    is_for_one=True,
)
MERGE = Deed(
    "merge",
    Single(Act.MERGE_THREAD, merge_thread, is_of=was_merged),
    can_moderate_thread,
    lambda thread: not thread.merged_into_id,
    _("Merge into another"),
    ngettext_lazy("Merge this thread?", "Merge these %(count)d threads?", "count"),
    _("All of it becomes an answer to the other thread’s opening post; its address leads there."),
    ngettext_lazy("The thread is merged.", "%(count)d threads are merged.", "count"),
    MergeForm,
    is_for_one=True,
)
RETITLE = Deed(
    "retitle",
    moderation.retitle_thread,
    can_moderate_thread,
    lambda _thread: True,
    _("Change the title"),
    ngettext_lazy("Change this title?", "Change these %(count)d titles?", "count"),
    _("Everybody sees the new title; links with the old one still lead here."),
    ngettext_lazy("The title is changed.", "%(count)d titles are changed.", "count"),
    TitleForm,
    initial=lambda thread: {"title": thread.title},
    is_for_one=True,
)

# Every deed there is, by what it is done to. The page and the desk offer these and no others.
DEEDS: dict[str, list[Deed]] = {
    "post": [
        *(HIDE, UNHIDE, REMOVE, RESTORE, EDIT),
        *(LOCK_BRANCH, UNLOCK_BRANCH, SLOW_BRANCH, HASTEN_BRANCH),
        *(MOVE, SPLIT),
        *(UPHOLD, DISMISS, REOPEN, ASSIGN),
        ERASE,
    ],
    "thread": [LOCK, UNLOCK, SLOW, HASTEN, PIN, UNPIN, RETITLE, MERGE],
    "held": [APPROVE, REJECT, ASSIGN_HELD],
    "person": [NOTE, WARN, SILENCE, UNSILENCE, SUSPEND, LIFT, ANONYMISE],
}


def offered(kind: str, target: Any, reader: Reader) -> list[tuple[str, str]]:
    """What `reader` can do to it just now: addresses and words."""
    name = target.username if kind == "person" else target.pk
    return [
        (reverse(f"{kind}-{deed.name}", args=[name]), str(deed.button))
        for deed in DEEDS[kind]
        if deed.may(reader, target) and deed.applies(target)
    ]


def offered_on_post(post: Post, reader: Reader) -> list[tuple[str, str]]:
    """What is in the post's menu for moderators; with the thread's, of its opening post."""
    if not can_moderate(reader, post.thread.board):
        return []
    links = offered("post", post, reader)
    if post.is_opening:
        links += offered("thread", post.thread, reader)
    page = reverse("admin:forum_post_change", args=[post.pk])
    return [*links, (page, gettext("Open in admin"))]


def offered_on_person(person: User, reader: Reader) -> list[tuple[str, str]]:
    """What is on a member's profile for moderators."""
    links = offered("person", person, reader)
    page = reverse("admin:forum_user_change", args=[person.pk])
    return [*links, (page, gettext("Open in admin"))] if links else []
