"""Posts that wait for a moderator: held for review, approved or rejected, taken back.

What people send is checked by a `Submission`; imports, fixtures and `reply_to` itself hold nothing.
What waits is not in any thread, and nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from functools import cached_property
from typing import Unpack

from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change
from forum.actions.cases import note_held
from forum.actions.drafts import Writing, forget_draft, save_draft
from forum.actions.limits import lock_member, spend
from forum.actions.new_member_limits import check_new_member_limits, newness_of, standing_posts_of
from forum.actions.posts import (
    Check,
    PreparedPost,
    began_from,
    edit_post,
    lock_post,
    prepare_post,
    reply_to,
)
from forum.actions.sent_forms import sent_before
from forum.actions.slow_mode import check_slow_mode
from forum.actions.states import HIDDEN, WORDING, State, lock_posts
from forum.actions.threads import clean_title, start_thread
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Gone, Invalid, Suspended, UserError
from forum.lib.term_matching import SearchedText
from forum.markup.render import Rendered, render
from forum.models import (
    Board,
    HeldPost,
    HoldRule,
    ModerationAction,
    ModerationEffect,
    ModerationNotification,
    Post,
    User,
)
from forum.models.acts import Act
from forum.models.drafts import Purpose
from forum.models.held import MOST_WAITING_OF_ONE
from forum.models.limits import Limit
from forum.models.rules import searched
from forum.permissions import (
    PermissionResult,
    can_answer,
    can_decide_on,
    can_edit,
    can_start_thread,
    can_withdraw,
)

Waiting = HeldPost.State
# What was approved, and was changed by somebody since.
ALTERED = "altered"


# -- Would it be held? ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Why:
    """The rule that holds a post, and what of it was found."""

    rule: HoldRule
    found: str

    def __str__(self) -> str:
        return self.rule.describe(self.found)[: HeldPost._meta.get_field("why").max_length]


class NeedsReview(Exception):
    """A text is to wait for a moderator; `why` is the rule that holds it."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(str(why))


@dataclass(frozen=True)
class Submission:
    """A text that a member sends, with everything that limits or holds it.

    What only few rules ask for is found when one does.
    """

    author: User
    rendered: Rendered
    _: KW_ONLY
    title: str = ""
    edits: Post | None = None
    limit: Limit | None = None

    def check(self) -> None:
        """Raise `TooFast`, `Invalid` or `NeedsReview`; under the thread's lock."""
        self.check_limits()
        if why := self.why_held():
            raise NeedsReview(why)

    def check_limits(self) -> None:
        """Take a token for it, and raise what limits its author; under the thread's lock."""
        if self.limit:
            spend(f"person:{self.author.pk}", self.limit)
        check_new_member_limits(self.author, self.rendered, is_edit=self.edits is not None)

    def why_held(self) -> Why | None:
        """Return why it has to wait for a moderator; None when it has not.

        Of an edit only what the post does not say already counts. Moderators are never held.
        """
        if self.author.is_staff:
            return None
        for rule in HoldRule.objects.in_force():
            if rule.about == HoldRule.About.NEW and not self._is_new:
                continue
            if found := self._found_by(rule):
                return Why(rule, found)
        return None

    @cached_property
    def _is_new(self) -> bool:
        return newness_of(self.author) is not None

    @cached_property
    def _text(self) -> SearchedText:
        return searched(self.rendered, self.title)

    @cached_property
    def _before(self) -> SearchedText | None:
        if self.edits is None:
            return None
        return searched(render(self.edits.latest_revision().source))

    def _found_by(self, rule: HoldRule) -> str:
        number = rule.number or 0
        if rule.kind not in (HoldRule.Kind.PACE, HoldRule.Kind.FIRST):
            return rule.found_in(self._text, self._before)
        if self.edits:
            return ""
        lock_member(self.author)
        if rule.kind == HoldRule.Kind.FIRST:
            return str(number) if standing_posts_of(self.author, number) < number else ""
        now = timezone.now()
        # What seems to be written later was written before the clock was set back.
        recent = (now - timedelta(minutes=rule.minutes or 0), now)
        posts = Post.objects.written_by(self.author).filter(created_at__range=recent)
        held = HeldPost.objects.of(self.author).filter(created_at__range=recent)
        written = posts[: number + 1].count() + held[: number + 1].count()
        return str(written) if written >= number else ""


# -- Holding, and taking back ---------------------------------------------------------------------


