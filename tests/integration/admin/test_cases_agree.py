"""After any sequence of reports and answers the cases of the queue say what the reports say."""

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

ACTS = (uphold_reports, dismiss_reports, reopen_reports, hide_post, unhide_post)
ACTS += (remove_branch, restore_branch)


def assert_agree() -> None:
    open_posts = set(Report.objects.open().values_list("post", flat=True))
    assert set(Case.objects.open().values_list("post", flat=True)) == open_posts
    for case in Case.objects.open():
        reports = list(Report.objects.open().on(case.post))
        assert case.weight == pytest.approx(sum(report.weight for report in reports))
        assert case.opened_at == reports[0].created_at
    assert not Case.objects.exclude(closed_at=None).exclude(assignee=None).exists()
    assert not Report.objects.open().filter(post__hidden_at__isnull=False).exists()
    assert not Report.objects.open().filter(post__deleted_at__isnull=False).exists()
    told = ModerationNotification.objects.filter(cause="report").values_list("report", flat=True)
    # Whoever answered their own report knows.
    by_others = Q(action=None) | ~Q(action__actor=F("reporter"))
    answered = Report.objects.exclude(closed_at=None).filter(by_others)
    assert set(told) == set(answered.values_list("pk", flat=True))


@pytest.mark.parametrize("seed", range(3))
def test_cases_agree_with_reports_after_any_walk(opening, alice, bob, carol, erin, seed):
    chance = random.Random(seed)
    posts = [opening]
    for n in range(6):
        author = chance.choice([alice, bob])
        posts.append(reply_to(chance.choice(posts), author=author, source=f"Number {n}."))
    done = set()
    for n in range(60):
        post = Post.objects.get(pk=chance.choice(posts).pk)
        deed = chance.choice(["report"] * 6 + ["act"] * 6 + ["undo", "claim", "release", "delete"])
        case = Case.objects.filter(post=post).first()
        try:
            if deed == "report":
                report_post(post, actor=chance.choice([alice, bob, carol, erin]), reason="spam")
            elif deed == "act":
                chance.choice(ACTS)(post, actor=chance.choice([carol, erin]), reason=f"Number {n}")
            elif deed == "undo" and (action := ModerationAction.objects.first()):
                undo(action, actor=erin, reason="Not so")
            elif deed == "claim" and case:
                claim_case(case, actor=carol)
            elif deed == "release" and case:
                release_case(case, actor=carol)
            elif deed == "delete" and chance.random() < 0.3:
                delete_post(post, actor=post.author)
        except UserError:
            continue
        done.add(deed)
        assert_agree()
    assert {"report", "act"} <= done


def test_reports_below_a_removed_branch_are_answered_and_come_back(opening, reply, alice, carol):
    below = reply_to(reply, author=alice, source="Lime wash is best.")
    report_post(reply, actor=alice, reason="spam")
    report_post(below, actor=carol, reason="other")
    action = remove_branch(reply, actor=carol, reason="advertising")
    assert set(action.answered_reports.values_list("post", flat=True)) == {reply.pk, below.pk}
    assert not Case.objects.open().exists()
    restore_branch(reply, actor=carol, reason="it was not")
    assert Case.objects.open().count() == 2
