"""The page of a case: the information it shows and the actions it offers."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils.html import escape

from forum.actions.posts import edit_post, reply_to
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
    """Return six posts, each a reply to the previous one."""
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


def test_case_shows_the_post_the_three_posts_above_and_the_replies(as_carol, chain, case):
    page = as_carol.get(page_of(case)).content.decode()
    for post in chain[1:]:
        assert post.source in page
    assert chain[0].source not in page
    assert "Moss on the north wall" in page


def test_case_shows_the_report_but_not_the_reporter(as_carol, case):
    page = as_carol.get(page_of(case)).content.decode()
    assert "Personal attack" in page
    assert "He calls me &lt;b&gt;names&lt;/b&gt;." in page
    assert REPORTER not in page


def test_moderators_cannot_see_who_reported_their_own_post(as_carol, carol, opening, erin):
    post = reply_to(opening, author=carol, source="Read the rules.")
    report_post(post, actor=erin, reason="attack")
    page = as_carol.get(page_of(post)).content.decode()
    assert "Another moderator has to decide" in page
    assert "Show reporters" not in page
    reporters_page = reverse("admin:forum_case_reporters", args=[Case.objects.get().pk])
    assert as_carol.post(reporters_page).status_code == 403
    dismiss_page = f"/moderate/post/dismiss/?id={post.pk}"
    response = as_carol.post(dismiss_page, {"reason": "mine"}, follow=True)
    assert "Another moderator has to decide" in response.content.decode()
    assert Case.objects.open().exists()


def test_replies_show_their_own_open_reports(as_carol, chain, case, carol):
    report_post(chain[5], actor=carol, reason="spam")
    page = as_carol.get(page_of(case)).content.decode()
    assert "1 open report" in page
    assert "Other open cases in this thread" in page
    assert page_of(chain[5]) in page


def test_large_branch_is_shown_in_part(as_carol, case, bob):
    for n in range(BRANCH + 5):
        reply_to(case, author=bob, source=f"Answer {n}.")
    response = as_carol.get(page_of(case))
    assert len(response.context["review"].branch) == BRANCH


def test_case_shows_the_edit_history(as_carol, case, bob, alice):
    author = case.author
    Revision.objects.filter(post=case).update(created_at="2026-01-01T00:00Z")
    edit_post(case, actor=author, source="Said otherwise.")
    page = as_carol.get(page_of(case)).content.decode()
    assert "Edit history" in page
    assert "otherwise" in page
    assert "<del>" in page


def test_case_shows_reports_and_sanctions_of_the_author(as_carol, case, carol, alice, bob, erin):
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


def test_all_applicable_actions_are_offered_with_a_link_back(as_carol, carol, as_frank, case):
    filters = {"filters": "reason=spam"}
    page = as_carol.get(page_of(case), filters).content.decode()
    back = "/admin/?reason=spam"
    offered_count = 0
    for target in (case, case.thread, case.author):
        fresh = type(target).objects.get(pk=target.pk)
        for action in actions_on(kind_of(fresh)):
            is_offered = bool(action.is_applicable(fresh) and action.permission(carol, fresh))
            is_offered = is_offered and action.is_for_cases
            address = escape(action_url(action, fresh, back, Case.objects.get()))
            assert (f'href="{address}"' in page) is is_offered
            offered_count += is_offered
    assert offered_count > 10
    html = as_frank.get(page_of(case)).content.decode()
    assert "/warn/" in html  # frank can warn in his board
    assert "/anonymise/" not in html
    assert "/admin/forum/user/" not in html


def test_action_redirects_to_the_filtered_queue(as_carol, case):
    page = action_url(hide_post, case, "/admin/?reason=spam")
    response = as_carol.post(page, {"reason": "spam"})
    assert response.url == "/admin/?reason=spam"


def test_queries_of_a_case_do_not_grow_with_the_posts(
    as_carol, case, chain, alice, bob, carol, django_assert_max_num_queries
):
    def count_queries():
        with django_assert_max_num_queries(31) as captured:
            as_carol.get(page_of(case))
        return len(captured)

    for post in chain[4:]:
        report_post(post, actor=carol, reason="spam")
    first_count = count_queries()
    for n in range(5):
        report_post(reply_to(case, author=bob, source=f"More {n}."), actor=carol, reason="spam")
        hide_post(reply_to(case, author=case.author, source=f"Mine {n}."), actor=carol, reason="x")
    assert count_queries() == first_count


@pytest.mark.parametrize("pk", ["0", "x", "99999999", "9" * 40, "-1", "%00"])
def test_invalid_case_numbers_are_not_found(as_carol, case, pk):
    assert as_carol.get(f"/admin/forum/case/{pk}/change/").status_code == 404


def test_new_report_prevents_dismissing_until_it_was_shown(as_carol, case, alice, carol):
    page = f"/moderate/post/dismiss/?id={case.pk}"
    seen = as_carol.get(page).context["form"]["seen"].value()
    report_post(case, actor=carol, reason="illegal")
    form = {"reason": "fine", "seen": seen}
    response = as_carol.post(page, form)
    assert response.status_code == 409
    assert "A new report just came in" in response.content.decode()
    assert Report.objects.open().count() == 2
    form["seen"] = response.context["form"]["seen"].value()
    assert as_carol.post(page, form).status_code == 303
    assert not Report.objects.open().exists()


def test_change_by_another_moderator_prevents_dismissing(as_carol, case, erin):
    page = f"/moderate/post/dismiss/?id={case.pk}"
    seen = as_carol.get(page).context["form"]["seen"].value()
    see_reporters(case, actor=erin)
    response = as_carol.post(page, {"reason": "fine", "seen": seen})
    assert response.status_code == 409
    assert "erin changed this" in response.content.decode()
    assert Report.objects.open().exists()
