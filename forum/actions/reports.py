"""Reporting a post, and answering reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from django.utils.translation import gettext as _

from forum.actions.acts import How, Outcome, Several, change
from forum.actions.cases import weigh
from forum.actions.posts import lock_thread_of
from forum.actions.records import record
from forum.actions.states import OPEN, REPORTS
from forum.actions.transactions import retrying_transaction
from forum.errors import Invalid
from forum.lib.text import clean_source, is_blank
from forum.models import ModerationAction, ModerationEffect, Post, Report, User
from forum.models.acts import Act
from forum.models.reports import WORDS_LENGTH
from forum.permissions import can_report, can_see_reporters


@retrying_transaction
def report_post(post: Post, *, actor: User, reason: str, words: str = "") -> Report:
    """Tell the moderators of a post; returns the report.

    Who has an open report on it is given that one. Raises `Invalid`, `NotAllowed`, `Gone`,
    `SignedOut`, `Suspended` or `Busy`.
    """
    words = clean_source(words).strip()
    if reason not in Report.Reason.values:
        raise Invalid(_("Please choose what is wrong with it."))
    if len(words) > WORDS_LENGTH:
        raise Invalid(_("A report has at most %(most)d characters.") % {"most": WORDS_LENGTH})
    thread = lock_thread_of(post.pk)
    before = Report.objects.open().filter(post=post, reporter=actor).first()
    if before:
        return before
    post = Post.objects.get(pk=post.pk)
    post.thread = thread
    can_report(actor, post).enforce()
    report = Report.objects.create(
        post=post,
        reporter=actor,
        reason=reason,
        words="" if is_blank(words) else words,
        weight=Report.objects.weight_of(actor),
    )
    weigh([post.pk])
    return report


@Several
def uphold_reports(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Answer all reports on a post: they were right, and it was seen to.

    Inverse: `reopen_reports`.
    """
    return change(Act.UPHOLD_REPORTS, REPORTS, posts, Report.Outcome.ACTED, **how)


@Several
def dismiss_reports(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Answer all reports on a post: it stays as it is. Inverse: `reopen_reports`."""
    return change(Act.DISMISS_REPORTS, REPORTS, posts, Report.Outcome.DISMISSED, **how)


@Several
def reopen_reports(posts: Sequence[Post], **how: Unpack[How]) -> Outcome:
    """Take back the last answer to the reports on a post. Inverse: to answer them again."""
    return change(Act.REOPEN_REPORTS, REPORTS, posts, OPEN, takes_back=True, **how)


@retrying_transaction
def see_reporters(post: Post, *, actor: User) -> ModerationAction:
    """Write down that somebody looks at who reported a post; irreversible."""
    post = Post.objects.select_related("thread__board").get(pk=post.pk)
    can_see_reporters(actor, post).enforce()
    return record(
        Act.SEE_REPORTERS,
        actor=actor,
        reason=_("Looked at who reported it"),
        effects=[(ModerationEffect.Kind.POST, post.pk, {}, {})],
    )
