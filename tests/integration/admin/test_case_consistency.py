"""Consistency of cases and reports after any sequence of reports and moderation actions."""

from __future__ import annotations

import random

import pytest
from django.db.models import F, Q

from forum.actions.case_assignment import claim_case, release_case
from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.errors import UserError
from forum.models import Case, ModerationAction, ModerationNotification, Post, Report
from forum.moderation.actions.branch_hiding import remove_branch, restore_branch
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.report_answers import dismiss_reports, reopen_reports, uphold_reports
from forum.moderation.undo import undo

pytestmark = pytest.mark.slow

ACTIONS = (uphold_reports, dismiss_reports, reopen_reports, hide_post, unhide_post)
ACTIONS += (remove_branch, restore_branch)


def assert_consistent() -> None:
    open_posts = set(Report.objects.open().values_list("post", flat=True))
    assert set(Case.objects.open().values_list("post", flat=True)) == open_posts
    for case in Case.objects.open():
        reports = list(Report.objects.open().on(case.post))
        assert case.weight == pytest.approx(sum(report.weight for report in reports))
        assert case.opened_at == reports[0].created_at
    assert not Case.objects.exclude(closed_at=None).exclude(assignee=None).exists()
    assert not Report.objects.open().filter(post__hidden_at__isnull=False).exists()
    notified = ModerationNotification.objects.filter(cause="report").values_list(
        "report", flat=True
    )
    # Moderators are not notified about reports of their own that they answered themselves.
    answered_by_others = Q(action=None) | ~Q(action__actor=F("reporter"))
    answered = Report.objects.exclude(closed_at=None).filter(answered_by_others)
    assert set(notified) == set(answered.values_list("pk", flat=True))


@pytest.mark.parametrize("seed", range(3))
def test_cases_agree_with_reports_after_random_steps(opening, alice, bob, carol, erin, seed):
    rng = random.Random(seed)
    posts = [opening]
    for n in range(6):
        author = rng.choice([alice, bob])
        posts.append(reply_to(rng.choice(posts), author=author, source=f"Number {n}."))
    done = set()
    for n in range(60):
        post = Post.objects.get(pk=rng.choice(posts).pk)
        step = rng.choice(["report"] * 6 + ["act"] * 6 + ["undo", "claim", "release", "delete"])
        case = Case.objects.filter(post=post).first()
        try:
            if step == "report":
                report_post(post, actor=rng.choice([alice, bob, carol, erin]), reason="spam")
            elif step == "act":
                rng.choice(ACTIONS)(post, actor=rng.choice([carol, erin]), reason=f"Number {n}")
            elif step == "undo" and (action := ModerationAction.objects.first()):
                undo(action, actor=erin, reason="Not so")
            elif step == "claim" and case:
                claim_case(case, actor=carol)
            elif step == "release" and case:
                release_case(case, actor=carol)
            elif step == "delete" and rng.random() < 0.3:
                delete_post(post, actor=post.author)
        except UserError:
            continue
        done.add(step)
        assert_consistent()
    assert {"report", "act"} <= done


def test_removing_a_branch_resolves_its_reports_and_restoring_reopens_them(
    opening, reply, alice, carol
):
    below = reply_to(reply, author=alice, source="Lime wash is best.")
    report_post(reply, actor=alice, reason="spam")
    report_post(below, actor=carol, reason="other")
    action = remove_branch(reply, actor=carol, reason="advertising")
    assert set(action.answered_reports.values_list("post", flat=True)) == {reply.pk, below.pk}
    assert not Case.objects.open().exists()
    restore_branch(reply, actor=carol, reason="it was not")
    assert Case.objects.open().count() == 2
