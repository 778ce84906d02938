"""What is new, told in lists of threads: the front page and a board; seen, it goes."""

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
    """Two answers that came since bob read the thread."""
    mark_thread_read(thread, member=bob)
    return [reply_to(reply, author=carol, source=f"Answer {n}, <b>new</b>.") for n in range(2)]


def row(page: Page, thread: Thread, address: str) -> Locator:
    page.goto(address)
    return page.locator(".list > li", has=page.locator(f"a[href='{thread.get_absolute_url()}']"))


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_lists_count_what_is_new_until_it_was_seen(
    visit, thread: Thread, unread: list[Post], bob: User, scripts: bool
) -> None:
    page = visit("/", bob, java_script_enabled=scripts)
    for address in LISTS:
        listed = row(page, thread, address)
        expect(listed).to_have_class("is-new")
        expect(listed.locator("a.new")).to_have_text("2 unread (go to the first)")
    # By a script once they were on the screen, else by a picture that the page asks for.
    with page.expect_response(re.compile("/(seen|served)/")):
        listed.locator("a.new").click()
    expect(page.locator(f"#p{unread[0].pk}")).to_be_in_viewport()
    for address in LISTS:
        listed = row(page, thread, address)
        expect(listed).not_to_have_class("is-new")
        expect(listed.locator("a.new")).to_have_count(0)


def test_visitors_are_told_of_nothing(visit, thread: Thread, unread: list[Post]) -> None:
    page = visit("/")
    for address in LISTS:
        expect(row(page, thread, address).locator("a.new")).to_have_count(0)
