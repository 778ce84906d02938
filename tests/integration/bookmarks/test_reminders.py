"""Reminders: on the day where the member is, in the inbox, exactly once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from forum.actions.bookmarks import bookmark_post, remind_of_bookmarks, remove_bookmark
from forum.actions.ignores import ignore_person
from forum.actions.notifications import mark_notifications
from forum.actions.posts import edit_post, reply_to
from forum.actions.read_state import mark_revisions_read, mark_thread_read
from forum.jobs.housekeeping import sweep
from forum.models import Bookmark, Notification, Post, User
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.concurrency import run_in_parallel
from tests.html import Page
from tests.integration.inbox.conftest import unread_inbox

NOTE = "For the garden wall"
WORDS = "Only where the bricks stay wet"  # of bob's reply


def remind_today(post: Post, member: User) -> Bookmark:
    """Bookmark a post with a reminder that is due now."""
    return bookmark_post(post, member=member, note=NOTE, remind_on=timezone.now().date())


def test_reminder_comes_into_the_inbox(reply: Post, carol: User, as_carol: Client):
    remind_today(reply, carol)
    assert unread_inbox(carol) == {}
    sweep()
    assert unread_inbox(carol) == {reply.pk: "reminder"}
    page = Page(as_carol.get("/inbox/"))
    assert "Reminder of what bob wrote in Moss on the north wall" in page.headings
    assert WORDS in page
    assert NOTE in page


def test_reminder_comes_once(reply: Post, carol: User):
    kept = remind_today(reply, carol)
    remind_of_bookmarks()
    Notification.objects.update(read_at=timezone.now())
    remind_of_bookmarks()
    assert unread_inbox(carol) == {}
    kept.refresh_from_db()
    assert (kept.remind_on, kept.note) == (None, NOTE)


@pytest.mark.parametrize(
    ("zone", "day_begins"),
    [
        ("UTC", datetime(2026, 12, 5, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 12, 4, 10, tzinfo=UTC)),
        ("America/Los_Angeles", datetime(2026, 12, 5, 8, tzinfo=UTC)),
        ("Nowhere/Gone", datetime(2026, 12, 5, 0, tzinfo=UTC)),  # the site's own zone
    ],
)
def test_day_begins_where_the_member_is(reply: Post, carol: User, zone: str, day_begins: datetime):
    User.objects.filter(pk=carol.pk).update(zone=zone)
    bookmark_post(reply, member=carol, remind_on=date(2026, 12, 5))
    for now, is_due in ((day_begins - timedelta(seconds=1), False), (day_begins, True)):
        due = [each for each in Bookmark.objects.possibly_due(now) if each.is_due(now)]
        assert bool(due) == is_due


def test_reminder_for_a_later_day_is_not_due(reply: Post, carol: User):
    tomorrow = timezone.now().date() + timedelta(days=2)
    bookmark_post(reply, member=carol, remind_on=tomorrow)
    remind_of_bookmarks()
    assert unread_inbox(carol) == {}
    assert Bookmark.objects.get().remind_on == tomorrow


def test_post_keeps_one_notification_which_is_unread_again_and_first(
    reply: Post, opening: Post, alice: User, carol: User
):
    later = reply_to(opening, author=carol, source="It depends.")
    mine = Notification.objects.filter(member=alice)
    mark_notifications(mine.values_list("pk", flat=True), member=alice, read=True)
    remind_today(reply, alice)
    remind_of_bookmarks()
    assert unread_inbox(alice) == {reply.pk: "reminder"}
    assert list(Notification.objects.inbox_of(alice).values_list("post_id", flat=True)) == [
        reply.pk,
        later.pk,
    ]


def test_reading_the_post_again_reads_the_reminder(reply: Post, carol: User):
    mark_thread_read(reply.thread, member=carol)
    remind_today(reply, carol)
    remind_of_bookmarks()
    assert unread_inbox(carol) == {reply.pk: "reminder"}
    mark_revisions_read(reply.thread, member=carol, numbers=[1])
    assert unread_inbox(carol) == {reply.pk: "reminder"}, "another post was read"
    mark_revisions_read(reply.thread, member=carol, numbers=[reply.latest_number])
    assert unread_inbox(carol) == {}


def test_edit_leaves_a_reminder_as_it_is(reply: Post, alice: User, bob: User, carol: User):
    for member in (alice, carol):
        remind_today(reply, member)
    remind_of_bookmarks()
    edit_post(reply, actor=bob, source="Only where they stay wet, @alice.")
    assert unread_inbox(carol) == {reply.pk: "reminder"}
    assert unread_inbox(alice) == {reply.pk: "reminder"}


def test_reminder_of_a_hidden_post_shows_once_it_is_restored(
    reply: Post, alice: User, carol: User, as_alice: Client
):
    remind_today(reply, alice)
    hide_post(reply, actor=carol, reason="Rude")
    remind_of_bookmarks()
    assert unread_inbox(alice).get(reply.pk) is None
    assert WORDS not in Page(as_alice.get("/inbox/"))
    unhide_post(reply, actor=carol, reason="A mistake")
    assert unread_inbox(alice)[reply.pk] == "reminder"


def test_removed_bookmark_does_not_remind(reply: Post, carol: User):
    remove_bookmark(remind_today(reply, carol))
    remind_of_bookmarks()
    assert unread_inbox(carol) == {}


def test_own_reminder_of_an_ignored_person_comes_without_words(
    reply: Post, bob: User, carol: User, as_carol: Client
):
    ignore_person(bob, actor=carol)
    remind_today(reply, carol)
    remind_of_bookmarks()
    assert unread_inbox(carol) == {reply.pk: "reminder"}
    page = Page(as_carol.get("/inbox/"))
    assert NOTE in page
    assert WORDS not in page


def test_killed_worker_reminds_once_all_the_same(reply: Post, carol: User):
    remind_today(reply, carol)

    class Killed(BaseException):
        pass

    with pytest.raises(Killed), transaction.atomic():
        remind_of_bookmarks()
        raise Killed
    assert unread_inbox(carol) == {}
    remind_of_bookmarks()
    assert unread_inbox(carol) == {reply.pk: "reminder"}


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_several_workers_remind_once(reply: Post, carol: User):
    remind_today(reply, carol)
    assert run_in_parallel(*[remind_of_bookmarks] * 4) == [None] * 4
    assert unread_inbox(carol) == {reply.pk: "reminder"}
    assert Notification.objects.filter(member=carol).count() == 1
