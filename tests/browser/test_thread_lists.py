"""Unread posts in lists of threads, on the front page and in a board."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.actions.posts import reply_to
from forum.actions.read_state import mark_thread_read
from forum.models import Post, Thread, User

LISTS = ("/", "/b/yard/")


@pytest.fixture
def unread(thread: Thread, opening: Post, reply: Post, bob: User, carol: User) -> list[Post]:
    """Return two replies that bob has not read."""
    mark_thread_read(thread, member=bob)
    return [reply_to(reply, author=carol, source=f"Answer {n}, <b>new</b>.") for n in range(2)]


def find_row(page: Page, thread: Thread, address: str) -> Locator:
    page.goto(address)
    return page.locator(".list > li", has=page.locator(f"a[href='{thread.get_absolute_url()}']"))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_lists_count_unread_posts_until_they_are_read(
    visit, thread: Thread, unread: list[Post], bob: User, scripts: bool
) -> None:
    page = visit("/", bob, java_script_enabled=scripts)
    for address in LISTS:
        row = find_row(page, thread, address)
        expect(row).to_have_class("is-unread")
        expect(row.locator("a.unread-mark")).to_have_text("2 unread (go to the first)")
    # A script marks posts as read once they were on the screen; without scripts, an image does.
    with page.expect_response(re.compile("/(seen|served)/")):
        row.locator("a.unread-mark").click()
    expect(page.locator(f"#p{unread[0].pk}")).to_be_in_viewport()
    for address in LISTS:
        row = find_row(page, thread, address)
        expect(row).not_to_have_class("is-unread")
        expect(row.locator("a.unread-mark")).to_have_count(0)


def test_lists_show_visitors_no_unread_posts(visit, thread: Thread, unread: list[Post]) -> None:
    page = visit("/")
    for address in LISTS:
        expect(find_row(page, thread, address).locator("a.unread-mark")).to_have_count(0)
