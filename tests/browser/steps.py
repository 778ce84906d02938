"""What is done in a page of reading before it is looked at."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def open_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


def open_peek(page: Page) -> None:
    page.locator(".re a", has_text="Try this first").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".peek")).to_be_visible()