@retrying_transaction
def hold_post(
    purpose: Purpose,
    *,
    author: User,
    written: Writing,
    why: Why,
    prepared: PreparedPost | None = None,
    check: Check | None = None,
) -> Post | HeldPost:
    """Let a text wait for a moderator; its draft goes with that. Sent twice, it waits once.

    An edit takes the place of an earlier one of the same post that waits. Raises what posting it
    would, `AlreadySent` too, and what `check` raises.
    """
    sent = sent_before(author, written.nonce, written.source, title=written.title)
    if sent:
        return sent
    prepared = prepared or prepare_post(written.source, author=author)
    title = clean_title(written.title) if purpose.board_id else ""
    _enforce(purpose, author, written)
    if check:
        check()
    waiting = HeldPost.objects.of(author).waiting()
    for earlier in waiting.filter(edits=purpose.post_id) if purpose.post_id else ():
        _end(earlier, Waiting.WITHDRAWN)
    if waiting.count() >= MOST_WAITING_OF_ONE:
        raise Invalid(_("Too much of yours waits for a moderator already. Please wait for that."))
    source = prepared.source
    forget_draft(
        purpose, member=author, source=source, nonce=written.nonce, version=written.version
    )
    held = HeldPost.objects.create(
        author=author,
        parent_id=purpose.parent_id,
        board_id=purpose.board_id,
        edits_id=purpose.post_id,
        title=title,
        source=source,
        excerpt=prepared.rendered.excerpt,
        quoted_post_ids=list(written.quoted_post_ids),
        base_revision=written.base_revision if purpose.post_id else None,
        original_hash=written.original_hash,
        nonce=written.nonce,
        rule=why.rule if why.rule.pk else None,
        kind=why.rule.kind,
        why=str(why),
    )
    note_held(held)
    return held


def _enforce(purpose: Purpose, author: User, written: Writing) -> None:
    """Lock the thread, and raise what refuses a text for that purpose."""
    if purpose.board_id:
        can_start_thread(author, Board.objects.get(pk=purpose.board_id)).enforce()
        return
    (post_id,) = purpose.posts
    post = lock_post(Post.objects.get(pk=post_id))
    if purpose.post_id:
        can_edit(author, post).enforce()
        if not began_from(post.latest_revision(), written.base_revision, written.original_hash):
            raise Conflict(_("This post was edited since you began."))
        return
    can_answer(author, post).enforce()
    check_slow_mode(author, post)


@retrying_transaction
def withdraw_held(held: HeldPost, *, actor: User) -> Purpose:
    """Take back what waits, or was rejected: its text is a draft again, for what it was for.

    Raises `NotAllowed`, `Gone` when it was published, and `Conflict` when there is another draft of
    the same; nothing is written then.
    """
    held = HeldPost.objects.with_context().select_for_update(of=("self",)).get(pk=held.pk)
    can_withdraw(actor, held).enforce()
    purpose = purpose_of(held)
    if purpose == Purpose():
        raise Gone(_("The board that it was for isn’t there any more."))
    if held.state != Waiting.WITHDRAWN:
        written = Writing(held.source, held.title, held.quoted_post_ids)
        try:
            save_draft(purpose, member=actor, written=written)
        except Conflict as other:
            told = _("You keep another draft of the same: post or discard that one first.")
            raise Conflict(told) from other
        _end(held, Waiting.WITHDRAWN)
    return purpose


def purpose_of(held: HeldPost) -> Purpose:
    """What a held post is for."""
    return Purpose(held.parent_id, held.board_id, held.edits_id)


def _end(held: HeldPost, state: str) -> None:
    held.state = state
    held.save(update_fields=["state"])
    note_held(held)


# -- What moderators decide -----------------------------------------------------------------------


@Several
def approve_held(held: Sequence[HeldPost], **how: Unpack[How]) -> Outcome:
    """Publish what waits, or was rejected, as if its author sent it now. Inverse: by `undo`.

    It goes the way of everything that people write (`reply_to`, `start_thread`, `edit_post`): under
    the thread's lock, as its author, at this moment, and those whom it answers or names are told.
    What cannot be published, since what it answers was removed or locked meanwhile, or its author
    is suspended, is refused and waits on.
    """
    outcome = change(Act.APPROVE_HELD, HELD, held, Waiting.APPROVED, **how)
    done = HeldPost.objects.filter(pk__in=[target.pk for target in outcome.done])
    by_author: dict[int, list[int | None]] = {}
    for author, post, edits in done.values_list("author", "post", "edits"):
        by_author.setdefault(author, []).append(post or edits)
    for author, posts in by_author.items():
        if len(posts) == 1:  # its notice leads there
            told = ModerationNotification.objects.filter(action=outcome.action, member=author)
            told.update(post=posts[0])
    return outcome


