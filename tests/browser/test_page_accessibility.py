"""Accessibility of every page: axe's rules, reflow, target sizes, titles and headings.

Each page is opened once, and all tests check it one after the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, resolve
from playwright.sync_api import Browser, Page

from forum.models import Draft
from forum.urls import urlpatterns
from tests.browser.admin_pages import ADMIN_PAGES
from tests.browser.page_faults import FaultRecorder, log_in
from tests.browser.page_specs import PageSpec
from tests.browser.pages import PAGES, ROUTES_WITHOUT_A_PAGE, SAME_AS_ANOTHER_PAGE
from tests.browser.pending_post_pages import PENDING_POST_PAGES
from tests.browser.sample_data import SampleData, use_up_rate_limit

AXE = (Path(__file__).parent / "vendor/axe.min.js").read_text()
RUN_AXE = """async rules => {
    for (const change of document.getAnimations()) change.finish();
    const { violations } = await axe.run(document, {
        runOnly: rules, resultTypes: ["violations"], preload: false, elementRef: true,
    });
    // What an open menu lies over in part is no target before it closes.
    const over = document.querySelector(".post-actions .menu")?.getBoundingClientRect();
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
# Only these rules depend on the colour scheme.
COLOUR_RULES = ["color-contrast", "link-in-text-block"]
VARIANTS = [(390, "light", ALL_RULES), (1280, "light", ALL_RULES), (1280, "dark", COLOUR_RULES)]
# Posts off the screen of a long thread are not laid out yet, and have no size.
# Links inside text are as high as the text, which WCAG 2.5.8 allows.
TARGETS = ", ".join(
    (
        "main :is(a, button, input, select, textarea, summary)",
        ":is(.site-header, .site-footer, .thread-bar) :is(a, button)",
    )
)
SMALL_TARGETS = """all => all
    .filter(one => one.checkVisibility({ contentVisibilityAuto: true }) && one.type !== "hidden")
    .filter(one => !one.matches(".visually-hidden, p *, dd *, .text *, blockquote *"))
    .filter(one => Math.min(one.offsetWidth, one.offsetHeight) < 24)
    .map(one => one.outerHTML)"""
FITS = "width => document.documentElement.scrollWidth <= width"
HEADING_LEVELS = (
    "all => all.filter(one => one.checkVisibility()).map(one => Number(one.tagName[1]))"
)


def open_page(
    browser: Browser, sample_data: SampleData, site: str, spec: PageSpec
) -> Iterator[Page]:
    context = browser.new_context(base_url=site, viewport={"width": 390, "height": 844})
    recorder = FaultRecorder(context, site)
    if spec.person:
        log_in(context, getattr(sample_data, spec.person), site)
    use_up_rate_limit(sample_data.frank)
    # A draft saved in one page would be offered in the next; erin's and frank's are sample data.
    Draft.objects.exclude(member__in=[sample_data.erin, sample_data.frank]).delete()
    page = context.new_page()
    response = page.goto(spec.address(sample_data))
    assert response.status == spec.status
    if spec.steps:
        spec.steps(page)
    yield page
    context.close()
    assert recorder.faults == []


def as_params(names: Iterable[str]) -> list[object]:
    """Return pages as parameters, each in the xdist group of its name."""
    return [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in names]


@pytest.fixture(scope="module", params=as_params(PAGES | PENDING_POST_PAGES))
def page(request, browser: Browser, sample_data: SampleData, site: str) -> Iterator[Page]:
    yield from open_page(browser, sample_data, site, (PAGES | PENDING_POST_PAGES)[request.param])


@pytest.fixture(scope="module", params=as_params(ADMIN_PAGES))
def admin_page(request, browser: Browser, sample_data: SampleData, site: str) -> Iterator[Page]:
    yield from open_page(browser, sample_data, site, ADMIN_PAGES[request.param])


def violations(page: Page) -> list[tuple]:
    """Return what axe finds at the width of a phone and of a desktop, in light and in dark."""
    page.evaluate(AXE)
    found = []
    for width, theme, rules in VARIANTS:
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        found += [(width, theme, *fault) for fault in page.evaluate(RUN_AXE, rules)]
    return found


def test_page_has_no_axe_violations(page: Page) -> None:
    assert violations(page) == []


def test_page_never_scrolls_sideways(page: Page) -> None:
    for width in (320, 390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 844})
        page.wait_for_function(FITS, arg=width)


def test_targets_of_a_page_are_large_enough_for_a_finger(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.locator(TARGETS).evaluate_all(SMALL_TARGETS) == []


def test_page_has_one_title_and_headings_in_order(page: Page) -> None:
    levels = page.locator("h1, h2, h3, h4, h5, h6").evaluate_all(HEADING_LEVELS)
    assert levels.count(1) == 1
    assert all(below - above <= 1 for above, below in zip([0, *levels], levels, strict=False))


def test_admin_page_has_no_axe_violations(admin_page: Page) -> None:
    assert violations(admin_page) == []


def test_admin_page_never_scrolls_sideways(admin_page: Page) -> None:
    for width in (390, 1280):
        admin_page.set_viewport_size({"width": width, "height": 844})
        assert admin_page.evaluate("document.documentElement.scrollWidth") <= width


def test_every_page_is_listed(sample_data: SampleData) -> None:
    listed = {
        resolve(spec.address(sample_data).split("?")[0]).url_name
        for spec in (PAGES | PENDING_POST_PAGES).values()
        if spec.status != 404
    }
    known = {pattern.name for pattern in _patterns(urlpatterns)}
    assert known - listed - ROUTES_WITHOUT_A_PAGE - SAME_AS_ANOTHER_PAGE == set()


def _patterns(patterns: list) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern
        elif pattern.app_name != "admin":
            yield from _patterns(pattern.url_patterns)
