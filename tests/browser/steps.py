"""What is done in a page of reading before it is looked at."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def open_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


# The script that comes once somebody moves about in a thread.
PLACE_SCRIPT = "import(document.getElementById('forum-js').dataset.place).then(() => true)"


def open_peek(page: Page) -> None:
    assert page.evaluate(PLACE_SCRIPT)
    page.locator(".re a", has_text="Try this first").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".peek")).to_be_visible()
