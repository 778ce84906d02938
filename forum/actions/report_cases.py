"""Opening and closing the cases of the review queue, within the transactions of other actions.

The caller has locked the thread of the post, so that no report arrives while it is answered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Min, Sum
from django.utils import timezone

from forum.lib.sql import unnest
from forum.models import Case, ModerationAction, ModerationNotification, PendingPost, Post, Report
from forum.models.review_queue import CaseQuerySet


def update_cases(post_ids: Iterable[int]) -> None:
    """Update the cases of these posts from their reports: open or closed, weight, age."""
    for post_id in post_ids:
        of_post = Report.objects.open().filter(post=post_id)
        found = of_post.aggregate(weight=Sum("weight"), oldest=Min("created_at"))
        if found["oldest"] is not None:
            open_now = {
                "weight": found["weight"],
                "opened_at": found["oldest"],
                "closed_at": None,
            }
            Case.objects.update_or_create(post_id=post_id, defaults=open_now)
        else:
            _close(Case.objects.open().filter(post=post_id))


def note_pending_post(pending: PendingPost) -> None:
    """Update the case of a pending post, which is open until a decision and weighs one report."""
    if pending.is_waiting:
        open_now = {"weight": 1, "opened_at": pending.created_at, "closed_at": None}
        Case.objects.update_or_create(pending_post=pending, defaults=open_now)
        return
    _close(Case.objects.open().filter(pending_post=pending))


def _close(cases: CaseQuerySet) -> None:
    cases.update(closed_at=timezone.now(), assignee=None, claimed_at=None, is_assigned=False)


def close_reports(
    post_ids: Collection[int], outcome: str, action: ModerationAction | None = None
) -> list[int]:
    """Close all open reports on these posts, notify the reporters, and return the reports' ids.

    Reporters who took the action themselves are not notified.
    """
    reports = list(Report.objects.open().filter(post__in=unnest(post_ids)).select_for_update())
    if not reports:
        return []
    ids = [report.pk for report in reports]
    now = action.created_at if action else timezone.now()
    Report.objects.filter(pk__in=ids).update(closed_at=now, outcome=outcome, action=action)
    ModerationNotification.objects.bulk_create(
        ModerationNotification(
            member_id=report.reporter_id,
            cause=ModerationNotification.Cause.REPORT,
            post_id=report.post_id,
            action=action,
            report=report,
        )
        for report in reports
        if action is None or report.reporter_id != action.actor_id
    )
    update_cases({report.post_id for report in reports})
    return ids


def action_that_closed_reports(post: Post) -> ModerationAction | None:
    """Return the moderation action that answered the latest closed reports on a post."""
    answered = Report.objects.filter(post=post).exclude(action=None).select_related("action")
    report = answered.order_by("-closed_at", "-id").first()
    return report.action if report else None


def reopen_reports_closed_by(answer: ModerationAction, post_ids: Collection[int]) -> None:
    """Reopen the reports on these posts that an action answered; delete its notifications.

    Reports on a post that is gone stay closed: its removal answers them. So do those of a member
    who has since reported the post again.
    """
    reports = list(
        answer.answered_reports.filter(post__in=unnest(post_ids))
        .select_related("post")
        .select_for_update(of=("self",))
    )
    if not reports:
        return
    about = {report.post_id for report in reports}
    open_now = set(Report.objects.open().filter(post__in=about).values_list("post", "reporter"))
    for report in reports:
        if report.post.is_erased:
            report.outcome, report.action = Report.Outcome.GONE, None
        elif report.post.is_hidden:
            report.outcome, report.action = Report.Outcome.ACTED, report.post.hidden_action
        elif (report.post_id, report.reporter_id) not in open_now:
            report.outcome, report.action, report.closed_at = "", None, None
    Report.objects.bulk_update(reports, ["outcome", "action", "closed_at"])
    ids = [report.pk for report in reports if report.is_open]
    ModerationNotification.objects.filter(report__in=ids).delete()
    update_cases(about)
