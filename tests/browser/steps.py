"""Steps taken in a page before a test looks at it."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

STILL = 5  # looks at a link that must find it in one place


def press(link: Locator) -> None:
    """Click a link far down a long page, once it stands still.

    Posts are laid out as they come into view, so right after scrolling it may move away from
    under the pointer. Asked from here: a page without scripts has no frames to count.
    """
    link.scroll_into_view_if_needed()
    last, looks = None, 0
    while looks < STILL:
        stands = link.bounding_box()
        looks = looks + 1 if stands == last else 0
        last = stands
        link.page.wait_for_timeout(20)
    link.click()


def open_keys(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()


# The composer's script comes when the first composer does.
COMPOSER_SCRIPT = "import('/static/js/composer.js').then(() => true)"
# The script that comes once somebody moves about in a thread.
PLACE_SCRIPT = "import('/static/js/jumps.js').then(() => true)"


def open_peek(page: Page) -> None:
    assert page.evaluate(PLACE_SCRIPT)
    page.locator(".re a", has_text="Try this first").first.focus()
    page.keyboard.press("Space")
    expect(page.locator(".peek")).to_be_visible()


def report_inline(page: Page) -> None:
    page.locator(".node > .post > .acts").first.get_by_role("link", name="More").click()
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
