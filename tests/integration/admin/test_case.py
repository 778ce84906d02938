"""One case: what a moderator is shown of it, and what of it can be done from there."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.reports import report_post
from forum.models import Case, Post, Report, Revision, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.report_answers import dismiss_reports, see_reporters
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.offers import action_url
from forum.moderation.registry import actions_on
from forum.moderation.targets import kind_of
from forum.presenters.review import BRANCH

REPORTER = "<bdi>erin</bdi>: <strong>"


@pytest.fixture
def chain(opening: Post, alice: User, bob: User) -> list[Post]:
    """Six posts, each the answer to the one before."""
    posts = [opening]
    for n in range(5):
        posts.append(reply_to(posts[-1], author=(alice, bob)[n % 2], source=f"Said as {n}."))
    return posts


def page_of(post: Post) -> str:
    return reverse("admin:forum_case_change", args=[Case.objects.get(post=post).pk])


@pytest.fixture
def case(chain, erin) -> Post:
    report_post(chain[4], actor=erin, reason="attack", words="He calls me <b>names</b>.")
    return chain[4]


def test_case_shows_the_post_and_three_above_it_and_what_answers_it(as_carol, chain, case):
    page = as_carol.get(page_of(case)).content.decode()
    for post in chain[1:]:
        assert post.source in page
    assert chain[0].source not in page
    assert "Moss on the north wall" in page


def test_case_says_what_was_reported_but_not_by_whom(as_carol, case):
    page = as_carol.get(page_of(case)).content.decode()
    assert "Personal attack" in page
    assert "He calls me &lt;b&gt;names&lt;/b&gt;." in page
    assert REPORTER not in page


def test_nobody_sees_who_reported_their_own_post(as_carol, carol, opening, erin):
    post = reply_to(opening, author=carol, source="Read the rules.")
    report_post(post, actor=erin, reason="attack")
    page = as_carol.get(page_of(post)).content.decode()
    assert "Another moderator has to decide" in page
    assert "Show reporters" not in page
    reveal = reverse("admin:forum_case_reporters", args=[Case.objects.get().pk])
    assert as_carol.post(reveal).status_code == 403
    dismiss = f"/moderate/post/dismiss/?id={post.pk}"
    answer = as_carol.post(dismiss, {"reason": "mine"}, follow=True)
    assert "Another moderator has to decide" in answer.content.decode()
    assert Case.objects.open().exists()


def test_posts_below_say_what_is_reported_of_them(as_carol, chain, case, carol):
    report_post(chain[5], actor=carol, reason="spam")
    page = as_carol.get(page_of(case)).content.decode()
    assert "1 open report" in page
    assert "Other open cases in this thread" in page
    assert page_of(chain[5]) in page


def test_large_branch_is_shown_as_far_as_one_reads(as_carol, case, bob):
    for n in range(BRANCH + 5):
        reply_to(case, author=bob, source=f"Answer {n}.")
    answer = as_carol.get(page_of(case))
    assert len(answer.context["review"].branch) == BRANCH


def test_case_shows_what_the_post_said_before(as_carol, case, bob, alice):
    author = case.author
    Revision.objects.filter(post=case).update(created_at="2026-01-01T00:00Z")
    edit_post(case, actor=author, source="Said otherwise.")
    page = as_carol.get(page_of(case)).content.decode()
    assert "Edit history" in page
    assert "otherwise" in page
    assert "<del>" in page


def test_case_shows_what_is_known_of_the_author(as_carol, case, carol, alice, bob, erin):
    author = case.author
    others = [reply_to(case, author=author, source=f"More {n}.") for n in range(2)]
    for post in others:
        report_post(post, actor=erin, reason="spam")
    hide_post(others[0], actor=carol, reason="spam")
    dismiss_reports(others[1], actor=carol, reason="no")
    suspend_person(author, actor=carol, reason="third time", note="see mail")
    page = as_carol.get(page_of(case)).content.decode()
    assert "1 open, 1 handled, 1 dismissed" in page
    assert "Suspended." in page
    assert "third time" in page
    assert "see mail" in page


def test_every_action_that_applies_is_offered_and_leads_back(as_carol, carol, as_frank, case):
    filters = {"filters": "reason=spam"}
    page = as_carol.get(page_of(case), filters).content.decode()
    back = "/admin/?reason=spam"
    offered = 0
    for target in (case, case.thread, case.author):
        fresh = type(target).objects.get(pk=target.pk)
        for action in actions_on(kind_of(fresh)):
            is_open = bool(action.is_applicable(fresh) and action.permission(carol, fresh))
            assert (f'href="{action_url(action, fresh, back)}"' in page) is is_open
            offered += is_open
    assert offered > 10
    frank = as_frank.get(page_of(case)).content.decode()
    assert "/warn/" in frank  # in his board
    assert "/anonymise/" not in frank
    assert "/admin/forum/user/" not in frank


def test_after_an_action_one_is_in_the_list_one_came_from(as_carol, case):
    page = action_url(hide_post, case, "/admin/?reason=spam")
    answer = as_carol.post(page, {"reason": "spam"})
    assert answer.url == "/admin/?reason=spam"


def test_deleted_text_is_shown_to_nobody(as_erin, case):
    page = page_of(case)
    delete_post(case, actor=case.author)
    shown = as_erin.get(page).content.decode()
    assert case.source not in shown
    assert "Deleted by its author." in shown
    assert "This case is closed." in shown


def test_case_costs_the_same_for_few_and_for_many(
    as_carol, case, chain, alice, bob, carol, django_assert_max_num_queries
):
    def queries():
        with django_assert_max_num_queries(26) as counted:
            as_carol.get(page_of(case))
        return len(counted)

    for post in chain[4:]:
        report_post(post, actor=carol, reason="spam")
    few = queries()
    for n in range(5):
        report_post(reply_to(case, author=bob, source=f"More {n}."), actor=carol, reason="spam")
        hide_post(reply_to(case, author=case.author, source=f"Mine {n}."), actor=carol, reason="x")
    assert queries() == few


@pytest.mark.parametrize("pk", ["0", "x", "99999999", "9" * 40, "-1", "%00"])
def test_what_is_no_case_is_not_found(as_carol, case, pk):
    assert as_carol.get(f"/admin/forum/case/{pk}/change/").status_code == 404


def test_reported_again_meanwhile_it_is_not_dismissed_unread(as_carol, case, alice, carol):
    page = f"/moderate/post/dismiss/?id={case.pk}"
    seen = as_carol.get(page).context["form"]["seen"].value()
    report_post(case, actor=carol, reason="illegal")
    form = {"reason": "fine", "seen": seen}
    answer = as_carol.post(page, form)
    assert answer.status_code == 409
    assert "A new report just came in" in answer.content.decode()
    assert Report.objects.open().count() == 2
    form["seen"] = answer.context["form"]["seen"].value()
    assert as_carol.post(page, form).status_code == 303
    assert not Report.objects.open().exists()


def test_changed_by_another_moderator_it_is_not_dismissed(as_carol, case, erin):
    page = f"/moderate/post/dismiss/?id={case.pk}"
    seen = as_carol.get(page).context["form"]["seen"].value()
    see_reporters(case, actor=erin)
    answer = as_carol.post(page, {"reason": "fine", "seen": seen})
    assert answer.status_code == 409
    assert "erin changed this" in answer.content.decode()
    assert Report.objects.open().exists()
