"""The inbox: one notification per post, cleared by reading the post or by its button."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import ModerationNotification, Notification, Post, Thread, User

COUNTER = "#inbox-count"
MARK_UNREAD = "Mark as unread"


@pytest.fixture
def notified_post(alice: User, bob: User, opening: Post) -> Post:
    """Return the only post that alice has an unread notification of."""
    for notifications in (Notification.objects, ModerationNotification.objects):
        notifications.filter(member=alice).update(read_at=timezone.now())
    return reply_to(opening, author=bob, source="Only where the bricks stay wet all winter.")


def find_entry(page: Page, thread: Thread):
    return page.locator(".list > li").filter(has_text=thread.title).first


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_marking_updates_the_entry_and_the_counter_and_keeps_focus(
    visit, notified_post: Post, thread: Thread, alice: User, key: str
) -> None:
    page = visit("/inbox/", alice)
    own_entry = find_entry(page, thread)
    expect(own_entry.get_by_role("heading")).to_have_text(f"bob replied to you in {thread.title}")
    expect(page.locator(COUNTER)).to_have_text("1")
    page.evaluate("window.isSamePage = true")
    own_entry.get_by_role("button", name="Mark as read").focus()
    page.keyboard.press(key)
    expect(own_entry.get_by_role("button", name=MARK_UNREAD)).to_be_focused()
    expect(page.locator(COUNTER)).to_be_empty()
    expect(own_entry.locator(".unread-mark")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("Done.")
    page.keyboard.press(key)
    expect(own_entry.get_by_role("button", name="Mark as read")).to_be_focused()
    expect(page.locator(COUNTER)).to_have_text("1")
    assert page.evaluate("window.isSamePage")


def test_reading_the_post_clears_its_notification(
    visit, notified_post: Post, thread: Thread, alice: User
) -> None:
    page = visit("/inbox/", alice)
    find_entry(page, thread).get_by_role("heading").get_by_role("link").click()
    page.wait_for_url(f"**/*#p{notified_post.pk}")
    expect(page.locator(f"#p{notified_post.pk}")).to_be_in_viewport()
    expect(page.locator(COUNTER)).to_be_empty()
    page.goto("/inbox/")
    expect(find_entry(page, thread).locator(".unread-mark")).to_have_count(0)
    expect(page.get_by_text("No new notifications since")).to_be_visible()


def test_notification_is_marked_and_cleared_without_scripts(
    visit, notified_post: Post, thread: Thread, alice: User
) -> None:
    page = visit("/inbox/", alice, java_script_enabled=False)
    find_entry(page, thread).get_by_role("button", name="Mark as read").click()
    assert "#n" in page.url
    expect(find_entry(page, thread).get_by_role("button", name=MARK_UNREAD)).to_be_in_viewport()
    expect(page.locator(COUNTER)).to_be_empty()
    find_entry(page, thread).get_by_role("button", name=MARK_UNREAD).click()
    expect(page.locator(COUNTER)).to_have_text("1")
    find_entry(page, thread).get_by_role("heading").get_by_role("link").click()
    page.wait_for_load_state("networkidle")  # the image that reports the page as read
    page.goto("/inbox/")
    expect(page.locator(COUNTER)).to_be_empty()


def test_all_notifications_are_marked_by_one_button(
    visit, notified_post: Post, thread: Thread, alice: User
) -> None:
    page = visit("/inbox/", alice)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".messages")).to_contain_text("All marked as read.")
    expect(page.locator(COUNTER)).to_be_empty()
    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
