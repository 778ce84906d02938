"""Reporting a post, and answering reports."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from forum.actions.cases import close_reports, reopen_reports, weigh
from forum.actions.posts import lock_thread_of
from forum.actions.records import latest, record
from forum.actions.transactions import deed
from forum.lib.text import clean_source, is_blank
from forum.models import Case, ModerationAction, ModerationEffect, Post, Report, User
from forum.models.acts import Act
from forum.models.reports import WORDS_LENGTH
from forum.permissions import may_moderate, may_report
from forum.refusals import Changed, Invalid


@deed
def report_post(post: Post, *, by: User, reason: str, words: str = "") -> Report:
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
    before = Report.objects.open().filter(post=post, reporter=by).first()
    if before:
        return before
    post = Post.objects.get(pk=post.pk)
    post.thread = thread
    may_report(by, post).enforce()
    report = Report.objects.create(
        post=post,
        reporter=by,
        reason=reason,
        words="" if is_blank(words) else words,
        weight=Report.objects.weight_of(by),
    )
    weigh([post.pk])
    return report


@deed
def uphold_reports(case: Case, *, by: User, reason: str, note: str = "") -> ModerationAction:
    """Answer all reports on a post: they were right, and it was seen to. Inverse: `reopen`."""
    return _answer(case, Act.UPHOLD_REPORTS, by=by, reason=reason, note=note)


@deed
def dismiss_reports(case: Case, *, by: User, reason: str, note: str = "") -> ModerationAction:
    """Answer all reports on a post: it stays as it is. Inverse: `reopen`."""
    return _answer(case, Act.DISMISS_REPORTS, by=by, reason=reason, note=note)


ANSWERS = {
    Act.UPHOLD_REPORTS: Report.Outcome.ACTED,
    Act.DISMISS_REPORTS: Report.Outcome.DISMISSED,
}


def _answer(case: Case, act: Act, *, by: User, reason: str, note: str) -> ModerationAction:
    case = _locked_case(case, by)
    if not case.is_open:
        return latest(act, ModerationEffect.Kind.POST, case.post_id)
    action = record(
        act,
        by=by,
        reason=reason,
        note=note,
        effects=[_effect(case, "open", ANSWERS[act])],
    )
    close_reports([case.post_id], ANSWERS[act], action)
    return action


@deed
def reopen(case: Case, *, by: User, reason: str, note: str = "") -> ModerationAction:
    """Take back the last answer to the reports on a post. Inverse: to answer them again."""
    case = _locked_case(case, by)
    if case.is_open:
        return latest(Act.REOPEN_REPORTS, ModerationEffect.Kind.POST, case.post_id)
    answers = ModerationAction.objects.about(ModerationEffect.Kind.POST, case.post_id)
    answer = answers.filter(act__in=ANSWERS, undone_by=None).first()
    if answer is None:
        raise Changed(_("The reports were answered by what was done to the post: undo that."))
    action = record(
        Act.REOPEN_REPORTS,
        by=by,
        reason=reason,
        note=note,
        undoes=answer,
        effects=[_effect(case, ANSWERS[Act(answer.act)], "open")],
    )
    reopen_reports(answer)
    return action


def _effect(case: Case, before: str, after: str) -> tuple[str, int, dict[str, Any], dict[str, Any]]:
    return ModerationEffect.Kind.POST, case.post_id, {"reports": before}, {"reports": after}


def _locked_case(case: Case, by: User) -> Case:
    """The case as it is now, its thread locked; raises `NotAllowed`."""
    thread = lock_thread_of(case.post_id)
    may_moderate(by, thread.board).enforce()
    return Case.objects.get(pk=case.pk)
