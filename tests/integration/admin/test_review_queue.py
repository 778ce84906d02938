"""The review queue: one row per reported post, with order, filters, search and bulk actions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.case_assignment import claim_case
from forum.actions.posts import reply_to
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.lib.numbers import MAX_SHOWN, capped
from forum.models import Board, Case, ModerationAction, Post, Report, User
from forum.models.review_queue import CLAIM_LASTS
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.report_answers import dismiss_reports
from forum.queries.moderation_counts import WORK, moderation_work_of
from tests.html import Page, press
from tests.moderation_actions import create_pending_post

QUEUE = reverse("admin:index")


def listed_posts(client: Client, **query: object) -> list[Post]:
    response = client.get(QUEUE, query)
    assert response.status_code == 200, response.headers
    return [case.post for case in response.context["cl"].result_list]


def case_of(post: Post) -> Case:
    return Case.objects.get(post=post)


def age_case(post: Post, age: timedelta) -> None:
    Case.objects.filter(post=post).update(opened_at=timezone.now() - age)


@pytest.fixture
def second(reply: Post, alice: User) -> Post:
    return reply_to(reply, author=alice, source="Lime wash is best.")


@pytest.fixture
def reported(opening, reply, second, alice, bob, erin) -> list[Post]:
    """Return the reported posts in the order of the queue: by weight, then the oldest first."""
    report_post(opening, actor=bob, reason="other")
    report_post(second, actor=bob, reason="off-topic")
    for person in (alice, erin):
        report_post(reply, actor=person, reason="spam")
    return [reply, opening, second]


def test_admin_begins_with_the_queue_ordered_by_weight(as_carol, reported):
    assert listed_posts(as_carol) == reported
    page = as_carol.get(QUEUE).content.decode()
    for words in ("Spam × 2", "Off topic", "2.0", "stay wet", "Moss on the north wall", "Gardens"):
        assert words in page
    assert "joined today" in page


def test_number_of_open_cases_is_shown_in_the_admin_and_on_the_site(as_carol, as_alice, reported):
    assert "<b>3</b>" in as_carol.get(reverse("admin:forum_thread_changelist")).content.decode()
    assert "Moderation <b>3</b>" in as_carol.get("/").content.decode()
    assert "Moderation <b>" not in as_alice.get("/").content.decode()
    dismiss_reports(reported[0], actor=User.objects.get(username="carol"), reason="no")
    assert "<b>2</b>" in as_carol.get(QUEUE).content.decode()


def test_count_of_cases_is_limited(opening, bob, carol, monkeypatch):
    for n in range(4):
        report_post(
            reply_to(opening, author=bob, source=f"Number {n}."), actor=carol, reason="spam"
        )
    assert moderation_work_of(carol).cases == 4
    monkeypatch.setattr("forum.queries.moderation_counts.MAX_SHOWN", 2)
    monkeypatch.setattr(WORK, "_statements", {})  # it was prepared for the usual limit
    assert moderation_work_of(carol).cases == 3
    assert capped(MAX_SHOWN) == "99"
    assert capped(MAX_SHOWN + 1) == "99+"


def test_board_moderator_sees_cases_of_their_board_only(as_frank, as_grace, reported, board: Board):
    assert listed_posts(as_frank) == reported
    assert listed_posts(as_grace) == []
    case = case_of(reported[0])
    for name in ("claim", "release", "next", "previous", "reporters"):
        step_page = reverse(f"admin:forum_case_{name}", args=[case.pk])
        assert as_grace.post(step_page).status_code == 404
        assert as_frank.post(step_page).status_code in (200, 303)
    assert as_grace.get(reverse("admin:forum_case_change", args=[case.pk])).status_code == 404


QUERIES = [
    ({"reason": "spam"}, ["reply"]),
    ({"reason": "illegal"}, []),
    ({"kind": "opening"}, ["opening"]),
    ({"kind": "reply"}, ["reply", "second"]),
    ({"replies": "yes"}, ["reply", "opening"]),
    ({"replies": "no"}, ["second"]),
    ({"account": "new"}, ["opening", "second"]),
    ({"age": "3"}, ["second"]),
    ({"age": "7"}, []),
    ({"by": "me"}, ["opening"]),
    ({"by": "nobody"}, ["reply", "second"]),
    ({"state": "closed"}, []),
    ({"q": "stay WET"}, ["reply"]),
    ({"q": "@alice"}, ["opening", "second"]),
    ({"q": "nothing of the kind"}, []),
]


def test_queue_can_be_filtered_and_searched(as_carol, carol, bob, reported):
    reply, opening, second = reported
    User.objects.filter(pk=bob.pk).update(date_joined=timezone.now() - timedelta(days=60))
    age_case(second, timedelta(days=4))
    claim_case(case_of(opening), actor=carol)
    named = {"reply": reply, "opening": opening, "second": second}
    for query, found in QUERIES:
        assert set(listed_posts(as_carol, **query)) == {named[name] for name in found}, query


def test_queue_finds_posts_by_number_and_board(as_carol, reported, board, other_board):
    assert listed_posts(as_carol, q=str(reported[2].pk)) == [reported[2]]
    assert listed_posts(as_carol, board=board.pk) == reported
    assert listed_posts(as_carol, board=other_board.pk) == []


def test_closed_cases_are_listed_the_latest_first(as_carol, carol, reported):
    for post in reported:
        dismiss_reports(post, actor=carol, reason="no")
    assert listed_posts(as_carol) == []
    assert "Nothing to review." in as_carol.get(QUEUE).content.decode()
    assert listed_posts(as_carol, state="closed") == reported[::-1]


def test_several_cases_are_dismissed_after_a_page_with_counts(as_carol, reported):
    chosen = [case_of(post).pk for post in reported[:2]]
    form = {"action": "dismiss", "_selected_action": chosen}
    response = as_carol.post(QUEUE, form)
    form_page = as_carol.get(response.url).content.decode()
    assert "Dismiss the reports on these 2 posts?" in form_page
    assert "2 posts by 2 people in 1 thread, 3 open reports" in form_page
    assert Report.objects.open().count() == 4
    response = as_carol.post(response.url, {"reason": "Read it. Fine."})
    assert response.url == QUEUE
    undo = reverse("log-undo", args=[ModerationAction.objects.latest("pk").pk])
    assert [str(m) for m in get_messages(response.wsgi_request)] == [
        f'Reports on 2 posts dismissed. <a href="{undo}?next=%2Fadmin%2F">Undo</a>'
    ]
    assert listed_posts(as_carol) == [reported[2]]


def test_every_action_on_posts_is_offered_for_several_posts(as_carol, reported):
    page = as_carol.get(QUEUE).content.decode()
    for action_slug in ("hide", "unhide", "uphold", "dismiss", "reopen"):
        assert f'<option value="{action_slug}">' in page


def test_hiding_from_the_queue_redirects_to_the_queue(as_carol, reported):
    page = as_carol.get(QUEUE).content.decode()
    hide_page = f"/p/{reported[0].pk}/hide/?next=%2Fadmin%2F"
    assert f'href="{hide_page}" data-js-key="a"' in page
    response = as_carol.post(hide_page.replace("&amp;", "&"), {"reason": "advertising"})
    assert response.url == QUEUE
    assert listed_posts(as_carol) == reported[1:]
    assert Post.objects.get(pk=reported[0].pk).is_hidden


def test_case_can_be_claimed_and_released(as_carol, carol, reported):
    case = case_of(reported[0])
    page = reverse("admin:forum_case_change", args=[case.pk])
    response = as_carol.post(reverse("admin:forum_case_claim", args=[case.pk]))
    assert (response.status_code, response.url) == (303, page)
    assert Case.objects.get(pk=case.pk).worked_on_by == carol
    assert "You claimed this case." in as_carol.get(page).content.decode()
    response = as_carol.post(reverse("admin:forum_case_release", args=[case.pk]))
    assert response.url == QUEUE
    assert Case.objects.get(pk=case.pk).worked_on_by is None


def test_viewing_a_case_does_not_claim_it(as_carol, reported):
    case = case_of(reported[0])
    as_carol.get(reverse("admin:forum_case_change", args=[case.pk]))
    assert Case.objects.get(pk=case.pk).assignee is None


def test_claim_keeps_others_out_until_it_expires_or_is_taken_over(
    as_carol, as_erin, erin, carol, reported
):
    case = case_of(reported[0])
    claim_page = reverse("admin:forum_case_claim", args=[case.pk])
    as_carol.post(claim_page)
    response = as_erin.post(claim_page, follow=True)
    assert "Already claimed by carol." in response.content.decode()
    assert "Take over" in response.content.decode()
    assert "claimed by carol" in as_erin.get(QUEUE).content.decode()
    # Erin has not claimed the case, so she cannot release it.
    as_erin.post(reverse("admin:forum_case_release", args=[case.pk]))
    assert Case.objects.get(pk=case.pk).assignee == carol
    as_erin.post(claim_page, {"take_over": "1"})
    assert Case.objects.get(pk=case.pk).assignee == erin
    Case.objects.update(claimed_at=timezone.now() - CLAIM_LASTS - timedelta(seconds=1))
    as_carol.post(claim_page)
    assert Case.objects.get(pk=case.pk).assignee == carol


def select(client: Client, action: str, *cases: Case):
    return press(client, QUEUE, "Go", action=action, _selected_action=[case.pk for case in cases])


def bulk_actions(client: Client) -> list[str]:
    """Return the actions that the menu above the list offers."""
    forms = Page(client.get(QUEUE)).forms
    return [name for form in forms for name in form.options.get("action", []) if name]


@pytest.mark.slow
def test_every_bulk_action_of_the_queue_asks_for_a_reason(as_carol, as_erin, reported, second, bob):
    cases = [
        *map(case_of, reported[:2]),
        Case.objects.get(pending_post=create_pending_post(second, bob)),
    ]
    cases.append(Case.objects.get(pending_post=create_pending_post(second, bob)))
    offered = set(bulk_actions(as_carol))
    assert {"hide", "remove", "dismiss", "approve", "reject"} <= offered
    selected = [case.pk for case in cases]
    for name in bulk_actions(as_erin):  # erin asks for those that carol is not offered
        client = as_carol if name in offered else as_erin
        asked = client.post(QUEUE, {"action": name, "_selected_action": selected})
        form_page = client.get(asked.url)
        assert form_page.status_code == 200, name
        assert 'name="reason"' in form_page.content.decode(), name
    assert offered <= set(bulk_actions(as_erin))


def test_bulk_action_lists_inapplicable_cases_as_left_out(as_carol, reported, second, bob):
    pending = Case.objects.get(pending_post=create_pending_post(second, bob))
    form_page = as_carol.get(select(as_carol, "hide", *map(case_of, reported), pending).url)
    assert "Hide these 3 posts?" in form_page.content.decode()
    assert "1 selected row was left out" in form_page.content.decode()


def test_next_and_previous_lead_through_the_queue(as_carol, as_erin, carol, reported):
    cases = [case_of(post) for post in reported]
    pages = [reverse("admin:forum_case_change", args=[case.pk]) for case in cases]

    def step_page(client, name, case):
        return client.post(reverse(f"admin:forum_case_{name}", args=[case.pk])).url

    as_carol.post(reverse("admin:forum_case_claim", args=[cases[0].pk]))
    assert step_page(as_carol, "next", cases[0]) == pages[1]
    assert Case.objects.get(assignee=carol) == cases[1]
    # Erin skips the case that carol has claimed.
    assert step_page(as_erin, "next", cases[0]) == pages[2]
    assert step_page(as_carol, "previous", cases[1]) == pages[0]
    assert step_page(as_carol, "previous", cases[0]) == QUEUE


def test_closed_case_is_not_claimed(as_carol, carol, reported):
    case = case_of(reported[0])
    claim_case(case, actor=carol)
    hide_post(reported[0], actor=carol, reason="advertising")
    case.refresh_from_db()
    assert (case.is_open, case.assignee) == (False, None)
    assert not claim_case(case, actor=carol)


def test_queries_of_the_queue_do_not_grow_with_the_cases(
    as_carol, board, alice, bob, erin, django_assert_max_num_queries
):
    def create_case(number):
        thread = start_thread(board, author=alice, title=f"Moss {number}", source="Moss?")
        report_post(thread.last_post, actor=bob, reason="spam")
        report_post(thread.last_post, actor=erin, reason="other")

    def count_queries():
        with django_assert_max_num_queries(11) as captured:
            as_carol.get(QUEUE)
        return len(captured)

    create_case(1)
    first_count = count_queries()
    for number in range(2, 9):
        create_case(number)
    assert count_queries() == first_count


def test_viewing_reporters_is_logged(as_carol, alice, reported):
    case = case_of(reported[0])
    page = reverse("admin:forum_case_change", args=[case.pk])
    names = "<bdi>alice</bdi>: <strong>Spam"
    assert names not in as_carol.get(page).content.decode()
    assert not ModerationAction.objects.exists()
    reporters_page = as_carol.post(reverse("admin:forum_case_reporters", args=[case.pk]))
    assert names in reporters_page.content.decode()
    entry = ModerationAction.objects.get()
    assert (entry.actor.username, entry.act) == ("carol", "see-reporters")
    assert names not in as_carol.get(page).content.decode()


def test_next_and_previous_keep_the_filters_of_the_queue(as_carol, opening, alice, erin, bob):
    replies = [reply_to(opening, author=bob, source=f"Said as {n}.") for n in range(3)]
    for post, reason in zip(replies, ("spam", "attack", "spam"), strict=True):
        report_post(post, actor=erin, reason=reason)
    cases = [Case.objects.get(post=post) for post in replies]
    listed_posts = as_carol.get("/admin/", {"reason": "spam"}).content.decode()
    assert 'name="filters" value="reason=spam"' in listed_posts

    def post_step(step_page, case, **filters):
        page = reverse(f"admin:forum_case_{step_page}", args=[case.pk])
        return as_carol.post(page, filters)["Location"]

    spam = {"filters": "reason=spam"}
    case_page = post_step("claim", cases[0], **spam)
    assert case_page.endswith("?filters=reason%3Dspam")
    assert 'name="filters" value="reason=spam"' in as_carol.get(case_page).content.decode()
    assert f"/{cases[2].pk}/" in post_step("next", cases[0], **spam)
    assert f"/{cases[0].pk}/" in post_step("previous", cases[2], **spam)
    assert post_step("next", cases[2], **spam) == "/admin/?reason=spam"
    assert post_step("release", cases[2], **spam) == "/admin/?reason=spam"
    assert f"/{cases[1].pk}/" in post_step("next", cases[0])
    for bad_filters in ("reason=nonsense", "nonsense=1&p=7", "state=closed", "%00=%ff", "a" * 3000):
        assert f"/{cases[1].pk}/" in post_step("next", cases[0], filters=bad_filters), bad_filters
