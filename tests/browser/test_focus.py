"""Keyboard focus: never lost, never hidden, and in the order of the page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.sample_data import SampleData

# Returns the focused element if it is off the screen or under the bar. An element that is higher
# than the space above the bar does not count.
COVERED = """() => {
    const focus = document.activeElement;
    const bar = document.querySelector(".thread-bar");
    const edge = bar.checkVisibility() ? bar.getBoundingClientRect().top : innerHeight;
    const { top, bottom, height } = focus.getBoundingClientRect();
    const isCovered = !bar.contains(focus) && height < edge && (top < -1 || bottom > edge + 1);
    return focus === document.body || isCovered ? focus.outerHTML : null;
}"""
NAMES = """all => all.map(one =>
    document.getElementById(one.getAttribute("aria-labelledby")).textContent.trim())"""


def test_focus_is_never_under_the_bar(visit, sample_data: SampleData) -> None:
    page = visit(
        sample_data.seed.get_absolute_url(),
        sample_data.alice,
        viewport={"width": 390, "height": 600},
    )

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    faults = []
    for _ in range(100):
        page.keyboard.press("Tab")
        faults.append(page.evaluate(COVERED))
        if page.evaluate("document.activeElement.closest('.site-footer') !== null"):
            break
    assert [fault for fault in faults if fault] == []
    expect(page.locator(".site-footer :focus")).to_have_count(1)


def test_skip_link_moves_focus_to_the_content(visit, sample_data: SampleData) -> None:
    page = visit(sample_data.seed.get_absolute_url())
    page.keyboard.press("Tab")

    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_bar_is_hidden_while_the_composer_has_focus(visit, sample_data: SampleData) -> None:
    page = visit(
        sample_data.forked.get_absolute_url(),
        sample_data.alice,
        viewport={"width": 390, "height": 600},
    )
    expect(page.locator(".thread-bar")).to_be_visible()

    page.locator(".node > .post > .post-actions").first.get_by_role("link", name="Reply to").click()

    expect(page.locator(".compose textarea")).to_be_focused()
    expect(page.locator(".thread-bar")).to_be_hidden()


def test_accessible_name_of_a_reply_names_the_author_it_replies_to(
    visit, sample_data: SampleData
) -> None:
    page = visit(sample_data.forked.get_absolute_url())

    names = page.locator("li > article").evaluate_all(NAMES)

    assert [" ".join(name.split()) for name in names] == [
        "bob replies to alice",
        "alice replies to bob, level 2",
        "bob replies to alice, level 3",
        "alice replies to bob, level 4",
        "carol replies to bob, level 2",
        "bob replies to bob, level 2",
        "frank replies to alice",
    ]
    assert page.locator("li.node").count() == len(names)
    assert page.locator("[tabindex]:not([tabindex='-1'], [tabindex='0'])").count() == 0
