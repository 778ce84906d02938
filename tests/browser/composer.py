"""Using the composer in a thread's page."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from forum.models import Draft, Post, Thread
from tests.browser.page_steps import IMPORT_COMPOSER
from tests.browser.pages import expect_composer


def click_post_link(page: Page, post: Post, name: str) -> None:
    page.locator(f"#p{post.pk} > .post-actions").get_by_role("link", name=name).click()


def composer_field(page: Page, post: Post) -> Locator:
    return page.locator(f"#reply-{post.pk}-text")


def open_composer(page: Page, post: Post) -> Locator:
    click_post_link(page, post, "Reply to")
    expect_composer(page)
    return composer_field(page, post)


def submit_composer(page: Page) -> None:
    assert page.evaluate(IMPORT_COMPOSER)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose")).to_have_count(0)
    expect(page.get_by_role("status").first).to_contain_text("Posted.")


def draft_texts(thread: Thread) -> list[str]:
    """Return the drafts kept for a test's own thread.

    A page of another test that was just closed may still be saving a draft of the same member.
    """
    drafts = Draft.objects.filter(parent__thread=thread).kept()
    return sorted(draft.source for draft in drafts)
