"""Screenshots of pages for people to look at, in `shots/`, which git ignores."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.admin_pages import ADMIN_PAGES
from tests.browser.page_faults import log_in
from tests.browser.pages import PAGES
from tests.browser.pending_post_pages import PENDING_POST_PAGES
from tests.browser.sample_data import SampleData

SCREENSHOT_DIR = Path(__file__).parent / "shots"
SCREENSHOT_PAGES = {
    name: (PAGES | PENDING_POST_PAGES | ADMIN_PAGES)[name]
    for name in (
        *("front page", "board", "thread, seed", "thread, forked", "composer", "composer, error"),
        *("inbox", "board, new", "thread, by time"),
        *("log in", "admin, posts", "thread, quotes open", "quote, changed", "quoted"),
    )
}


@pytest.mark.parametrize("name", SCREENSHOT_PAGES)
def test_screenshot_of_a_page_is_taken(
    browser: Browser, sample_data: SampleData, site: str, name: str
) -> None:
    spec = SCREENSHOT_PAGES[name]
    with browser.new_context(base_url=site, reduced_motion="reduce") as context:
        if spec.person:
            log_in(context, getattr(sample_data, spec.person), site)
        page = context.new_page()
        page.goto(spec.address(sample_data))
        if spec.steps:
            spec.steps(page)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                path = (
                    SCREENSHOT_DIR
                    / f"{name.replace(', ', '-').replace(' ', '-')}-{width}-{theme}.png"
                )
                page.screenshot(path=path, full_page=True)
                assert path.stat().st_size > 5_000
