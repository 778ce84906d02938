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


def test_everything_is_marked_read_and_unread_again_without_scripts(
    visit, thread: Thread, unread: list[Post], bob: User
) -> None:
    page = visit("/b/yard/", bob, java_script_enabled=False)
    expect(find_row(page, thread, "/b/yard/").locator("a.unread-mark")).to_be_visible()
    page.get_by_role("button", name="Mark all read").click()
    expect(page.get_by_text("Marked as read.")).to_be_visible()
    expect(page).to_have_url(re.compile("/b/yard/$"))
    expect(page.locator(".is-unread, .unread-mark")).to_have_count(0)
    expect(page.get_by_role("button", name="Mark all read")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Unread again.")).to_be_visible()
    row = find_row(page, thread, "/threads/unread/")
    expect(row.locator("a.unread-mark")).to_have_text("2 unread (go to the first)")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_thread_is_started_with_tags(visit, alice: User, sample_data, scripts: bool) -> None:
    page = visit("/tags/walls/", alice, java_script_enabled=scripts)
    page.get_by_role("link", name="Start a thread").click()
    page.get_by_role("link", name="Yard").click()
    expect(page.get_by_label("Walls")).to_be_checked()
    page.get_by_label("Title").fill("Lime or cement?")
    page.get_by_role("button", name="Post thread").click()
    expect(page.locator(".note.error")).to_contain_text("Write something first.")
    expect(page.get_by_label("Walls")).to_be_checked()
    page.get_by_label("Opening post").fill("For soft bricks, in the shade.")
    page.get_by_role("button", name="Post thread").click()
    expect(page.locator(".opening-post .tags")).to_have_text("Walls")
    page.goto("/b/yard/")
    expect(page.locator(".list > li").first.locator(".tags")).to_have_text("Walls")


def test_draft_of_a_thread_keeps_a_tag_chosen_last(visit, bob: User, sample_data) -> None:
    page = visit("/b/stones/new/", bob)
    page.get_by_label("Title").fill("Slate")
    page.get_by_label("Opening post").fill("Which one splits best?")
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved")
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.get_by_label("Walls").check()
    page.goto("/b/stones/new/")
    expect(page.get_by_label("Walls")).to_be_checked()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("Draft discarded.")).to_be_visible()
