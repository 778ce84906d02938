"""Steps to take in a page before a test checks it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

STABLE_CHECKS = 5  # equal positions in a row


WAIT_FOR_PAINT = (
    "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
)


def wait_for_paint(page: Page) -> None:
    """Wait until a loaded page takes key presses: Chromium drops them until it is painted."""
    page.evaluate(WAIT_FOR_PAINT)


def click_when_stable(link: Locator) -> None:
    """Click a link far down a long page once it no longer moves.

    Posts are laid out as they come into view, so right after scrolling the link may move away from
    under the pointer. The position is polled from Python: a page without scripts has no frames.
    """
    link.scroll_into_view_if_needed()
    last_box, checks = None, 0
    while checks < STABLE_CHECKS:
        box = link.bounding_box()
        checks = checks + 1 if box == last_box else 0
        last_box = box
        link.page.wait_for_timeout(20)
    link.click()


def open_shortcuts(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


# The script is loaded with the first composer.
IMPORT_COMPOSER = "import('/static/js/composer.js').then(() => true)"
# The script is loaded when somebody starts to move about in a thread.
IMPORT_JUMPS = "import('/static/js/jumps.js').then(() => true)"


def open_post_preview(page: Page) -> None:
    assert page.evaluate(IMPORT_JUMPS)
    page.locator(".reply-to a", has_text="Try this first").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".preview-box")).to_be_visible()


def report_inline(page: Page) -> None:
    page.locator(".node > .post > .post-actions").first.get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name="Report").click()
    expect(page.locator(".report h4")).to_be_focused()


def report_nothing(page: Page) -> None:
    page.locator(".report form").evaluate("form => form.noValidate = true")
    page.get_by_role("button", name="Send report").click()
    expect(page.locator(".report .errorlist")).to_be_visible()


def report_spam(page: Page) -> None:
    page.get_by_label("Spam").check()
    page.get_by_role("button", name="Send report").click()
    expect(page.get_by_text("Thank you.")).to_be_visible()
