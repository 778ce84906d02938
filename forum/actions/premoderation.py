"""Pending posts: held for review when they are sent, and withdrawn by their authors.

Posts that members send are checked by a `Submission`; imports, fixtures and `reply_to` itself hold
nothing. Pending posts are in no thread, and nobody is notified of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import timedelta
from functools import cached_property

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from forum.actions.drafts import Writing, forget_draft, save_draft, sent_before
from forum.actions.limits import (
    Limit,
    check_new_member_limits,
    check_slow_mode,
    count_published_posts,
    lock_member,
    new_member_status,
    spend,
)
from forum.actions.moderator_alerts import alert_moderators
from forum.actions.posts import (
    Check,
    PreparedPost,
    began_from,
    lock_post,
    prepare_post,
)
from forum.actions.report_cases import note_pending_post
from forum.actions.tags import check_tag_count
from forum.actions.threads import clean_title
from forum.actions.transactions import retrying_transaction
from forum.errors import Conflict, Gone, Invalid
from forum.lib.prepared_queries import PreparedQuery
from forum.lib.term_matching import SearchedText
from forum.markup.rendered_post import Rendered, render
from forum.models import (
    Board,
    ModerationNotification,
    PendingPost,
    Post,
    ReviewRule,
    User,
)
from forum.models.drafts import Purpose
from forum.models.pending_posts import MOST_WAITING_OF_ONE
from forum.models.rules import searched
from forum.permissions import (
    can_decide_on,
    can_edit,
    can_reply_to,
    can_start_thread,
    can_withdraw,
)

# -- Rules ----------------------------------------------------------------------------------------

ACTIVE_RULES = PreparedQuery(lambda: ReviewRule.objects.filter(is_active=True).order_by("id"))


def _active_rules() -> list[ReviewRule]:
    """Return the rules that are active, including the one from the settings; one query."""
    first = settings.HOLD_FIRST_POSTS
    fixed = [ReviewRule(kind=ReviewRule.Kind.FIRST, number=first)] if first else []
    return [*fixed, *ACTIVE_RULES.fetch()]


@dataclass(frozen=True, slots=True)
class RuleMatch:
    """The rule that holds a post, and the part of the text that it matched."""

    rule: ReviewRule
    found: str

    def __str__(self) -> str:
        return self.rule.describe(self.found)[: PendingPost._meta.get_field("why").max_length]


class NeedsReview(Exception):
    """A signal that a text needs review; `match` is the rule that holds it."""

    def __init__(self, match: RuleMatch) -> None:
        self.match = match
        super().__init__(str(match))


@dataclass(frozen=True)
class Submission:
    """A text that a member sends, with everything that limits or holds it.

    Values that few rules need are computed when one asks for them.
    """

    author: User
    rendered: Rendered
    _: KW_ONLY
    title: str = ""
    edits: Post | None = None
    limit: Limit | None = None

    def check(self) -> None:
        """Raise `RateLimited`, `Invalid` or `NeedsReview`; the caller has locked the thread."""
        self.check_limits()
        if match := self.find_matching_rule():
            raise NeedsReview(match)

    def check_limits(self) -> None:
        """Take a rate-limit token and check the author's limits; the caller locked the thread."""
        if self.limit:
            spend(f"person:{self.author.pk}", self.limit)
        check_new_member_limits(self.author, self.rendered, is_edit=self.edits is not None)

    def find_matching_rule(self) -> RuleMatch | None:
        """Return the first review rule that matches; None if there is none.

        Of an edit, only text that the post did not contain before counts. Moderators' posts are
        never held.
        """
        if self.author.is_staff:
            return None
        for rule in _active_rules():
            if rule.about == ReviewRule.About.NEW and not self._is_new:
                continue
            if found := self._found_by(rule):
                return RuleMatch(rule, found)
        return None

    @cached_property
    def _is_new(self) -> bool:
        return new_member_status(self.author) is not None

    @cached_property
    def _text(self) -> SearchedText:
        return searched(self.rendered, self.title)

    @cached_property
    def _before(self) -> SearchedText | None:
        if self.edits is None:
            return None
        title = self.edits.thread.title if self.edits.is_opening else ""
        return searched(render(self.edits.latest_revision().source), title)

    def _found_by(self, rule: ReviewRule) -> str:
        number = rule.number or 0
        if rule.kind not in (ReviewRule.Kind.PACE, ReviewRule.Kind.FIRST):
            return rule.found_in(self._text, self._before)
        if self.edits:
            return ""
        lock_member(self.author)
        if rule.kind == ReviewRule.Kind.FIRST:
            return str(number) if count_published_posts(self.author, number) < number else ""
        now = timezone.now()
        # Posts from the future were written before the clock was set back.
        recent = (now - timedelta(minutes=rule.minutes or 0), now)
        posts = Post.objects.written_by(self.author).filter(created_at__range=recent)
        pending = PendingPost.objects.of_member(self.author).filter(created_at__range=recent)
        written = posts[: number + 1].count() + pending[: number + 1].count()
        return str(written) if written >= number else ""


