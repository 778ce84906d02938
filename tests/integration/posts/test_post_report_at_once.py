"""Reports and decisions at the same moment: one open report per member, and none left open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from forum.actions.case_assignment import claim_case
from forum.actions.reports import report_post
from forum.errors import UserError
from forum.models import Case, ModerationNotification, Post, Report, User
from forum.moderation.actions.post_hiding import hide_post

AT_ONCE = 6


def at_once(*functions):
    """Run functions in parallel and return the result or the error of each."""

    def run(function):
        try:
            return function()
        except UserError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(functions)) as pool:
        return [
            future.result() for future in [pool.submit(run, function) for function in functions]
        ]


@pytest.mark.django_db(transaction=True)
def test_form_sent_many_times_makes_one_report(reply: Post, alice: User):
    reports = at_once(*[lambda: report_post(reply, actor=alice, reason="spam")] * AT_ONCE)
    assert set(reports) == {Report.objects.get()}
    assert Case.objects.get().weight == 1


@pytest.mark.django_db(transaction=True)
def test_report_and_hiding_at_the_same_moment_leave_no_report_open(
    reply: Post, alice, bob, carol, erin
):
    report_post(reply, actor=erin, reason="spam")
    at_once(
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
    claims = at_once(
        *[lambda actor=actor: claim_case(case, actor=actor) for actor in (carol, erin)]
    )
    assert sorted(claims) == [False, True]
