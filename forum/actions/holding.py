"""Posts that wait for a moderator: held at the door, approved or rejected, taken back.

The doors of people ask `why_held` before they post anything; imports, fixtures and `reply_to`
itself do not. What waits is not in any thread, and nobody is told of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Unpack

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change
from forum.actions.cases import note_held
from forum.actions.drafts import Writing, forget_draft, save_draft
from forum.actions.posts import began_from, edit_post, lock_thread_of, rendered_post, reply_to
from forum.actions.sent_forms import held_before
from forum.actions.slow_mode import keep_pace
from forum.actions.states import HIDDEN, WORDING, State, lock_posts
from forum.actions.threads import clean_title, start_thread
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Gone, Invalid, Suspended, UserError
from forum.lib.term_matching import SearchedText, host_of
from forum.lib.text import clean_source
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
from forum.permissions import (
    PermissionResult,
    can_answer,
    can_decide_on,
    can_edit,
    can_start_thread,
    can_withdraw,
)
from forum.queries.new_member_limits import newness_of, standing_posts_of

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


def why_held(
    author: User, rendered: Rendered, *, title: str = "", edits: Post | None = None
) -> Why | None:
    """Why a text has to wait for a moderator; None when it has not.

    Of an edit only what the post does not say already counts. Moderators are never held.
    """
    if author.is_staff:
        return None
    asked = _Asked(author, searched(rendered, title), edits)
    for rule in HoldRule.objects.in_force():
        if rule.about == HoldRule.About.NEW and not asked.is_new:
            continue
        if found := asked.found_by(rule):
            return Why(rule, found)
    return None


def searched(rendered: Rendered, title: str = "") -> SearchedText:
    """What rules look at: the words of a text with those that it quotes, and what it links to."""
    return SearchedText(
        f"{title}\n{rendered.plain}", rendered.links, own=host_of(settings.SITE_URL)
    )


class _Asked:
    """One text of one author; what only few rules ask is found when one does."""

    def __init__(self, author: User, text: SearchedText, edits: Post | None) -> None:
        self.author = author
        self.text = text
        self.edits = edits

    @cached_property
    def is_new(self) -> bool:
        return newness_of(self.author) is not None

    @cached_property
    def before(self) -> SearchedText | None:
        if self.edits is None:
            return None
        return searched(render(self.edits.latest_revision().source))

    def found_by(self, rule: HoldRule) -> str:
        number = rule.number or 0
        if rule.kind not in (HoldRule.Kind.PACE, HoldRule.Kind.FIRST):
            return rule.found_in(self.text, self.before)
        if self.edits:
            return ""
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
def hold_post(purpose: Purpose, *, author: User, written: Writing, was: str, why: Why) -> HeldPost:
    """Let a text wait for a moderator; its draft goes with that. Sent twice, it waits once.

    An edit takes the place of an earlier one of the same post that waits. Raises what posting it
    would, `AlreadySent` too.
    """
    if sent := held_before(author, written.nonce, written.source, title=written.title):
        return sent
    source = clean_source(written.source)
    rendered = rendered_post(source)
    title = clean_title(written.title) if purpose.board_id else ""
    _enforce(purpose, author, written.base, was)
    waiting = HeldPost.objects.of(author).waiting()
    for earlier in waiting.filter(edits=purpose.post_id) if purpose.post_id else ():
        _end(earlier, Waiting.WITHDRAWN)
    if waiting.count() >= MOST_WAITING_OF_ONE:
        raise Invalid(_("Too much of yours waits for a moderator already. Please wait for that."))
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
        excerpt=rendered.excerpt,
        pointed_at=list(written.quoted),
        base=written.base if purpose.post_id else None,
        was=was,
        nonce=written.nonce,
        rule=why.rule if why.rule.pk else None,
        kind=why.rule.kind,
        why=str(why),
    )
    note_held(held)
    return held


def _enforce(purpose: Purpose, author: User, base: int | None, was: str) -> None:
    """Raise what refuses a text for that purpose."""
    if purpose.board_id:
        can_start_thread(author, Board.objects.get(pk=purpose.board_id)).enforce()
        return
    (post_id,) = purpose.posts
    thread = lock_thread_of(post_id)
    post = Post.objects.select_related("author").get(pk=post_id)
    post.thread = thread
    if purpose.post_id:
        can_edit(author, post).enforce()
        if not began_from(post.latest_revision(), base, was):
            raise Conflict(_("This post was edited since you began."))
        return
    can_answer(author, post).enforce()
    keep_pace(author, post)


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
        written = Writing(held.source, held.title, held.pointed_at)
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
    how = {"source": held.source, "pointed_at": held.pointed_at}
    author = User.objects.get(pk=held.author_id)
    if held.post:
        _show_again(held.post, action)
    elif held.edits:
        held.replaced = held.edits.latest_revision()
        edit_post(held.edits, actor=author, base=held.base, was=held.was, is_approved=True, **how)
    elif held.parent:
        held.post = reply_to(held.parent, author=author, nonce=held.nonce, is_approved=True, **how)
    else:
        assert held.board
        thread = start_thread(held.board, author=author, title=held.title, nonce=held.nonce, **how)
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
        if not began_from(held.edits.latest_revision(), held.base, held.was):
            return PermissionResult(Conflict(_("The post was edited again since.")))
        return can_edit(author, held.edits)
    if held.parent:
        return can_answer(author, held.parent)
    if held.board:
        return can_start_thread(author, held.board)
    return PermissionResult(Gone(_("The board that it was for isn’t there any more.")))


HELD = State(ModerationEffect.Kind.HELD, "state", _read, _write, can_decide_on, _hinders)
