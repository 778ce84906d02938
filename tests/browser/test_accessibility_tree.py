"""What a thread says aloud, and what it is for eyes and hands that are not the usual ones.

The accessibility tree of a thread is written down as a screen reader would go through it and
compared with a file. To write the file anew after a change that is meant: `SPEAK=write pytest …`,
and read the difference aloud before you commit it.
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
from tests.browser.world import World

SPOKEN = Path(__file__).parents[1] / "data/spoken"
BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# Numbers differ from one run to the next; what is said does not.
ADDRESS = re.compile(r"\n\s*- /url: .*")

TALK = [
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
def spoken(world: World) -> Thread:
    """A thread with one of everything that is said differently, at times that stay the same."""
    people = {"alice": world.alice, "bob": world.bob, "carol": world.carol}
    thread = import_thread(
        world.yard,
        title="A damp corner, spoken",
        posts=[
            ImportedPost(key, parent, people[name], source, BEGUN + timedelta(minutes=key))
            for key, parent, name, source in TALK
        ],
    )
    hide_post(said(thread, 6), actor=world.erin, reason="off topic")
    Post.objects.filter(pk=said(thread, 6).pk).update(hidden_at=BEGUN + timedelta(hours=1))
    return thread


def said(thread: Thread, key: int) -> Post:
    """The post of that place in `TALK`."""
    return Post.objects.filter(thread=thread).order_by("pk")[key - 1]


def aloud(page: Page, part: str = "main") -> str:
    """The accessibility tree of a part of the page, as text, without addresses."""
    return ADDRESS.sub("", page.locator(part).aria_snapshot()) + "\n"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
@pytest.mark.parametrize("reader", ["visitor", "alice"])
def test_thread_reads_aloud_as_written_down(
    visit, spoken: Thread, world: World, reader: str, scripts: bool
) -> None:
    person = {"visitor": None, "alice": world.alice}[reader]
    page = visit(spoken.get_absolute_url(), person, java_script_enabled=scripts)
    page.wait_for_load_state("networkidle")
    heard = aloud(page)
    written = SPOKEN / f"thread-{reader}{'' if scripts else '-plain'}.txt"
    if os.environ.get("SPEAK") == "write":
        written.write_text(heard)
    assert heard == written.read_text()


# -- The order of things --------------------------------------------------------------------------

STOPS = """() => [...document.querySelectorAll("main a, main button, main summary")]
    .filter(one => one.checkVisibility() && !one.closest(".vh, .rail"))
    .map(one => one.getBoundingClientRect())
    .map(({ top, height }) => Math.round(top + scrollY + height / 2))"""


@pytest.mark.parametrize("width", [390, 1280])
def test_things_are_reached_in_the_order_in_which_they_are_seen(
    visit, spoken: Thread, world: World, width: int
) -> None:
    page = visit(spoken.get_absolute_url(), world.alice, viewport={"width": width, "height": 800})
    stops = page.evaluate(STOPS)
    line = 16  # pixels: what stands on one line may be a little higher or lower
    assert len(stops) > 40
    assert all(below >= above - line for above, below in pairwise(stops))
    assert page.locator("[tabindex]:not([tabindex='-1'], [tabindex='0'])").count() == 0


NAMES_AND_DEPTHS = """all => all.map(one => {
    let depth = 0;
    for (let up = one; (up = up.parentElement.closest(".replies")); ) depth += 1;
    return [document.getElementById(one.getAttribute("aria-labelledby")).textContent, depth];
})"""


def test_every_list_is_one_though_it_has_no_bullets(visit, spoken: Thread) -> None:
    page = visit(spoken.get_absolute_url())
    assert page.locator("main ol:not([role=list])").count() == 0
    levels = page.locator(".replies article").evaluate_all(NAMES_AND_DEPTHS)
    assert [depth for _name, depth in levels] == [1, 2, 3, 2, 1, 2, 1, 2]
    for name, depth in levels:
        assert depth == 1 or f"level {depth}" in name


# -- Eyes -----------------------------------------------------------------------------------------


def test_page_at_400_percent_is_one_column_that_scrolls_one_way(
    visit, spoken: Thread, world: World
) -> None:
    page = visit(spoken.get_absolute_url(), world.alice, viewport={"width": 320, "height": 256})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    open_composer(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    expect(page.locator(".compose textarea")).to_be_in_viewport()


SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important;
  word-spacing: .16em !important; } p { margin-block-end: 2em !important; }"""
