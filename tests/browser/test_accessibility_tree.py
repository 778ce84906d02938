"""The accessibility tree of a thread, and its display for people with low vision or other needs.

The accessibility tree is compared with a file, in the order in which a screen reader reads it. To
write the file anew after an intended change, run `SPEAK=write pytest …`, and read the difference
before you commit it.
"""

from __future__ import annotations

import os
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.models import Post, Thread
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.pages import open_composer
from tests.browser.sample_data import SampleData

EXPECTED_TREES = Path(__file__).parents[1] / "data/spoken"
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Addresses contain ids, which differ from one run to the next.
ADDRESS = re.compile(r"\n\s*- /url: .*")

POSTS = [
    (1, None, "alice", "Does moss harm the bricks?"),
    (2, 1, "bob", "> Does moss harm the bricks?\n\nOnly where they stay wet all winter."),
    (3, 2, "carol", "@bob @alice Mine is always wet. What then?"),
    (4, 2, "alice", "> Only where it is dry.\n\nNobody said that, but it is true too."),
    (5, 3, "bob", "Then lime, in autumn."),
    (6, 1, "carol", "This one goes away."),
    (7, 6, "alice", "An answer to what went away."),
    (8, 1, "bob", "הטחב יפה על קיר ישן"),
    (9, 8, "alice", "苔は古い壁に美しい"),
]


@pytest.fixture
def sample_thread(sample_data: SampleData) -> Thread:
    """Import one example of everything that is announced differently, at fixed times."""
    people = {"alice": sample_data.alice, "bob": sample_data.bob, "carol": sample_data.carol}
    thread = import_thread(
        sample_data.yard,
        title="A damp corner, spoken",
        posts=[
            ImportedPost(key, parent, people[name], source, START + timedelta(minutes=key))
            for key, parent, name, source in POSTS
        ],
    )
    hide_post(get_post(thread, 6), actor=sample_data.erin, reason="off topic")
    Post.objects.filter(pk=get_post(thread, 6).pk).update(hidden_at=START + timedelta(hours=1))
    return thread


def get_post(thread: Thread, key: int) -> Post:
    """Return the post with that number in `POSTS`."""
    return Post.objects.filter(thread=thread).order_by("pk")[key - 1]


def accessibility_tree(page: Page, part: str = "main") -> str:
    """Return the accessibility tree of a part of the page as text, without addresses."""
    return ADDRESS.sub("", page.locator(part).aria_snapshot()) + "\n"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("reader", ["visitor", "alice"])
def test_accessibility_tree_of_a_thread_matches_its_file(
    visit, sample_thread: Thread, sample_data: SampleData, reader: str, scripts: bool
) -> None:
    person = {"visitor": None, "alice": sample_data.alice}[reader]
    page = visit(sample_thread.get_absolute_url(), person, java_script_enabled=scripts)
    page.wait_for_load_state("networkidle")
    tree = accessibility_tree(page)
    expected_file = EXPECTED_TREES / f"thread-{reader}{'' if scripts else '-plain'}.txt"
    if os.environ.get("SPEAK") == "write":
        expected_file.write_text(tree)
    assert tree == expected_file.read_text()


# -- Reading order and structure ------------------------------------------------------------------

STOP_POSITIONS = """() => [...document.querySelectorAll("main a, main button, main summary")]
    .filter(one => one.checkVisibility() && !one.closest(".visually-hidden, .rail"))
    .map(one => one.getBoundingClientRect())
    .map(({ top, height }) => Math.round(top + scrollY + height / 2))"""


@pytest.mark.parametrize("width", [390, 1280])
def test_focus_order_matches_visual_order(
    visit, sample_thread: Thread, sample_data: SampleData, width: int
) -> None:
    page = visit(
        sample_thread.get_absolute_url(),
        sample_data.alice,
        viewport={"width": width, "height": 800},
    )
    stops = page.evaluate(STOP_POSITIONS)
    tolerance = 16  # pixels: elements of one line may differ a little in height
    assert len(stops) > 40
    assert all(below >= above - tolerance for above, below in pairwise(stops))
    assert page.locator("[tabindex]:not([tabindex='-1'], [tabindex='0'])").count() == 0


NAMES_AND_DEPTHS = """all => all.map(one => {
    let depth = 0;
    for (let up = one; (up = up.parentElement.closest(".replies")); ) depth += 1;
    return [document.getElementById(one.getAttribute("aria-labelledby")).textContent, depth];
})"""


def test_lists_without_bullets_keep_the_list_role(visit, sample_thread: Thread) -> None:
    page = visit(sample_thread.get_absolute_url())
    assert page.locator("main ol:not([role=list])").count() == 0
    levels = page.locator(".replies article").evaluate_all(NAMES_AND_DEPTHS)
    assert [depth for _name, depth in levels] == [1, 2, 3, 2, 1, 2, 1, 2]
    for name, depth in levels:
        assert depth == 1 or f"level {depth}" in name


# -- Display --------------------------------------------------------------------------------------


