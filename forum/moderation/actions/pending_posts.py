"""Deciding on pending posts: approving or rejecting them."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from forum.actions.posts import began_from, edit_post, reply_to
from forum.actions.premoderation import end_pending
from forum.actions.threads import start_thread
from forum.errors import Conflict, Gone, Suspended, UserError
from forum.log_entry_types import LogEntryType, register_type
from forum.models import HeldPost, ModerationAction, ModerationNotification, Post, User
from forum.moderation.actions.moderator_edits import TEXT
from forum.moderation.actions.post_hiding import HIDDEN
from forum.moderation.audit_log import NewEntry
from forum.moderation.base import FixedStateAction, Plan
from forum.moderation.registry import register, register_state
from forum.moderation.targets import PENDING, TargetState, lock_posts
from forum.permissions import (
    PermissionResult,
    can_answer,
    can_decide_on,
    can_edit,
    can_start_thread,
)

# The state of posts that were approved and changed since.
ALTERED = "altered"


def _read(held: HeldPost) -> str:
    if held.state != HeldPost.State.APPROVED:
        return held.state
    return held.state if _is_as_approved(held) else ALTERED


def _is_as_approved(held: HeldPost) -> bool:
    if held.edits:
        return held.edits.latest_revision().source == held.source
    return bool(held.post and not held.post.is_hidden and not held.post.is_deleted)


def _write(values: Sequence[tuple[HeldPost, str]], action: ModerationAction) -> None:
    """Publish posts that become approved, and take away those that no longer are."""
    for held, value in values:
        if value == HeldPost.State.APPROVED:
            _publish(held, action)
        elif held.state == HeldPost.State.APPROVED:
            _take_away(held, action)
        held.save(update_fields=["post", "replaced"])
        end_pending(held, value)


def _publish(held: HeldPost, action: ModerationAction) -> None:
    """Post it as if its author sent it now: under the thread's lock, with notifications."""
    how = {"source": held.source, "quoted_post_ids": held.quoted_post_ids}
    author = User.objects.get(pk=held.author_id)
    if held.post:
        _show_again(held.post, action)
    elif held.edits:
        held.replaced = held.edits.latest_revision()
        edit_post(
            held.edits,
            actor=author,
            base_revision=held.base_revision,
            original_hash=held.original_hash,
            is_approved=True,
            **how,
        )
    elif held.parent:
        held.post = reply_to(held.parent, author=author, is_approved=True, **how)
    else:
        assert held.board
        thread = start_thread(held.board, author=author, title=held.title, **how)
        held.post = Post.objects.opening_of(thread.pk).get()


def _show_again(published: Post, action: ModerationAction) -> None:
    """Show a post that was taken away before, with its replies."""
    (post,) = lock_posts([published.pk])
    HIDDEN.write([(post, False)], action)
    if post.is_opening:
        post.thread.deleted_at = None
        post.thread.save(update_fields=["deleted_at"])


def _take_away(held: HeldPost, action: ModerationAction) -> None:
    """Revert an edit; hide a post, with its thread if nobody replied.

    When it is approved again, the same post comes back.
    """
    published = held.edits or held.post
    assert published
    (post,) = lock_posts([published.pk])
    if held.edits:
        assert held.replaced_id
        TEXT.write([(post, held.replaced_id)], action)
        return
    HIDDEN.write([(post, True)], action)
    if post.is_opening and not Post.objects.below(post).not_deleted().exists():
        post.thread.deleted_at = action.created_at
        post.thread.save(update_fields=["deleted_at"])


def _blocked_by(held: HeldPost, value: str) -> UserError | None:
    if held.state == HeldPost.State.WITHDRAWN:
        return Gone(gettext("The author has withdrawn it."))
    if held.state == HeldPost.State.APPROVED:
        return Conflict(gettext("This was already published. Act on the post itself."))
    return _unpublishable(held) if value == HeldPost.State.APPROVED else None


def _unpublishable(held: HeldPost) -> UserError | None:
    """Return why it can't be published now."""
    if not held.source:
        return Gone(gettext("The text was permanently deleted."))
    author = User.objects.get(pk=held.author_id)
    error = _permission_of_author(held, author).error
    if author.is_suspended or isinstance(error, Suspended):
        return Conflict(
            gettext("The author is suspended or silenced here. The post stays pending.")
        )
    if error is None:
        return None
    message = gettext("It can’t be published now and stays pending: %(why)s")
    return Conflict(message % {"why": error.message})


def _permission_of_author(held: HeldPost, author: User) -> PermissionResult:
    if held.post:
        is_gone = held.post.is_deleted
        return PermissionResult(
            Gone(gettext("This post was deleted by its author.")) if is_gone else None
        )
    if held.edits:
        if not began_from(held.edits.latest_revision(), held.base_revision, held.original_hash):
            return PermissionResult(Conflict(gettext("The post has been edited again since.")))
        return can_edit(author, held.edits)
    if held.parent:
        return can_answer(author, held.parent)
    if held.board:
        return can_start_thread(author, held.board)
    return PermissionResult(Gone(gettext("The board that this was for no longer exists.")))


PENDING_STATE = register_state(
    TargetState(PENDING.kind, "state", _read, _write, can_decide_on, _blocked_by)
)

# Posts that were never public are not in the public log.
RETRACT_APPROVAL = register_type(
    LogEntryType(
        "retract-approval",
        _("withdrew an approval"),
        inverse="approve-held",
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
        inverse="reject-held",
        notifies=True,
        notification=_("Your post is awaiting review again."),
        is_public=False,
        topic="pending posts",
    )
)


class ApprovePost(FixedStateAction[HeldPost]):
    """Publish pending or rejected posts, as if their authors sent them now.

    A post that can't be published, because its parent was removed or locked or its author is
    suspended, is refused and stays pending.
    """

    entry = LogEntryType(
        "approve-held",
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
    to = HeldPost.State.APPROVED

    def is_applicable(self, target: HeldPost) -> bool:
        return target.state in (HeldPost.State.WAITING, HeldPost.State.REJECTED)

    def carry_out(
        self, plan: Plan, chosen: Sequence[HeldPost], entry: NewEntry
    ) -> ModerationAction:
        """Publish them; if an author has only one post among them, the notification leads to it."""
        action = super().carry_out(plan, chosen, entry)
        by_author: dict[int, list[int | None]] = {}
        for held in chosen:
            by_author.setdefault(held.author_id, []).append(held.post_id or held.edits_id)
        for author, posts in by_author.items():
            if len(posts) == 1:
                notifications = ModerationNotification.objects.filter(action=action, member=author)
                notifications.update(post=posts[0])
        return action


class RejectPost(FixedStateAction[HeldPost]):
    """Reject pending posts; the authors keep their texts and can revise them."""

    entry = LogEntryType(
        "reject-held",
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
    to = HeldPost.State.REJECTED

    def is_applicable(self, target: HeldPost) -> bool:
        return target.state == HeldPost.State.WAITING


approve_held = register(ApprovePost())
reject_held = register(RejectPost())