CUT = """all => all.filter(one => one.checkVisibility())
  .filter(one => !one.closest(".vh, pre, .scroll, .map"))
  .filter(one => one.scrollWidth > one.clientWidth + 1)
  .filter(one => getComputedStyle(one).overflowX !== "visible")
  .map(one => one.outerHTML.slice(0, 200))"""


def test_wider_spacing_of_letters_loses_nothing(visit, spoken: Thread) -> None:
    page = visit(spoken.get_absolute_url(), viewport={"width": 320, "height": 800}, bypass_csp=True)
    page.add_style_tag(content=SPACED)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.locator("main *").evaluate_all(CUT) == []


def test_nothing_moves_by_itself_for_who_wants_no_motion(
    visit, spoken: Thread, world: World
) -> None:
    target = said(spoken, 5)
    page = visit(f"{spoken.get_absolute_url()}#p{target.pk}", world.alice, reduced_motion="reduce")
    expect(page.locator(f"#p{target.pk}")).to_be_in_viewport()
    assert page.evaluate("document.getAnimations().map(one => one.animationName)") == []
    # What the colour would have shown, a line around the text does.
    outline = "one => getComputedStyle(one).outlineStyle"
    assert page.locator(f"#p{target.pk} > .text").evaluate(outline) == "solid"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_forced_colours_keep_lines_buttons_and_focus(
    visit, spoken: Thread, world: World, theme: str
) -> None:
    page = visit(spoken.get_absolute_url(), world.alice, forced_colors="active", color_scheme=theme)
    width = "(one, [part, side]) => getComputedStyle(one, part)[side]"
    head = page.locator(".fork > .node").first
    assert head.evaluate(width, ["::before", "borderInlineStartWidth"]) == "2px"
    assert page.locator(".rail .btn").first.evaluate(width, [None, "borderTopWidth"]) == "1px"
    link = page.locator(".acts a").first
    link.focus()
    page.keyboard.press("Shift+Tab")
    focused = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(focused) == "solid"


def test_posts_run_in_the_direction_of_their_words(visit, spoken: Thread) -> None:
    page = visit(spoken.get_absolute_url())
    direction = "one => getComputedStyle(one).direction"
    assert page.locator(f"#p{said(spoken, 8).pk} > .text").evaluate(direction) == "rtl"
    for key in (2, 9):
        assert page.locator(f"#p{said(spoken, key).pk} > .text").evaluate(direction) == "ltr"


def test_each_paragraph_runs_in_its_own_direction(visit, spoken: Thread, world: World) -> None:
    source = "הטחב יפה\n\n> Does moss harm the bricks?\n\nYes."
    mixed = reply_to(said(spoken, 1), author=world.bob, source=source)
    page = visit(spoken.get_absolute_url())
    # The full stop stands at the right of the words.
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


def test_regions_that_speak_are_there_and_silent_from_the_start(visit, spoken: Thread) -> None:
    page = visit(spoken.get_absolute_url())
    for region in ("#status[role=status]", "#alert[role=alert]"):
        expect(page.locator(region)).to_have_count(1)
        expect(page.locator(region)).to_be_empty()


def test_focus_is_somewhere_after_everything_that_is_swapped(
    visit, spoken: Thread, world: World
) -> None:
    page = visit(spoken.get_absolute_url(), world.alice)
    focused = "() => document.activeElement !== document.body"
    focused += " && document.activeElement.checkVisibility()"
    open_composer(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".compose .bad")).to_be_visible()
    page.wait_for_function(focused)
    page.locator(".compose textarea").fill("Lime in autumn, then.")
    page.get_by_role("button", name="Preview").click()
    expect(page.locator(".compose section")).to_be_visible()
    page.wait_for_function(focused)  # once the swap has settled
    page.locator(".compose .go").click()
    expect(page.locator("article:focus")).to_contain_text("Lime in autumn, then.")
    page.locator("article:focus").get_by_role("link", name="More").click()
    expect(page.locator(".menu")).to_be_visible()
    page.keyboard.press("Escape")
    page.wait_for_function(focused)
