"""Reports and decisions at the same moment: one open report per member, and none left open."""

from __future__ import annotations

import pytest

from forum.actions.case_assignment import claim_case
from forum.actions.reports import report_post
from forum.models import Case, ModerationNotification, Post, Report, User
from forum.moderation.actions.post_hiding import hide_post
from tests.concurrency import run_in_parallel

AT_ONCE = 6


@pytest.mark.django_db(transaction=True)
def test_form_sent_many_times_makes_one_report(reply: Post, alice: User):
    reports = run_in_parallel(*[lambda: report_post(reply, actor=alice, reason="spam")] * AT_ONCE)
    assert set(reports) == {Report.objects.get()}
    assert Case.objects.get().weight == 1


@pytest.mark.django_db(transaction=True)
def test_report_and_hiding_at_the_same_moment_leave_no_report_open(
    reply: Post, alice, bob, carol, erin
):
    report_post(reply, actor=erin, reason="spam")
    run_in_parallel(
        lambda: report_post(reply, actor=alice, reason="spam"),
        lambda: hide_post(reply, actor=carol, reason="advertising"),
        lambda: report_post(reply, actor=carol, reason="spam"),
    )
    assert not Report.objects.open().exists()
    assert not Case.objects.open().exists()
    others = Report.objects.exclude(reporter=carol)
    assert ModerationNotification.objects.filter(cause="report").count() == others.count()


@pytest.mark.django_db(transaction=True)
def test_case_claimed_by_two_moderators_at_once_is_given_to_one(reply: Post, alice, carol, erin):
    report_post(reply, actor=alice, reason="spam")
    case = Case.objects.select_related("post__thread__board").get()
    claims = run_in_parallel(
        *[lambda actor=actor: claim_case(case, actor=actor) for actor in (carol, erin)]
    )
    assert sorted(claims) == [False, True]
