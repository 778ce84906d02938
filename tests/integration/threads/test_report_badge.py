"""Report badges: moderators see how often a post was reported and why, and can handle it there."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.actions.reports import report_post
from forum.models import Board, Category, Post, Role, User
from forum.moderation.actions.report_answers import dismiss_reports
from tests.html import Page


@pytest.fixture
def reported(reply: Post, alice: User, erin: User) -> Post:
    """Return bob's reply, reported by two members."""
    report_post(reply, actor=alice, reason="off-topic")
    report_post(reply, actor=erin, reason="off-topic", words="Twice now.")
    return reply


def open_page(client: Client, post: Post) -> Page:
    return Page(client.get(post.thread.get_absolute_url()))


def test_moderator_sees_the_reasons_and_links_to_actions(as_carol, reported):
    page = open_page(as_carol, reported)
    assert "2 reports: Off topic × 2." in page
    for action in ("hide", "lock-branch", "dismiss"):
        assert reverse(f"post-{action}", args=[reported.pk]) in page.addresses
    assert f"{reverse('admin:index')}?q={reported.pk}" in page.addresses
    assert "Twice now." not in page  # texts and reporters are shown in the moderation admin only


def test_reported_opening_post_has_a_report_badge(as_carol, opening, bob):
    report_post(opening, actor=bob, reason="spam")
    assert "1 report: Spam." in open_page(as_carol, opening)


def test_report_badge_is_for_moderators_only(as_alice, as_bob, visitor, reported):
    for client in (as_alice, as_bob, visitor):
        assert "2 reports" not in open_page(client, reported)


def test_report_badge_is_for_moderators_of_the_board(as_bob, bob, alice, opening):
    new_reply = reply_to(opening, author=alice, source="Off the wall.")
    report_post(new_reply, actor=bob, reason="spam")
    elsewhere = Board.objects.create(category=Category.objects.get(), name="Stones", slug="stones")
    role = Role.objects.create(person=bob, board=elsewhere, kind=Role.Kind.MODERATOR)
    assert "1 report" not in open_page(as_bob, new_reply)
    role.board = opening.thread.board
    role.save()
    assert "1 report: Spam." in open_page(as_bob, new_reply)


def test_report_badge_is_not_shown_on_own_posts(as_carol, carol, opening, bob):
    new_reply = reply_to(opening, author=carol, source="Off the wall.")
    report_post(new_reply, actor=bob, reason="spam")
    assert "1 report" not in open_page(as_carol, new_reply)


def test_dismissed_reports_are_not_shown(as_carol, reported, carol):
    dismiss_reports(reported, actor=carol, reason="It stands.")
    assert "2 reports" not in open_page(as_carol, reported)


def test_report_badge_needs_no_query(as_carol, reply, alice):
    open_page(as_carol, reply)
    with CaptureQueriesContext(connection) as before:
        open_page(as_carol, reply)
    report_post(reply, actor=alice, reason="spam")
    with CaptureQueriesContext(connection) as after:
        assert "1 report: Spam." in open_page(as_carol, reply)
    assert len(after) == len(before)
