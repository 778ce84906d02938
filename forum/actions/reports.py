"""Reporting a post to the moderators."""

from __future__ import annotations

from django.utils.translation import gettext as _

from forum.actions.moderator_alerts import alert_moderators
from forum.actions.posts import lock_thread_of
from forum.actions.report_cases import update_cases
from forum.actions.transactions import retrying_transaction
from forum.errors import Invalid
from forum.lib.text import clean_source, is_blank
from forum.models import ModerationNotification, Post, Report, User
from forum.models.reports import MAX_REPORT_LENGTH
from forum.permissions import can_answer_reports, can_report


@retrying_transaction
def report_post(post: Post, *, actor: User, reason: str, words: str = "") -> Report:
    """Report a post to the moderators and return the report.

    Returns the member's open report on it, if there is one. Raises `Invalid`, `NotAllowed`, `Gone`,
    `LoggedOut`, `Suspended` or `Busy`.
    """
    words = clean_source(words).strip()
    if reason not in Report.Reason.values:
        raise Invalid(_("Please choose a reason."))
    if len(words) > MAX_REPORT_LENGTH:
        raise Invalid(
            _("A report can have at most %(most)d characters.") % {"most": MAX_REPORT_LENGTH}
        )
    thread = lock_thread_of(post.pk)
    before = Report.objects.open().filter(post=post, reporter=actor).first()
    if before:
        return before
    post = Post.objects.get(pk=post.pk)
    post.thread = thread
    can_report(actor, post).enforce()
    report = Report.objects.create(
        post=post,
        revision=post.latest_revision(),
        reporter=actor,
        reason=reason,
        words="" if is_blank(words) else words,
        weight=Report.objects.weight_of(actor),
    )
    update_cases([post.pk])
    alert_moderators(
        ModerationNotification.Cause.NEW_CASE,
        lambda person: can_answer_reports(person, post),
        exclude=[actor.pk],
    )
    return report
