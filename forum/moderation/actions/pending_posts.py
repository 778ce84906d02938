"""Deciding on pending posts: approving or rejecting them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions.posts import began_from, edit_post, reply_to
from forum.actions.premoderation import end_pending
from forum.actions.subscriptions import follow_own_post
from forum.actions.threads import start_thread
from forum.errors import Conflict, Gone, Suspended, UserError
from forum.log_entry_types import LogEntryType, register_type
from forum.models import ModerationAction, ModerationNotification, PendingPost, Post, User
from forum.moderation.actions.moderator_edits import TEXT
from forum.moderation.actions.post_hiding import HIDDEN
from forum.moderation.audit_log import NewEntry
from forum.moderation.base import FixedStateAction, Plan
from forum.moderation.registry import register, register_state
from forum.moderation.targets import PENDING, TargetState, lock_posts
from forum.permissions import (
    PermissionResult,
    can_decide_on,
    can_edit,
    can_reply_to,
    can_start_thread,
)

# The state of posts that were approved and changed since.
ALTERED = "altered"


def _read(pending: PendingPost) -> str:
    if pending.state != PendingPost.State.APPROVED:
        return pending.state
    return pending.state if _is_as_approved(pending) else ALTERED


def _is_as_approved(pending: PendingPost) -> bool:
    if pending.edits:
        return pending.edits.latest_revision().source == pending.source
    return bool(pending.post and not pending.post.is_hidden and not pending.post.is_deleted)


def _write(values: Sequence[tuple[PendingPost, str]], action: ModerationAction) -> None:
    """Publish posts that become approved, and take away those that no longer are."""
    for pending, value in values:
        if value == PendingPost.State.APPROVED:
            _publish(pending, action)
        elif pending.state == PendingPost.State.APPROVED:
            _take_away(pending, action)
        pending.save(update_fields=["post", "replaced"])
        end_pending(pending, value)


def _publish(pending: PendingPost, action: ModerationAction) -> None:
    """Post it as if its author sent it now: under the thread's lock, with notifications."""
    how = {"source": pending.source, "quoted_post_ids": pending.quoted_post_ids}
    author = User.objects.get(pk=pending.author_id)
    if pending.post:
        _show_again(pending.post, action)
    elif pending.edits:
        pending.replaced = pending.edits.latest_revision()
        edit_post(
            pending.edits,
            actor=author,
            base_revision=pending.base_revision,
            original_hash=pending.original_hash,
            is_approved=True,
            **how,
        )
    elif pending.parent:
        pending.post = reply_to(pending.parent, author=author, is_approved=True, **how)
    else:
        assert pending.board
        thread = start_thread(
            pending.board, author=author, title=pending.title, tag_ids=pending.tag_ids, **how
        )
        pending.post = Post.objects.opening_of(thread.pk).get()
    if pending.follow and pending.post:
        follow_own_post(pending.post, is_asked_for=True)


def _show_again(published: Post, action: ModerationAction) -> None:
    """Show a post that was taken away before, with its replies."""
    (post,) = lock_posts([published.pk])
    HIDDEN.write([(post, False)], action)
    if post.is_opening:
        post.thread.deleted_at = None
        post.thread.save(update_fields=["deleted_at"])


def _take_away(pending: PendingPost, action: ModerationAction) -> None:
    """Revert an edit; hide a post, with its thread if nobody replied.

    When it is approved again, the same post comes back.
    """
    published = pending.edits or pending.post
    assert published
    (post,) = lock_posts([published.pk])
    if pending.edits:
        assert pending.replaced_id
        TEXT.write([(post, pending.replaced_id)], action)
        return
    HIDDEN.write([(post, True)], action)
    if post.is_opening and not Post.objects.below(post).not_deleted().exists():
        post.thread.deleted_at = action.created_at
        post.thread.save(update_fields=["deleted_at"])


def _blocked_by(pending: PendingPost, value: str) -> UserError | None:
    if pending.state == PendingPost.State.WITHDRAWN:
        return Gone(gettext("The author has withdrawn it."))
    if pending.state == PendingPost.State.APPROVED:
        return Conflict(gettext("This was already published. Act on the post itself."))
    return _unpublishable(pending) if value == PendingPost.State.APPROVED else None