def submit(
    purpose: Purpose,
    prepared: PreparedPost,
    *,
    author: User,
    written: Writing,
    limit: Limit,
    write: Callable[[Check], Post | PendingPost],
    edits: Post | None = None,
) -> Post | PendingPost:
    """Write a text that a member sends, or hold it for review, and return what it became.

    `write` publishes it and calls the check that it is given under the thread's lock. Raises its
    errors, and those of `Submission.check`.
    """
    submission = Submission(
        author, prepared.rendered, title=written.title, edits=edits, limit=limit
    )
    try:
        return write(submission.check)
    except NeedsReview as needed:
        return hold_post(
            purpose,
            author=author,
            written=written,
            match=needed.match,
            prepared=prepared,
            check=submission.check_limits,
        )


# -- Holding and withdrawing ----------------------------------------------------------------------


@retrying_transaction
def hold_post(
    purpose: Purpose,
    *,
    author: User,
    written: Writing,
    match: RuleMatch,
    prepared: PreparedPost | None = None,
    check: Check | None = None,
) -> Post | PendingPost:
    """Store a text as pending and delete its draft. Sent twice, it is stored once.

    A pending edit replaces an earlier one of the same post. Raises the errors of posting it,
    including `AlreadySent`, and those of `check`.
    """
    sent = sent_before(author, written.nonce, written.source, title=written.title)
    if sent:
        return sent
    prepared = prepared or prepare_post(written.source, author=author)
    title = clean_title(written.title) if purpose.board_id else ""
    tag_ids = list(written.tag_ids) if purpose.board_id else []
    check_tag_count(tag_ids)
    _enforce(purpose, author, written)
    if check:
        check()
    waiting = PendingPost.objects.of_member(author).waiting()
    for earlier in waiting.filter(edits=purpose.post_id) if purpose.post_id else ():
        end_pending(earlier, PendingPost.State.WITHDRAWN)
    if waiting.count() >= MOST_WAITING_OF_ONE:
        raise Invalid(
            _("You have too many pending posts. Please wait until a moderator has reviewed them.")
        )
    source = prepared.source
    forget_draft(
        purpose, member=author, source=source, nonce=written.nonce, version=written.version
    )
    pending = PendingPost.objects.create(
        author=author,
        parent_id=purpose.parent_id,
        board_id=purpose.board_id,
        edits_id=purpose.post_id,
        title=title,
        source=source,
        excerpt=prepared.rendered.excerpt(),
        quoted_post_ids=list(written.quoted_post_ids),
        tag_ids=tag_ids,
        follow=written.follow,
        base_revision=written.base_revision if purpose.post_id else None,
        original_hash=written.original_hash,
        nonce=written.nonce,
        rule=match.rule if match.rule.pk else None,
        kind=match.rule.kind,
        why=str(match),
    )
    note_pending_post(pending)
    alert_moderators(
        ModerationNotification.Cause.NEW_CASE, lambda person: can_decide_on(person, pending)
    )
    return pending


def _enforce(purpose: Purpose, author: User, written: Writing) -> None:
    """Lock the thread; raise `UserError` when a text with that purpose is refused."""
    if purpose.board_id:
        can_start_thread(author, Board.objects.get(pk=purpose.board_id)).enforce()
        return
    (post_id,) = purpose.posts
    post = lock_post(Post.objects.get(pk=post_id))
    if purpose.post_id:
        can_edit(author, post).enforce()
        if not began_from(post.latest_revision(), written.base_revision, written.original_hash):
            raise Conflict(_("This post was edited after you started."))
        return
    can_reply_to(author, post).enforce()
    check_slow_mode(author, post)


@retrying_transaction
def withdraw_pending_post(pending: PendingPost, *, actor: User) -> Purpose:
    """Withdraw a pending or rejected post: its text becomes a draft with the same purpose.

    Raises `NotAllowed`, `Gone` when it was published, and `Conflict` when there is another draft
    with that purpose; nothing is written then.
    """
    pending = PendingPost.objects.with_context().select_for_update(of=("self",)).get(pk=pending.pk)
    can_withdraw(actor, pending).enforce()
    purpose = purpose_of(pending)
    if purpose == Purpose():
        raise Gone(_("The board that this was for no longer exists."))
    if pending.state != PendingPost.State.WITHDRAWN:
        written = Writing(pending.source, pending.title, pending.quoted_post_ids, pending.tag_ids)
        try:
            save_draft(purpose, member=actor, written=written)
        except Conflict as other:
            message = _(
                "You have another draft for the same place. Post or discard that one first."
            )
            raise Conflict(message) from other
        end_pending(pending, PendingPost.State.WITHDRAWN)
    return purpose


def purpose_of(pending: PendingPost) -> Purpose:
    """Return the purpose of a pending post."""
    return Purpose(pending.parent_id, pending.board_id, pending.edits_id)


def end_pending(pending: PendingPost, state: str) -> None:
    """Set the state of a pending post, and open or close its case.

    The text of one that is withdrawn before a decision is its author's alone again: it is a draft
    by then, or replaced, and no moderator can read it any more.
    """
    if pending.is_waiting and state == PendingPost.State.WITHDRAWN:
        pending.source = pending.title = pending.excerpt = ""
        pending.quoted_post_ids = pending.tag_ids = []
        pending.save(update_fields=["source", "title", "excerpt", "quoted_post_ids", "tag_ids"])
    pending.state = state
    pending.save(update_fields=["state"])
    note_pending_post(pending)
