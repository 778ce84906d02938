"""Notifications from moderators: shown in the inbox, counted and marked as read with the others."""

from __future__ import annotations

from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.models import ModerationNotification
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.queries.notifications import recount_unread_notifications
from tests.html import Page


def inbox(client):
    return Page(client.get(reverse("inbox")))


def test_reporter_is_notified_of_the_outcome(as_alice, alice, reply, carol):
    report_post(reply, actor=alice, reason="spam")
    hide_post(reply, actor=carol, reason="off the wall")
    page = inbox(as_alice)
    assert "a moderator acted on it." in page
    assert "off the wall" in page
    assert recount_unread_notifications(alice) == 1


def test_notification_links_to_the_pinned_thread(as_alice, opening, carol):
    pin_thread(opening.thread, actor=carol, reason="for everybody")
    page = inbox(as_alice)
    assert "Your thread was pinned." in page
    assert opening.thread.get_absolute_url() in page.addresses


def test_notification_of_an_edit_links_to_the_history(as_bob, reply, carol):
    edit_with_reason(reply, source="Milder words.", actor=carol, reason="a private address")
    page = inbox(as_bob)
    assert "Your post was edited by a moderator." in page
    assert "a private address" in page
    assert reverse("post-history", args=[reply.pk]) in page.addresses


def test_notification_does_not_show_text_that_the_author_deleted(as_bob, bob, reply, carol):
    hide_post(reply, actor=carol, reason="off the wall")
    delete_post(reply, actor=bob)
    page = inbox(as_bob)
    assert "off the wall" in page
    assert reply.source not in page.html


def test_both_kinds_are_counted_together_and_read_at_once(
    as_bob, bob, opening, reply, alice, carol
):
    reply_to(reply, author=alice, source="An answer.")
    hide_post(reply, actor=carol, reason="off the wall")
    assert recount_unread_notifications(bob) == 2
    page = as_bob.get(reverse("inbox"))
    form = {
        "do": "read-all",
        "notification": page.context["newest"].pk,
        "moderation_notification": [
            entry.notification.pk for entry in page.context["moderation_entries"]
        ],
    }
    as_bob.post(reverse("inbox-mark"), form)
    assert recount_unread_notifications(bob) == 0
    assert not ModerationNotification.objects.unread().exists()
    assert "Mark all as read" not in inbox(as_bob)


def test_header_still_counts_moderation_notifications_when_a_reply_was_read(
    as_alice, alice, opening, bob, carol
):
    pin_thread(opening.thread, actor=carol, reason="for everybody")
    first = reply_to(opening, author=bob, source="The first reply.")
    reply_to(opening, author=bob, source="The second reply.")
    assert inbox(as_alice).texts("#inbox-count") == ["3"]
    response = as_alice.post(
        reverse("thread-seen", args=[opening.thread_id]), {"numbers": str(first.number)}
    )
    assert response.content == b"2"
    assert inbox(as_alice).texts("#inbox-count") == ["2"]