def _unpublishable(pending: PendingPost) -> UserError | None:
    """Return why it can't be published now."""
    if not pending.source:
        return Gone(gettext("The text was permanently deleted."))
    author = User.objects.get(pk=pending.author_id)
    error = _permission_of_author(pending, author).error
    if author.is_suspended or isinstance(error, Suspended):
        return Conflict(
            gettext("The author is suspended or silenced here. The post stays pending.")
        )
    if error is None:
        return None
    message = gettext("It can’t be published now and stays pending: %(why)s")
    return Conflict(message % {"why": error.message})


def _permission_of_author(pending: PendingPost, author: User) -> PermissionResult:
    if pending.post:
        is_gone = pending.post.is_deleted
        return PermissionResult(
            Gone(gettext("This post was deleted by its author.")) if is_gone else None
        )
    if pending.edits:
        if not began_from(
            pending.edits.latest_revision(),
            pending.base_revision,
            pending.original_hash,
        ):
            return PermissionResult(Conflict(gettext("The post has been edited again since.")))
        return can_edit(author, pending.edits)
    if pending.parent:
        return can_reply_to(author, pending.parent)
    if pending.board:
        return can_start_thread(author, pending.board)
    return PermissionResult(Gone(gettext("The board that this was for no longer exists.")))


PENDING_STATE = register_state(
    TargetState(PENDING.kind, "state", _read, _write, can_decide_on, _blocked_by)
)

# Posts that were never public are not in the public log.
RETRACT_APPROVAL = register_type(
    LogEntryType(
        "retract-approval",
        _("withdrew an approval"),
        inverse="approve-pending-post",
        notifies=True,
        notification=_("Your post is no longer published."),
        is_public=False,
        can_be_appealed=True,
        topic="pending posts",
    )
)
RETRACT_REJECTION = register_type(
    LogEntryType(
        "retract-rejection",
        _("withdrew a rejection"),
        inverse="reject-pending-post",
        notifies=True,
        notification=_("Your post is awaiting review again."),
        is_public=False,
        topic="pending posts",
    )
)


class ApprovePost(FixedStateAction[PendingPost]):
    """Publish pending or rejected posts, as if their authors sent them now.

    A post that can't be published, because its parent was removed or locked or its author is
    suspended, is refused and stays pending.
    """

    entry = LogEntryType(
        "approve-pending-post",
        _("approved a pending post"),
        inverse="retract-approval",
        notifies=True,
        notification=_("Your post was approved and published."),
        is_public=False,
        topic="pending posts",
    )
    kind = PENDING
    slug = "approve"
    position = 10
    queue_key = "a"
    button = _("Approve")
    question = ngettext_lazy("Approve this post?", "Approve these %(count)d posts?", "count")
    outcome = _(
        "It is published as written, and the people it replies to or mentions are notified."
    )
    done = ngettext_lazy("Post published.", "%(count)d posts published.", "count")
    state = PENDING_STATE
    to = PendingPost.State.APPROVED

    def is_applicable(self, target: PendingPost) -> bool:
        return target.state in (PendingPost.State.WAITING, PendingPost.State.REJECTED)

    def carry_out(
        self, plan: Plan, chosen: Sequence[PendingPost], entry: NewEntry
    ) -> ModerationAction:
        """Publish them; if an author has only one post among them, the notification leads to it."""
        action = super().carry_out(plan, chosen, entry)
        by_author: dict[int, list[int | None]] = {}
        for pending in chosen:
            by_author.setdefault(pending.author_id, []).append(pending.post_id or pending.edits_id)
        for author, posts in by_author.items():
            if len(posts) == 1:
                notifications = ModerationNotification.objects.filter(action=action, member=author)
                notifications.update(post=posts[0])
        return action


class RejectPost(FixedStateAction[PendingPost]):
    """Reject pending posts; the authors keep their texts and can revise them."""

    entry = LogEntryType(
        "reject-pending-post",
        _("rejected a pending post"),
        inverse="retract-rejection",
        notifies=True,
        notification=_("Your post was not published."),
        is_public=False,
        can_be_appealed=True,
        topic="pending posts",
    )
    kind = PENDING
    slug = "reject"
    position = 11
    queue_key = "d"
    button = _("Reject")
    question = ngettext_lazy("Reject this post?", "Reject these %(count)d posts?", "count")
    outcome = _(
        "Nobody else will see it. The author is told the reason, keeps the text and can revise it."
    )
    done = ngettext_lazy("Post rejected.", "%(count)d posts rejected.", "count")
    state = PENDING_STATE
    to = PendingPost.State.REJECTED

    def is_applicable(self, target: PendingPost) -> bool:
        return target.state == PendingPost.State.WAITING


approve_pending_post = register(ApprovePost())
reject_pending_post = register(RejectPost())
