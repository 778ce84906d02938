"""Reporting a post: the forms, one open report per member, and the outcome."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from forum.actions.limits import REPORTS
from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.errors import Gone, Invalid, NotAllowed, Suspended
from forum.models import (
    Case,
    ModerationAction,
    ModerationNotification,
    Post,
    RateLimit,
    Report,
    User,
)
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.report_answers import dismiss_reports, reopen_reports, uphold_reports

FORM_DATA = {"reason": "spam", "note": "The third advertisement today."}
HTMX = {"hx-request": "true"}


@pytest.fixture
def address(reply: Post) -> str:
    """Return the address of the report form of bob's reply."""
    return reverse("post-report", args=[reply.pk])


def test_member_reports_a_post_without_scripts(as_alice, alice, reply, address):
    page = as_alice.get(address).content.decode()
    for words in ("Spam", "Personal attack", "Private information", "Illegal", "Off topic"):
        assert words in page
    assert "What happens next" in page
    assert "stay wet" in page
    response = as_alice.post(address, FORM_DATA)
    assert (response.status_code, response.url) == (302, address)
    report = Report.objects.get()
    assert (report.post, report.reporter, report.reason) == (reply, alice, "spam")
    assert report.words == FORM_DATA["note"]
    case = Case.objects.open().get()
    assert (case.post, case.weight, case.opened_at) == (reply, 1, report.created_at)


def test_member_reports_a_post_in_place(as_alice, address):
    assert "<html" not in as_alice.get(address, headers=HTMX).content.decode()
    response = as_alice.post(address, FORM_DATA, headers=HTMX)
    assert response.status_code == 201
    assert "you’ll be notified" in response.content.decode()
    assert "data-focus" in response.content.decode()


def test_reporting_twice_shows_the_first_report(as_alice, alice, reply, address):
    as_alice.post(address, FORM_DATA)
    for response in (as_alice.get(address), as_alice.post(address, {"reason": "attack"})):
        assert "You reported this post" in response.content.decode()
        assert FORM_DATA["note"] in response.content.decode()
    again = report_post(reply, actor=alice, reason="attack")
    assert again == Report.objects.get()
    assert again.reason == "spam"


def test_post_menu_links_to_the_report_form(as_alice, as_bob, visitor, reply, address):
    menu = reverse("post-menu", args=[reply.pk])
    assert f'href="{address}" hx-get' in as_alice.get(menu, headers=HTMX).content.decode()
    assert f'href="{address}">' in as_alice.get(menu).content.decode()
    assert address in visitor.get(menu).content.decode()
    assert address not in as_bob.get(menu).content.decode()


def test_visitor_must_log_in_and_the_text_is_kept(visitor, address):
    response = visitor.post(address, FORM_DATA)
    assert response.status_code == 401
    assert FORM_DATA["note"] in response.content.decode()
    assert not Report.objects.exists()


@pytest.mark.parametrize(
    ("form", "typed"),
    [
        ({"note": "Look at it."}, "Look at it."),
        ({"reason": "rude", "note": "Look at it."}, "Look at it."),
        ({"reason": "spam", "note": "x" * 1001}, "x" * 1001),
        ({"reason": "spam", "note": "a\x00b"}, "a"),
        ({"reason": ["spam", "\x00"], "note": "<b>bold</b>"}, "&lt;b&gt;bold&lt;/b&gt;"),
    ],
)
def test_invalid_report_is_rejected_and_the_text_kept(as_alice, address, form, typed):
    response = as_alice.post(address, form)
    assert response.status_code == 422
    assert typed in response.content.decode()
    assert not Report.objects.exists()


def test_author_and_suspended_members_cannot_report_and_hidden_posts_are_gone(
    alice, bob, dan, carol, reply
):
    with pytest.raises(NotAllowed):
        report_post(reply, actor=bob, reason="spam")
    with pytest.raises(Suspended):
        report_post(reply, actor=dan, reason="spam")
    with pytest.raises(Invalid):
        report_post(reply, actor=alice, reason="")
    hide_post(reply, actor=carol, reason="off the wall")
    with pytest.raises(Gone):
        report_post(reply, actor=alice, reason="spam")
    assert not Report.objects.exists()
    assert not Case.objects.exists()


def test_reports_have_a_rate_limit(as_alice, alice, address, opening, bob):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO forum_ratelimit VALUES (%s, 0, clock_timestamp())",
            [f"{REPORTS.kind}:person:{alice.pk}"],
        )
    response = as_alice.post(address, FORM_DATA)
    assert response.status_code == 429
    assert int(response.headers["Retry-After"]) > 0
    RateLimit.objects.all().delete()
    for _ in range(2):  # the second request returns the first report and costs nothing
        as_alice.post(address, FORM_DATA)
    assert RateLimit.objects.get().tokens == REPORTS.burst - 1


def test_all_reports_of_a_post_are_in_one_case(reply, alice, carol, erin):
    first = report_post(reply, actor=alice, reason="spam")
    report_post(reply, actor=erin, reason="spam")
    case = Case.objects.get()
    assert (case.weight, case.opened_at) == (2, first.created_at)


