"""Opening and closing the cases of the review queue: parts of other deeds, in their transaction.

The thread of the post is locked by the caller, so that no report slips in beside an answer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Min, Sum
from django.utils import timezone

from forum.models import Case, ModerationAction, ModerationNotice, Report

Outcome = Report.Outcome


def weigh(post_ids: Iterable[int]) -> None:
    """Let the cases of these posts say what their reports say: open or not, how heavy, how old."""
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
            Case.objects.open().filter(post=post_id).update(
                closed_at=timezone.now(), assignee=None, claimed_at=None
            )


def close_reports(
    post_ids: Collection[int], outcome: str, action: ModerationAction | None = None
) -> list[int]:
    """Answer all open reports on these posts and tell those who made them; returns their ids.

    Whoever did it themselves is not told of it.
    """
    reports = list(Report.objects.open().filter(post__in=post_ids).select_for_update())
    if not reports:
        return []
    ids = [report.pk for report in reports]
    now = action.created_at if action else timezone.now()
    Report.objects.filter(pk__in=ids).update(closed_at=now, outcome=outcome, action=action)
    ModerationNotice.objects.bulk_create(
        ModerationNotice(
            member_id=report.reporter_id,
            cause=ModerationNotice.Cause.REPORT,
            post_id=report.post_id,
            action=action,
            report=report,
        )
        for report in reports
        if action is None or report.reporter_id != action.actor_id
    )
    weigh({report.post_id for report in reports})
    return ids


def reopen_reports(answered_by: ModerationAction) -> list[int]:
    """Take back the answer to reports, and what was said of it; returns their ids.

    Whoever reported the post once more meanwhile has an open report already.
    """
    again = Report.objects.open().values("post", "reporter")
    open_now = {
        (row["post"], row["reporter"])
        for row in again.filter(post__in=answered_by.answered_reports.values("post"))
    }
    reports = [
        report
        for report in answered_by.answered_reports.select_for_update()
        if (report.post_id, report.reporter_id) not in open_now
    ]
    ids = [report.pk for report in reports]
    ModerationNotice.objects.filter(report__in=ids).delete()
    Report.objects.filter(pk__in=ids).update(closed_at=None, outcome="", action=None)
    weigh({report.post_id for report in reports})
    return ids
