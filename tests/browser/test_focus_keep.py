"""With the keyboard alone: focus is never lost, never hidden, and its order is that of the page."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.world import World

# What has focus, if it is out of sight or under the bar; what is higher than the room above the
# bar cannot help it.
COVERED = """() => {
    const focus = document.activeElement;
    const bar = document.querySelector(".bar");
    const edge = bar.checkVisibility() ? bar.getBoundingClientRect().top : innerHeight;
    const { top, bottom, height } = focus.getBoundingClientRect();
    const isCovered = !bar.contains(focus) && height < edge && (top < -1 || bottom > edge + 1);
    return focus === document.body || isCovered ? focus.outerHTML : null;
}"""
NAMES = """all => all.map(one =>
    document.getElementById(one.getAttribute("aria-labelledby")).textContent.trim())"""


def test_focus_is_never_under_the_bar(visit, world: World) -> None:
    page = visit(world.seed.get_absolute_url(), world.alice, viewport={"width": 390, "height": 600})

    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    covered = []
    for _ in range(100):
        page.keyboard.press("Tab")
        covered.append(page.evaluate(COVERED))
        if page.evaluate("document.activeElement.closest('.foot') !== null"):
            break
    assert [fault for fault in covered if fault] == []
    expect(page.locator(".foot :focus")).to_have_count(1)


def test_skip_link_leads_to_the_content(visit, world: World) -> None:
    page = visit(world.seed.get_absolute_url())
    page.keyboard.press("Tab")

    page.keyboard.press("Enter")

    expect(page.locator("#main")).to_be_focused()


def test_bar_makes_room_for_the_composer(visit, world: World) -> None:
    page = visit(
        world.forked.get_absolute_url(), world.alice, viewport={"width": 390, "height": 600}
    )
    expect(page.locator(".bar")).to_be_visible()

    page.locator(".node > .post > .acts").first.get_by_role("link", name="Reply to").click()

    expect(page.locator(".compose textarea")).to_be_focused()
    expect(page.locator(".bar")).to_be_hidden()


def test_every_reply_has_a_name_that_says_whom_it_answers(visit, world: World) -> None:
    page = visit(world.forked.get_absolute_url())

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
