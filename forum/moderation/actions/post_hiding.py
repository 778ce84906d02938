"""Hiding a post: a tombstone with the reason takes its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions.posts import number_changes, recount
from forum.actions.report_cases import close_reports, reopen_reports_closed_by
from forum.errors import Gone, UserError
from forum.log_entry_types import LogEntryType
from forum.models import ModerationAction, Post, Report
from forum.moderation.base import FixedStateAction
from forum.moderation.registry import register, register_state
from forum.moderation.targets import POST, POSTS_PER_STATEMENT, TargetState
from forum.permissions import can_hide


def _write_hidden(values: Sequence[tuple[Post, bool]], action: ModerationAction) -> None:
    """Hide or show posts; their reports are answered or reopened, and threads recounted."""
    change_of_count: dict[int, int] = defaultdict(int)
    posts = [post for post, _hidden in values]
    shown_again: dict[ModerationAction, list[int]] = defaultdict(list)
    for post, hidden in values:
        if post.hidden_action and not hidden:
            shown_again[post.hidden_action].append(post.pk)
        if post.is_hidden != hidden and not post.is_deleted:
            change_of_count[post.thread_id] += -1 if hidden else +1
        post.hidden_at = action.created_at if hidden else None
        post.hidden_action = action if hidden else None
    number_changes(posts)
    fields = ["hidden_at", "hidden_action", "changed_number"]
    Post.objects.bulk_update(posts, fields, batch_size=POSTS_PER_STATEMENT)
    hidden_now = [post.pk for post, hidden in values if hidden]
    if hidden_now:
        close_reports(hidden_now, Report.Outcome.ACTED, action)
    for answer, ids in shown_again.items():
        reopen_reports_closed_by(answer, ids)
    threads = {post.thread_id: post.thread for post in posts}
    for thread_id, change in change_of_count.items():
        recount(threads[thread_id], change)


def _is_deleted(post: Post, hidden: bool) -> UserError | None:
    if hidden and post.is_deleted:
        return Gone(gettext("This post was deleted by its author."))
    return None


HIDDEN = register_state(
    TargetState(
        kind=POST.kind,
        key="hidden",
        read=lambda post: post.is_hidden,
        write=_write_hidden,
        permission=can_hide,
        blocked_by=_is_deleted,
    )
)


class HidePost(FixedStateAction[Post]):
    """Hide a post behind a tombstone; its replies stay."""

    entry = LogEntryType(
        "hide-post",
        _("hid a post"),
        inverse="unhide-post",
        notifies=True,
        notification=_("Your post was hidden."),
        can_be_appealed=True,
    )
    kind = POST
    slug = "hide"
    position = 10
    queue_key = "a"
    button = _("Hide")
    question = ngettext_lazy("Hide this post?", "Hide these %(count)d posts?", "count")
    outcome = _(
        "The reason is shown in its place. Replies stay, and the author still sees the text."
    )
    done = ngettext_lazy("Post hidden.", "%(count)d posts hidden.", "count")
    state = HIDDEN
    to = True

    def is_applicable(self, target: Post) -> bool:
        return not target.is_hidden and not target.is_deleted


class UnhidePost(FixedStateAction[Post]):
    """Show a hidden post again."""

    entry = LogEntryType(
        "unhide-post",
        _("unhid a post"),
        inverse="hide-post",
        notifies=True,
        notification=_("Your post is visible again."),
    )
    kind = POST
    slug = "unhide"
    position = 11
    button = _("Unhide")
    question = ngettext_lazy("Unhide this post?", "Unhide these %(count)d posts?", "count")
    outcome = _("Everyone can read it again.")
    done = ngettext_lazy("Post unhidden.", "%(count)d posts unhidden.", "count")
    state = HIDDEN
    to = False
    is_undo = True


hide_post = register(HidePost())
unhide_post = register(UnhidePost())
