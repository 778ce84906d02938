"""Logging out on a shared machine: no text stays on it, and none is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forum.actions.drafts import Writing, save_draft
from forum.models import Post, Thread, User
from forum.models.drafts import Purpose
from tests.browser.composer import draft_texts, open_composer
from tests.browser.page_faults import log_in
from tests.browser.pages import expect_composer

WORDS = "Bricks breathe, moss or no moss."
LOCAL_DRAFT_KEYS = "Object.keys(localStorage).filter(key => key.startsWith('draft '))"
SAVE_LOCAL_DRAFT = """([key, words]) => localStorage.setItem(
    key, JSON.stringify({ content: JSON.stringify(['', words, []]), at: Date.now() }))"""


@pytest.fixture
def page(visit, thread: Thread, reply: Post, alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


def log_out(page: Page) -> None:
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()


def test_logout_sends_local_drafts_to_the_server_and_clears_them(
    page: Page, opening: Post, alice: User, bob: User
) -> None:
    own_key, other_key = f"draft {alice.pk} /p/{opening.pk}/reply/", f"draft {bob.pk} /p/1/reply/"
    page.evaluate(SAVE_LOCAL_DRAFT, [own_key, "Left here by a lost connection."])
    page.evaluate(SAVE_LOCAL_DRAFT, [other_key, "Somebody else’s."])
    log_out(page)
    assert draft_texts(opening.thread) == ["Left here by a lost connection."]
    assert page.evaluate(LOCAL_DRAFT_KEYS) == [other_key], (
        "of others it is not known whether they are safe"
    )


def test_logout_saves_the_open_composer_first(page: Page, reply: Post, alice: User) -> None:
    open_composer(page, reply)
    page.keyboard.insert_text(WORDS)
    expect_composer(page)
    log_out(page)
    assert draft_texts(reply.thread) == [WORDS]
    assert page.evaluate(LOCAL_DRAFT_KEYS) == []


def test_logout_never_merges_two_drafts(page: Page, opening: Post, alice: User) -> None:
    address = f"/p/{opening.pk}/reply/"
    save_draft(Purpose(parent_id=opening.pk), member=alice, written=Writing("On the server."))
    page.evaluate(SAVE_LOCAL_DRAFT, [f"draft {alice.pk} {address}", "On the device."])
    log_out(page)
    assert draft_texts(opening.thread) == ["On the server."]
    assert page.evaluate(LOCAL_DRAFT_KEYS) == [f"draft {alice.pk} {address}"]


def reply_page(page: Page, site: str, reply: Post, member: User) -> str:
    """Write into the page of a reply, and post nothing."""
    address = f"{site}/p/{reply.pk}/reply/"
    log_in(page.context, member, site)
    page.goto(address)
    expect_composer(page)
    page.get_by_label("Your reply to bob").fill(WORDS)
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at")
    return address


def test_after_logout_back_shows_nothing_of_the_member(
    page_with_history: Page, site: str, reply: Post, alice: User
) -> None:
    page = page_with_history
    address = reply_page(page, site, reply, alice)
    log_out(page)
    page.evaluate("history.back()")
    page.wait_for_url("**/accounts/login/**")
    assert address.removeprefix(site) in page.url
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    assert "alice" not in page.content()
    assert WORDS not in page.content()


def test_page_kept_by_the_browser_is_loaded_again_for_another_reader(
    page_with_history: Page, site: str, reply: Post, alice: User
) -> None:
    """The browser has not dropped its pages: the session ended in another browser, for example."""
    page = page_with_history
    reply_page(page, site, reply, alice)
    page.evaluate("window.isAsItWasLeft = true")
    page.get_by_role("link", name="Boards").first.click()
    page.wait_for_url(f"{site}/")
    page.evaluate("history.back()")
    page.wait_for_url("**/reply/", wait_until="commit")
    assert page.evaluate("window.isAsItWasLeft"), "for the same reader it is as it was left"

    page.context.clear_cookies()
    page.get_by_role("link", name="Boards").first.click()
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    page.evaluate("history.back()")
    page.wait_for_url("**/accounts/login/**")
    assert WORDS not in page.content()


def test_page_kept_from_before_the_login_is_loaded_again(
    page_with_history: Page, site: str, thread: Thread, alice: User
) -> None:
    page = page_with_history
    page.goto(f"{site}{thread.get_absolute_url()}")
    page.get_by_role("link", name="Boards").first.click()
    page.wait_for_url(f"{site}/")
    log_in(page.context, alice, site)
    page.get_by_role("link", name=thread.board.name).first.click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
    page.evaluate("history.go(-2)")
    page.wait_for_url(f"{site}{thread.get_absolute_url()}", wait_until="commit")
    expect(page.get_by_role("button", name="Log out")).to_be_visible()
