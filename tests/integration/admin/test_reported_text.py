"""Deleting a reported post ends nothing: moderators still read what was reported, and decide."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.models import Case, Erasure, ModerationNotification, Post, Report, User
from forum.moderation.actions.erasure_requests import ask_to_erase
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.report_answers import dismiss_reports, reopen_reports, uphold_reports
from forum.moderation.erasure.requests import confirm_erasure
from tests.html import Page

INSULT = "You are a wet sponge."


@pytest.fixture
def insult(opening: Post, bob: User, alice: User) -> Post:
    """A reply that was reported."""
    post = reply_to(opening, author=bob, source=INSULT)
    report_post(post, actor=alice, reason="attack")
    return post


def case_page(client: Client, post: Post) -> Page:
    case = Case.objects.get(post=post)
    return Page(client.get(reverse("admin:forum_case_change", args=[case.pk])))


def test_deleted_by_its_author_a_reported_post_stays_a_case_with_its_text(
    as_frank: Client, as_carol: Client, as_bob: Client, visitor: Client, insult, bob
):
    delete_post(insult, actor=bob)
    assert Case.objects.open().get().post == insult
    assert not ModerationNotification.objects.filter(cause="report").exists()
    for client in (as_frank, as_carol):
        page = case_page(client, insult)
        assert "Deleted by its author." in page
        assert INSULT in page
        assert "They deleted 1 reported post." in page
        assert "Dismiss reports d" in page.links
        assert "Hide a" not in page.links
    for client in (as_bob, visitor, as_carol):
        assert INSULT not in client.get(insult.thread.get_absolute_url()).content.decode()
        history = client.get(reverse("post-history", args=[insult.pk]), follow=True)
        assert INSULT not in history.content.decode()


def test_it_is_decided_like_any_other_and_counts_on_the_record(as_carol, insult, bob, alice, carol):
    delete_post(insult, actor=bob)
    uphold_reports(insult, actor=carol, reason="An insult")
    assert ModerationNotification.objects.get(cause="report").member == alice
    page = case_page(as_carol, insult)
    assert "0 open, 1 handled, 0 dismissed" in page
    reopen_reports(insult, actor=carol, reason="Too fast")
    assert Case.objects.open().exists()


def test_the_text_is_kept_for_thirty_days_after_the_deletion(as_carol: Client, insult, bob, carol):
    delete_post(insult, actor=bob)
    dismiss_reports(insult, actor=carol, reason="A joke")
    now = timezone.now()
    for days, is_shown in ((29, True), (31, False)):
        Post.objects.filter(pk=insult.pk).update(deleted_at=now - timedelta(days=days))
        assert (INSULT in case_page(as_carol, insult)) is is_shown, days
    reopen_reports(insult, actor=carol, reason="Reported again elsewhere")
    assert INSULT in case_page(as_carol, insult)


def test_an_edit_after_the_report_does_not_replace_what_was_reported(as_carol, opening, bob, alice):
    """Not even within the minutes in which an edit leaves no version behind."""
    post = reply_to(opening, author=bob, source=INSULT)
    report_post(post, actor=alice, reason="attack")
    edit_post(post, actor=bob, source="You are a rose.")
    assert post.revisions.count() == 2
    delete_post(post, actor=bob)
    page = case_page(as_carol, post)
    assert INSULT in page
    assert "You are a rose." not in page


def test_reported_in_two_versions_both_are_shown(as_carol: Client, insult, bob, erin):
    edit_post(insult, actor=bob, source="You are a dry sponge.")
    report_post(insult, actor=erin, reason="attack")
    delete_post(insult, actor=bob)
    page = case_page(as_carol, insult)
    assert INSULT in page
    assert "You are a dry sponge." in page


def test_moderators_do_not_read_what_they_deleted_themselves(
    as_carol: Client, carol, opening, alice
):
    post = reply_to(opening, author=carol, source=INSULT)
    report_post(post, actor=alice, reason="attack")
    delete_post(post, actor=carol)
    assert INSULT not in case_page(as_carol, post)


def test_hidden_words_that_it_quotes_stay_hidden(
    as_frank: Client, opening, alice, bob, other_board
):
    code = "Whoever comes late finds that the door code is 4711."
    thread = start_thread(other_board, author=alice, title="Stones", source=code)
    source = Post.objects.get(thread=thread)
    link = f"{settings.SITE_URL}/p/{source.pk}/"
    post = reply_to(opening, author=bob, source=f"> {code}\n\nSo she says in {link}.")
    assert post.quotes.get().source_post == source
    report_post(post, actor=alice, reason="private")
    delete_post(source, actor=alice)
    delete_post(post, actor=bob)
    page = case_page(as_frank, post)
    assert "So she says" in page
    assert "4711" not in page
    assert Report.objects.get().revision.source.startswith(f"> {code}")


def test_permanently_deleted_text_is_gone_for_moderators_too(as_carol, insult, bob, carol, erin):
    delete_post(insult, actor=bob)
    ask_to_erase(insult, actor=carol, reason="By law")
    confirm_erasure(Erasure.objects.get(), actor=erin)
    page = case_page(as_carol, insult)
    assert "Permanently deleted." in page
    assert INSULT not in page
    assert not Case.objects.open().exists()


def test_a_deleted_post_offers_no_action_that_fails(as_carol: Client, insult, opening, bob, alice):
    reply_to(insult, author=alice, source="Charming.")
    delete_post(insult, actor=bob)
    shown = Page(as_carol.get(insult.thread.get_absolute_url()))
    for link in ("hide", "dismiss", "lock-branch"):
        page = reverse(f"post-{link}", args=[insult.pk])
        if page in shown.addresses:
            assert as_carol.get(page).status_code == 200, link
    assert reverse("post-hide", args=[insult.pk]) not in shown.addresses


def test_hidden_and_then_deleted_it_was_answered_by_hiding(insult, bob, carol):
    hide_post(insult, actor=carol, reason="Rude")
    delete_post(insult, actor=bob)
    assert Report.objects.get().outcome == Report.Outcome.ACTED
    assert not Case.objects.open().exists()
