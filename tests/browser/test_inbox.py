"""The inbox: told once, cleared by seeing the post anywhere, marked by hand in place."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import ModerationNotification, Notification, Post, Thread, User

COUNTER = "#inbox-count"
AGAIN = "Mark as unread"


@pytest.fixture
def told(alice: User, bob: User, opening: Post) -> Post:
    """The one post that alice is told of."""
    for notifications in (Notification.objects, ModerationNotification.objects):
        notifications.filter(member=alice).update(read_at=timezone.now())
    return reply_to(opening, author=bob, source="Only where the bricks stay wet all winter.")


def entry(page: Page, thread: Thread):
    return page.locator(".list > li").filter(has_text=thread.title).first


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_marking_swaps_the_entry_and_the_counter_and_keeps_focus(
    visit, told: Post, thread: Thread, alice: User, key: str
) -> None:
    page = visit("/inbox/", alice)
    mine = entry(page, thread)
    expect(mine.get_by_role("heading")).to_have_text(f"bob replied to you in {thread.title}")
    expect(page.locator(COUNTER)).to_have_text("1")
    page.evaluate("window.isSamePage = true")
    mine.get_by_role("button", name="Mark as read").focus()
    page.keyboard.press(key)
    expect(mine.get_by_role("button", name=AGAIN)).to_be_focused()
    expect(page.locator(COUNTER)).to_be_empty()
    expect(mine.locator(".new")).to_have_count(0)
    expect(page.locator("#status")).to_have_text("Done.")
    page.keyboard.press(key)
    expect(mine.get_by_role("button", name="Mark as read")).to_be_focused()
    expect(page.locator(COUNTER)).to_have_text("1")
    assert page.evaluate("window.isSamePage")


def test_having_the_post_on_the_screen_clears_it(
    visit, told: Post, thread: Thread, alice: User
) -> None:
    page = visit("/inbox/", alice)
    entry(page, thread).get_by_role("heading").get_by_role("link").click()
    page.wait_for_url(f"**/*#p{told.pk}")
    expect(page.locator(f"#p{told.pk}")).to_be_in_viewport()
    expect(page.locator(COUNTER)).to_be_empty()
    page.goto("/inbox/")
    expect(entry(page, thread).locator(".new")).to_have_count(0)
    expect(page.get_by_text("No new notifications since")).to_be_visible()


def test_same_without_scripts(visit, told: Post, thread: Thread, alice: User) -> None:
    page = visit("/inbox/", alice, java_script_enabled=False)
    entry(page, thread).get_by_role("button", name="Mark as read").click()
    assert "#n" in page.url
    expect(entry(page, thread).get_by_role("button", name=AGAIN)).to_be_in_viewport()
    expect(page.locator(COUNTER)).to_be_empty()
    entry(page, thread).get_by_role("button", name=AGAIN).click()
    expect(page.locator(COUNTER)).to_have_text("1")
    entry(page, thread).get_by_role("heading").get_by_role("link").click()
    page.wait_for_load_state("networkidle")  # the picture that says it was served
    page.goto("/inbox/")
    expect(page.locator(COUNTER)).to_be_empty()


def test_all_are_marked_by_one_button(visit, told: Post, thread: Thread, alice: User) -> None:
    page = visit("/inbox/", alice)
    page.get_by_role("button", name="Mark all as read").click()
    expect(page.locator(".messages")).to_contain_text("All marked as read.")
    expect(page.locator(COUNTER)).to_be_empty()
    expect(page.get_by_role("button", name="Mark all as read")).to_have_count(0)
