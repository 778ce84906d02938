"""Reports and answers at the same moment: one open report a person, none that nobody answers."""

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


def at_once(*acts):
    """What each of these came to, or how it was refused."""

    def run(act):
        try:
            return act()
        except UserError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [each.result() for each in [pool.submit(run, act) for act in acts]]


@pytest.mark.django_db(transaction=True)
def test_pressed_many_times_it_is_one_report(reply: Post, alice: User):
    made = at_once(*[lambda: report_post(reply, actor=alice, reason="spam")] * AT_ONCE)
    assert set(made) == {Report.objects.get()}
    assert Case.objects.get().weight == 1


@pytest.mark.django_db(transaction=True)
def test_report_and_hiding_at_once_leave_no_report_open(reply: Post, alice, bob, carol, erin):
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
def test_two_who_open_a_case_at_once_are_not_both_on_it(reply: Post, alice, carol, erin):
    report_post(reply, actor=alice, reason="spam")
    case = Case.objects.select_related("post__thread__board").get()
    taken = at_once(*[lambda actor=actor: claim_case(case, actor=actor) for actor in (carol, erin)])
    assert sorted(taken) == [False, True]
