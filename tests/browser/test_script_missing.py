"""A script that cannot be fetched: what needs it says so, everything else works on."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forum.models import Post, Thread, User
from tests.browser.writing import field_of, press


def without(page: Page, *names: str) -> None:
    for name in names:
        page.route(f"**/js/{name}*.js", lambda route: route.abort())


def test_key_whose_script_is_missing_says_so(visit, thread: Thread, reply: Post) -> None:
    page = visit(thread.get_absolute_url())
    without(page, "keys")
    page.keyboard.press("j")
    expect(page.get_by_role("alert").first).to_contain_text("No connection")
    page.keyboard.press("Escape")
    expect(page.locator("#alert")).to_be_empty()


def test_reading_and_answering_go_on_without_the_scripts_that_smooth_them(
    visit, thread: Thread, reply: Post, alice: User
) -> None:
    page = visit(thread.get_absolute_url(), alice)
    without(
        page, "dom", "jumps", "folds", "drafts", "composer", "quoting", "mentions", "page_updates"
    )
    page.mouse.wheel(0, 200)
    press(page, reply, "Reply to")
    expect(field_of(page, reply)).to_be_focused()
    page.keyboard.type("Without any help.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".text", has_text="Without any help.")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Posted.")
    expect(page.locator("#alert")).to_be_empty()
