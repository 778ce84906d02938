"""Notifications from moderators: shown in the inbox, counted and marked as read with the others."""

from __future__ import annotations

from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.models import ModerationNotification, Thread
from forum.moderation.actions.branch_hiding import remove_branch
from forum.moderation.actions.branch_moves import split_branch
from forum.moderation.actions.moderator_edits import edit_with_reason
from forum.moderation.actions.pending_posts import reject_pending_post
from forum.moderation.actions.pinning import pin_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.appeals import appeal_against, decline_appeal
from forum.queries.notification_counts import recount_unread_notifications
from tests.html import Page
from tests.moderation_actions import create_pending_post


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
    assert Page(response).texts('[data-js-live-count="inbox"]') == ["2"]
    assert inbox(as_alice).texts("#inbox-count") == ["2"]


# -- What it is about -----------------------------------------------------------------------------


def entry_in(client, saying):
    """Return the entry of the inbox with that heading."""
    entries = inbox(client).find_all('li[id^="m"]')
    (entry,) = [each for each in entries if saying in each.find("h2")]
    return entry


def test_answer_to_a_report_says_whose_post_it_was_where_and_what_one_had_said(
    as_alice, alice, reply, carol
):
    report_post(reply, actor=alice, reason="spam")
    hide_post(reply, actor=carol, reason="Advertising")
    entry = entry_in(as_alice, "Your report on bob’s post")
    assert "You reported: Spam" in entry
    assert reply.thread.title in entry
    assert reply.source not in entry  # it is hidden from her, too


def test_reports_that_one_action_answered_are_one_entry_that_is_read_at_once(
    as_alice, alice, opening, bob, carol
):
    head = reply_to(opening, author=bob, source="It begins.")
    posts = [head, *(reply_to(head, author=bob, source=f"Said as {n}.") for n in range(3))]
    for post in posts:
        report_post(post, actor=alice, reason="attack")
    remove_branch(head, actor=carol, reason="A quarrel")
    entry = entry_in(as_alice, "Your reports on 4 posts: a moderator acted on it.")
    assert opening.thread.title in entry
    told = [each["value"] for each in entry.find_all('input[name="moderation_notification"]')]
    assert len(told) == 4
    as_alice.post(reverse("inbox-moderation"), {"moderation_notification": told, "do": "read"})
    assert recount_unread_notifications(alice) == 0


def test_pending_post_is_named_by_its_words_and_thread(as_bob, opening, bob, carol):
    pending = create_pending_post(opening, bob)
    reject_pending_post(pending, actor=carol, reason="Advertising")
    entry = entry_in(as_bob, "Your post was not published.")
    assert pending.source in entry
    assert opening.thread.title in entry


def test_move_names_the_thread_that_the_posts_are_in_now(as_bob, opening, bob, alice, carol):
    head = reply_to(opening, author=bob, source="About rain gauges.")
    reply_to(head, author=bob, source="More about rain gauges.")
    split_branch(head, actor=carol, reason="Another subject", title="A rain gauge")
    assert "A rain gauge" in entry_in(as_bob, "A branch you wrote in was split")


def test_answer_to_an_appeal_says_what_the_appeal_was_about(as_bob, bob, reply, carol, erin):
    action = hide_post(reply, actor=carol, reason="Rude")
    appeal = appeal_against(action, actor=bob, words="It was not.")
    decline_appeal(appeal, actor=erin, reason="It was")
    entry = entry_in(as_bob, "Your appeal was declined.")
    assert "Your post was hidden." in entry
    assert reverse("log-appeal", args=[action.pk]) in entry.addresses


def test_title_of_a_thread_that_the_reader_may_not_open_is_not_shown(
    as_alice, alice, opening, bob, carol
):
    report_post(opening, actor=bob, reason="other")
    post = Thread.objects.get().posts.get(parent=None)
    pin_thread(post.thread, actor=carol, reason="for everybody")
    delete_post(post, actor=alice)
    assert post.thread.title not in entry_in(as_alice, "Your thread was pinned.")
