"""Pictures of the pages for people to look at, in `shots/`; git ignores them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.desk import DESK
from tests.browser.pages import PAGES
from tests.browser.pending_posts import PENDING_POST
from tests.browser.watch import sign_in
from tests.browser.world import World

SHOTS = Path(__file__).parent / "shots"
SHOT = {
    name: (PAGES | PENDING_POST | DESK)[name]
    for name in (
        *("front page", "board", "thread, seed", "thread, forked", "composer", "composer, error"),
        *("inbox", "board, new", "thread, by time"),
        *("log in", "desk, posts", "thread, quotes open", "quote, changed", "quoted"),
    )
}


@pytest.mark.parametrize("name", SHOT)
def test_page_has_its_picture_taken(browser: Browser, world: World, site: str, name: str) -> None:
    shown = SHOT[name]
    with browser.new_context(base_url=site, reduced_motion="reduce") as context:
        if shown.person:
            sign_in(context, getattr(world, shown.person), site)
        page = context.new_page()
        page.goto(shown.address(world))
        if shown.steps:
            shown.steps(page)
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 844})
            for theme in ("light", "dark"):
                page.emulate_media(color_scheme=theme)
                shot = SHOTS / f"{name.replace(', ', '-').replace(' ', '-')}-{width}-{theme}.png"
                page.screenshot(path=shot, full_page=True)
                assert shot.stat().st_size > 5_000
