"""Every page, for everybody: axe's rules, one column on any screen, headings, focus, names.

Each page is opened once; the tests look at it one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, resolve
from playwright.sync_api import Browser, Page

from forum.models import Draft
from forum.urls import urlpatterns
from tests.browser.desk import DESK
from tests.browser.pages import LIKE_ANOTHER, PAGES, WITHOUT_A_PAGE
from tests.browser.pending_posts import PENDING_POST
from tests.browser.shown import Shown
from tests.browser.watch import Watch, sign_in
from tests.browser.world import World, exhaust

AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
RUN_AXE = """async rules => {
    for (const change of document.getAnimations()) change.finish();
    const { violations } = await axe.run(document, {
        runOnly: rules, resultTypes: ["violations"], preload: false, elementRef: true,
    });
    // What an open menu lies over in part is no target before it closes.
    const over = document.querySelector(".acts .menu")?.getBoundingClientRect();
    const isTarget = ({ element }) => {
        const { top, bottom, left, right } = element.getBoundingClientRect();
        const isBeside = left >= over?.right || right <= over?.left;
        return !over || isBeside || top >= over.bottom || bottom <= over.top;
    };
    return violations
        .map(({ id, nodes }) => [id, id === "target-size" ? nodes.filter(isTarget) : nodes])
        .filter(([, nodes]) => nodes.length)
        .map(([id, nodes]) => [id, ...nodes.slice(0, 3).map(({ html }) => html)]);
}"""
ALL_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The page is the same in the dark, at any width, but for these.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
LOOKS = [(390, "light", ALL_RULES), (1280, "light", ALL_RULES), (1280, "dark", COLOUR_RULES)]
# What is off the screen of a long thread is not laid out yet, and has no size.
# Links among words are as high as the words (WCAG 2.5.8 says so too).
TARGETS = ", ".join(
    (
        "main :is(a, button, input, select, textarea, summary)",
        ":is(.top, .foot, .bar) :is(a, button)",
    )
)
SMALL = """all => all
    .filter(one => one.checkVisibility({ contentVisibilityAuto: true }) && one.type !== "hidden")
    .filter(one => !one.matches(".vh, p *, dd *, .text *, blockquote *"))
    .filter(one => Math.min(one.offsetWidth, one.offsetHeight) < 24)
    .map(one => one.outerHTML)"""
LEVELS = "all => all.filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))"


def open_page(browser: Browser, world: World, site: str, shown: Shown) -> Iterator[Page]:
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844})
    watch = Watch(context, site)
    if shown.person:
        sign_in(context, getattr(world, shown.person), site)
    exhaust(world.frank)
    # What was written in one page would be offered in the next.
    Draft.objects.all().delete()
    page = context.new_page()
    response = page.goto(shown.address(world))
    assert response.status == shown.status
    if shown.steps:
        shown.steps(page)
    yield page
    context.close()
    assert watch.faults == []


def grouped(names: Iterable[str]) -> list[object]:
    """Return pages as parameters; what looks at the same page goes to the same process."""
    return [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in names]


@pytest.fixture(scope="module", params=grouped(PAGES | PENDING_POST))
def page(request, browser: Browser, world: World, site: str) -> Iterator[Page]:
    yield from open_page(browser, world, site, (PAGES | PENDING_POST)[request.param])


@pytest.fixture(scope="module", params=grouped(DESK))
def desk_page(request, browser: Browser, world: World, site: str) -> Iterator[Page]:
    yield from open_page(browser, world, site, DESK[request.param])


def violations(page: Page) -> list[tuple]:
    """What axe finds, on a phone and on a desk, in light and in dark."""
    page.evaluate(AXE)
    found = []
    for width, theme, rules in LOOKS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [(width, theme, *fault) for fault in page.evaluate(RUN_AXE, rules)]
    return found


def test_page_has_no_barrier(page: Page) -> None:
    assert violations(page) == []


def test_page_never_scrolls_sideways(page: Page) -> None:
    for width in (320, 390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_page_has_targets_for_a_finger(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(TARGETS).evaluate_all(SMALL) == []


def test_page_has_one_title_and_headings_in_order(page: Page) -> None:
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(LEVELS)
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip([0, *levels], levels, strict=False))


def test_desk_has_no_barrier(desk_page: Page) -> None:
    assert violations(desk_page) == []


def test_desk_never_scrolls_sideways(desk_page: Page) -> None:
    for width in (390, 1280):
        desk_page.set_viewport_size({"width": width, "height": 844})
        assert desk_page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_page_is_listed(world: World) -> None:
    listed = {
        resolve(shown.address(world).split("?")[0]).url_name
        for shown in (PAGES | PENDING_POST).values()
        if shown.status != 404
    }
    ours = {pattern.name for pattern in _patterns(urlpatterns)}
    assert ours - listed - WITHOUT_A_PAGE - LIKE_ANOTHER == set()


def _patterns(patterns: list) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.app_name != "admin":
            yield from _patterns(pattern.url_patterns)
