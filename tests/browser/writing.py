"""Writing in a thread's page: what several files of tests do with the composer."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from forum.models import Post
from tests.browser.pages import expect_composer
from tests.browser.steps import COMPOSER_SCRIPT


def press(page: Page, post: Post, name: str) -> None:
    page.locator(f"#p{post.pk} > .acts").get_by_role("link", name=name).click()


def field_of(page: Page, post: Post) -> Locator:
    return page.locator(f"#reply-{post.pk}-text")


def open_composer(page: Page, post: Post) -> Locator:
    press(page, post, "Reply to")
    expect_composer(page)
    return field_of(page, post)


def send(page: Page) -> None:
    assert page.evaluate(COMPOSER_SCRIPT)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose")).to_have_count(0)
    expect(page.get_by_role("status").first).to_contain_text("Posted.")