def test_weight_of_a_report_depends_on_earlier_reports_of_the_member(
    opening, alice, bob, carol, erin
):
    posts = [reply_to(opening, author=bob, source=f"Buy stones {n}.") for n in range(3)]
    for post in posts[:2]:
        report_post(post, actor=alice, reason="spam")
        uphold_reports(post, actor=carol, reason="Right")
    assert report_post(posts[2], actor=alice, reason="spam").weight > 1
    for post in posts[:2]:
        report_post(post, actor=erin, reason="other")
        dismiss_reports(post, actor=carol, reason="No")
    assert report_post(posts[2], actor=erin, reason="spam").weight < 1


def test_hiding_a_post_closes_its_reports(reply, alice, carol, erin):
    report = report_post(reply, actor=alice, reason="spam")
    report_post(reply, actor=carol, reason="spam")
    action = hide_post(reply, actor=carol, reason="advertising")
    report.refresh_from_db()
    assert (report.outcome, report.action, report.closed_at) == (
        "acted",
        action,
        action.created_at,
    )
    assert not Case.objects.open().exists()
    notification = ModerationNotification.objects.get(cause="report")  # not carol: she acted
    assert (notification.member, notification.report, notification.action) == (
        alice,
        report,
        action,
    )
    unhide_post(reply, actor=carol, reason="too soon")
    assert Report.objects.open().count() == 2
    assert Case.objects.open().get().weight == 2
    assert not ModerationNotification.objects.filter(cause="report").exists()


def test_deleting_a_post_leaves_its_reports_open(reply, alice, bob):
    report_post(reply, actor=alice, reason="spam")
    delete_post(reply, actor=bob)
    assert Report.objects.get().is_open
    assert Case.objects.open().exists()
    assert not ModerationNotification.objects.filter(member=alice).exists()


@pytest.mark.parametrize(
    ("answer", "outcome"), [(uphold_reports, "acted"), (dismiss_reports, "dismissed")]
)
def test_reports_are_closed_once_and_can_be_reopened(reply, alice, carol, answer, outcome):
    report_post(reply, actor=alice, reason="spam")
    case = Case.objects.get()
    first = answer(reply, actor=carol, reason="read it")
    assert answer(reply, actor=carol, reason="read it again") == first
    assert Report.objects.get().outcome == outcome
    notifications = ModerationNotification.objects.filter(cause="report")
    assert notifications.get().member == alice
    assert not Case.objects.open().exists()

    undo = reopen_reports(reply, actor=carol, reason="too soon")
    assert undo.undoes == first
    assert reopen_reports(reply, actor=carol, reason="too soon") == undo
    assert Report.objects.open().get().outcome == ""
    assert Case.objects.open().get() == case
    assert not notifications.all().exists()
    assert ModerationAction.objects.count() == 2


def test_reopening_reports_leaves_newer_reports_alone(reply, alice, carol):
    report_post(reply, actor=alice, reason="spam")
    dismiss_reports(reply, actor=carol, reason="no")
    newer = report_post(reply, actor=alice, reason="attack")
    dismiss_reports(reply, actor=carol, reason="no")
    newest = report_post(reply, actor=alice, reason="illegal")
    assert Report.objects.open().get() == newest
    uphold_reports(reply, actor=carol, reason="yes")
    reopen_reports(reply, actor=carol, reason="wait")
    assert Report.objects.open().get() == newest
    assert not Report.objects.get(pk=newer.pk).is_open


def test_members_cannot_close_reports(reply, alice, erin):
    report_post(reply, actor=erin, reason="spam")
    for close_or_reopen in (uphold_reports, dismiss_reports, reopen_reports):
        with pytest.raises(NotAllowed):
            close_or_reopen(reply, actor=alice, reason="mine")


def test_moderators_cannot_decide_on_reports_of_their_own_posts(opening, carol, alice):
    post = reply_to(opening, author=carol, source="Read the rules.")
    report_post(post, actor=alice, reason="attack")
    for close_or_reopen in (uphold_reports, dismiss_reports, reopen_reports):
        with pytest.raises(NotAllowed):
            close_or_reopen(post, actor=carol, reason="mine")
    assert Report.objects.open().exists()


def test_report_without_csrf_token_is_rejected(alice: User, address):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.post(address, FORM_DATA).status_code == 403
    assert not Report.objects.exists()


def test_reporter_sees_the_outcome_of_the_report(as_alice, as_erin, alice, carol, reply, address):
    report_post(reply, actor=alice, reason="spam")
    dismiss_reports(reply, actor=carol, reason="He <b>may</b> say so")
    page = as_alice.get(address).content.decode()
    assert "a moderator found no reason to act" in page
    assert "He &lt;b&gt;may&lt;/b&gt; say so" in page
    assert "Send report" in page  # another report is possible
    assert "found no reason" not in as_erin.get(address).content.decode()
    report_post(reply, actor=alice, reason="attack")
    hide_post(reply, actor=carol, reason="advertising")
    page = as_alice.get(address).content.decode()
    assert "a moderator acted on it" in page
    assert "advertising" in page
    assert "stay wet" not in page
    assert "Send report" not in page
    assert as_erin.get(address).status_code == 410
