"""Scripts that cannot be loaded: what needs one shows an error, everything else works."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forum.models import Post, Thread, User
from tests.browser.composer import click_post_link, composer_field


def block_scripts(page: Page, *names: str) -> None:
    for name in names:
        page.route(f"**/js/{name}*.js", lambda route: route.abort())


def test_key_with_a_missing_script_shows_an_error(visit, thread: Thread, reply: Post) -> None:
    page = visit(thread.get_absolute_url())
    block_scripts(page, "keys")
    page.keyboard.press("j")
    expect(page.get_by_role("alert").first).to_contain_text("No connection")
    page.keyboard.press("Escape")
    expect(page.locator("#alert")).to_be_empty()


def test_reading_and_replying_work_without_the_optional_scripts(
    visit, thread: Thread, reply: Post, alice: User
) -> None:
    page = visit(thread.get_absolute_url(), alice)
    block_scripts(
        page, "dom", "jumps", "folds", "drafts", "composer", "quoting", "mentions", "page_updates"
    )
    page.mouse.wheel(0, 200)
    click_post_link(page, reply, "Reply to")
    expect(composer_field(page, reply)).to_be_focused()
    page.keyboard.type("Without any help.")
    page.get_by_role("button", name="Post reply").click()
    expect(page.locator(".text", has_text="Without any help.")).to_be_visible()
    expect(page.locator("#status")).to_contain_text("Posted.")
    expect(page.locator("#alert")).to_be_empty()