def test_page_at_400_percent_zoom_scrolls_in_one_direction_only(
    visit, sample_thread: Thread, sample_data: SampleData
) -> None:
    page = visit(
        sample_thread.get_absolute_url(), sample_data.alice, viewport={"width": 320, "height": 256}
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    open_composer(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(page.locator(".compose textarea")).to_be_in_viewport()


SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-block-end: 2em !important; }"""
CUT = """all => all.filter(one => one.checkVisibility())
  .filter(one => !one.closest(".visually-hidden, pre, .scroll, .tabs, .outline"))
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .filter(one => getComputedStyle(one).overflowX !== "visible")
  .map(one => one.outerHTML.slice(0, 200))"""


def test_wider_letter_spacing_cuts_off_no_text(visit, sample_thread: Thread) -> None:
    page = visit(
        sample_thread.get_absolute_url(), viewport={"width": 320, "height": 800}, bypass_csp=True
    )
    page.add_style_tag(content=SPACED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("main *").evaluate_all(CUT) == []


def test_reduced_motion_turns_animations_off(
    visit, sample_thread: Thread, sample_data: SampleData
) -> None:
    post = get_post(sample_thread, 5)
    page = visit(
        f"{sample_thread.get_absolute_url()}#p{post.pk}", sample_data.alice, reduced_motion="reduce"
    )
    expect(page.locator(f"#p{post.pk}")).to_be_in_viewport()
    assert page.evaluate("document.getAnimations().map(one => one.animationName)") == []
    # An outline around the text replaces the animated background colour.
    outline = "one => getComputedStyle(one).outlineStyle"
    assert page.locator(f"#p{post.pk} > .text").evaluate(outline) == "solid"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forced_colours_keep_lines_buttons_and_focus_visible(
    visit, sample_thread: Thread, sample_data: SampleData, theme: str
) -> None:
    page = visit(
        sample_thread.get_absolute_url(),
        sample_data.alice,
        forced_colors="active",
        color_scheme=theme,
    )
    width = "(one, [part, side]) => getComputedStyle(one, part)[side]"
    head = page.locator(".fork > .node").first
    assert head.evaluate(width, ["::before", "borderInlineStartWidth"]) == "2px"
    assert page.locator(".rail .button").first.evaluate(width, [None, "borderTopWidth"]) == "1px"
    link = page.locator(".post-actions a").first
    link.focus()
    page.keyboard.press("Shift+Tab")
    focused = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(focused) == "solid"


def test_post_has_the_text_direction_of_its_words(visit, sample_thread: Thread) -> None:
    page = visit(sample_thread.get_absolute_url())
    direction = "one => getComputedStyle(one).direction"
    assert page.locator(f"#p{get_post(sample_thread, 8).pk} > .text").evaluate(direction) == "rtl"
    for key in (2, 9):
        assert (
            page.locator(f"#p{get_post(sample_thread, key).pk} > .text").evaluate(direction)
            == "ltr"
        )


def test_each_paragraph_has_its_own_text_direction(
    visit, sample_thread: Thread, sample_data: SampleData
) -> None:
    source = "הטחב יפה\n\n> Does moss harm the bricks?\n\nYes."
    mixed = reply_to(get_post(sample_thread, 1), author=sample_data.bob, source=source)
    page = visit(sample_thread.get_absolute_url())
    # The full stop is to the right of the words.
    edges = """one => {
        const range = document.createRange();
        const text = one.firstChild;
        return [0, text.length - 1].map((at) => {
            range.setStart(text, at);
            range.setEnd(text, at + 1);
            return range.getBoundingClientRect().left;
        });
    }"""
    for words in ("Does moss harm", "Yes."):
        first, last = page.locator(f"#p{mixed.pk} p", has_text=words).evaluate(edges)
        assert first < last
    caption = page.locator(f"#p{mixed.pk} figcaption a").first
    name = caption.locator("bdi").bounding_box()
    assert abs(name["x"] - caption.bounding_box()["x"]) < 2


# -- Focus and announcements ----------------------------------------------------------------------


def test_live_regions_are_present_and_empty_on_load(visit, sample_thread: Thread) -> None:
    page = visit(sample_thread.get_absolute_url())
    for region in ("#status[role=status]", "#alert[role=alert]"):
        expect(page.locator(region)).to_have_count(1)
        expect(page.locator(region)).to_be_empty()


def test_focus_is_never_lost_after_a_swap(
    visit, sample_thread: Thread, sample_data: SampleData
) -> None:
    page = visit(sample_thread.get_absolute_url(), sample_data.alice)
    focused = "() => document.activeElement !== document.body"
    focused += " && document.activeElement.checkVisibility()"
    open_composer(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .error")).to_be_visible()
    page.wait_for_function(focused)
    page.locator(".compose textarea").fill("Lime in autumn, then.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".compose section")).to_be_visible()
    page.wait_for_function(focused)  # once HTMX has settled the swap
    page.locator(".compose .primary").click()
    expect(page.locator("article:focus")).to_contain_text("Lime in autumn, then.")
    page.locator("article:focus").get_by_role("link", name="More").click()
    expect(page.locator(".menu")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function(focused)