@Several
def reject_held(held: Sequence[HeldPost], **how: Unpack[How]) -> Outcome:
    """Publish it not; its author keeps the text and may revise it. Inverse: by `undo`."""
    return change(Act.REJECT_HELD, HELD, held, Waiting.REJECTED, **how)


def _read(held: HeldPost) -> str:
    if held.state != Waiting.APPROVED:
        return held.state
    return held.state if _stands_as_approved(held) else ALTERED


def _stands_as_approved(held: HeldPost) -> bool:
    if held.edits:
        return held.edits.latest_revision().source == held.source
    return bool(held.post and not held.post.is_hidden and not held.post.is_deleted)


def _write(values: Sequence[tuple[HeldPost, str]], action: ModerationAction) -> None:
    """Publish or take away what goes over to be approved, or is so no more."""
    for held, value in values:
        if value == Waiting.APPROVED:
            _publish(held, action)
        elif held.state == Waiting.APPROVED:
            _take_away(held, action)
        held.save(update_fields=["post", "replaced"])
        _end(held, value)


def _publish(held: HeldPost, action: ModerationAction) -> None:
    how = {"source": held.source, "quoted_post_ids": held.quoted_post_ids, "is_approved": True}
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
            **how,
        )
    elif held.parent:
        held.post = reply_to(held.parent, author=author, **how)
    else:
        assert held.board
        thread = start_thread(
            held.board,
            author=author,
            title=held.title,
            source=held.source,
            quoted_post_ids=held.quoted_post_ids,
        )
        held.post = Post.objects.opening_of(thread.pk).get()


def _show_again(published: Post, action: ModerationAction) -> None:
    """What was taken away before is there again, with what answers it."""
    (post,) = lock_posts([published.pk])
    HIDDEN.write([(post, False)], action)
    if post.is_opening:
        post.thread.deleted_at = None
        post.thread.save(update_fields=["deleted_at"])


def _take_away(held: HeldPost, action: ModerationAction) -> None:
    """An edit gives way to the wording before. A post is hidden, and its thread goes if nobody
    answered; approved again, the same post comes back."""
    published = held.edits or held.post
    assert published
    (post,) = lock_posts([published.pk])
    if held.edits:
        assert held.replaced_id
        WORDING.write([(post, held.replaced_id)], action)
        return
    HIDDEN.write([(post, True)], action)
    if post.is_opening and not Post.objects.below(post).not_deleted().exists():
        post.thread.deleted_at = action.created_at
        post.thread.save(update_fields=["deleted_at"])


def _hinders(held: HeldPost, value: str) -> UserError | None:
    if held.state == Waiting.WITHDRAWN:
        return Gone(_("Its author took it back meanwhile."))
    if held.state == Waiting.APPROVED:
        return Conflict(_("It was published already: act on the post itself."))
    return _why_not(held) if value == Waiting.APPROVED else None


def _why_not(held: HeldPost) -> UserError | None:
    """Why it cannot be published now."""
    if not held.source:
        return Gone(_("Its text was erased."))
    author = User.objects.get(pk=held.author_id)
    error = _verdict(held, author).error
    if author.is_suspended or isinstance(error, Suspended):
        return Conflict(_("Its author is suspended or silenced here. It waits on."))
    if error is None:
        return None
    told = _("It can’t be published now, and waits on: %(why)s")
    return Conflict(told % {"why": error.message})


def _verdict(held: HeldPost, author: User) -> PermissionResult:
    if held.post:
        gone = held.post.is_deleted
        return PermissionResult(Gone(_("This post was deleted by its author.")) if gone else None)
    if held.edits:
        if not began_from(held.edits.latest_revision(), held.base_revision, held.original_hash):
            return PermissionResult(Conflict(_("The post was edited again since.")))
        return can_edit(author, held.edits)
    if held.parent:
        return can_answer(author, held.parent)
    if held.board:
        return can_start_thread(author, held.board)
    return PermissionResult(Gone(_("The board that it was for isn’t there any more.")))


HELD = State(ModerationEffect.Kind.HELD, "state", _read, _write, can_decide_on, _hinders)
