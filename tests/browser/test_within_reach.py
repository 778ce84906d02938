"""Menus, previews and messages stay in view, on phones too; copied posts are plain words."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread, User
from tests.browser.page_steps import IMPORT_JUMPS

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
DEEP_LIST = "\n".join("   " * level + f"1. level {level}" for level in range(13))
DEEP_QUOTE = "\n\n".join(">" * depth + f" depth {depth}" for depth in range(13, 0, -1))


@pytest.fixture
def long_thread(opening: Post, bob: User, carol: User) -> list[Post]:
    words = "A paragraph about walls.\n\n" * 8
    return [reply_to(opening, author=(bob, carol)[n % 2], source=words) for n in range(4)]


def to_foot(page: Page, link: Locator, above: int) -> None:
    """Scroll until the link is so many pixels above the foot of the window."""
    link.evaluate(
        "(link, above) => scrollBy({ behavior: 'instant',"
        " top: link.getBoundingClientRect().bottom - innerHeight + above })",
        above,
    )


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
@pytest.mark.parametrize("above", [80, 300])
def test_menu_opens_inside_the_window(
    visit, long_thread: list[Post], alice: User, phone: bool, above: int
) -> None:
    page = visit(long_thread[0].thread.get_absolute_url(), alice, **(PHONE if phone else {}))
    more = page.locator(f"#p{long_thread[2].pk} [data-js-menu]")
    to_foot(page, more, above)
    more.click()
    menu = page.locator(".menu")
    expect(menu.get_by_role("link").first).to_be_visible()
    bar = page.locator(".thread-bar").bounding_box()["height"] if phone else 0
    room = page.viewport_size["height"] - bar
    page.wait_for_function(
        "room => { const { top, bottom } = document.querySelector('.menu').getBoundingClientRect();"
        " return top >= 0 && bottom <= room + 1; }",
        arg=room,
    )


@pytest.mark.parametrize("width", [320, 390])
def test_tabs_of_a_thread_stand_in_one_line_on_a_phone(
    visit, long_thread: list[Post], width: int
) -> None:
    phone = PHONE | {"viewport": {"width": width, "height": 844}}
    page = visit(long_thread[0].thread.get_absolute_url(), **phone)
    tabs = page.get_by_role("navigation", name="Sort order").get_by_role("link").all()
    assert len(tabs) == 4
    assert len({tab.bounding_box()["y"] for tab in tabs}) == 1
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_preview_of_the_opening_post_shows_its_text_inside_the_window(
    visit, long_thread: list[Post], alice: User
) -> None:
    page = visit(long_thread[0].thread.get_absolute_url(), alice)
    assert page.evaluate(IMPORT_JUMPS)
    link = page.locator(f"#p{long_thread[1].pk} .reply-to a")
    to_foot(page, link, 20)
    link.hover()
    preview = page.locator(".preview-box")
    expect(preview).to_contain_text("Does moss harm the bricks?")
    expect(preview).not_to_contain_text("Yard")
    box = preview.bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= page.viewport_size["height"]


def test_message_does_not_cover_what_it_is_about(
    visit, long_thread: list[Post], bob: User, alice: User
) -> None:
    own = long_thread[2]
    reply_to(own, author=alice, source="It stays.")
    page = visit(f"/p/{own.pk}/delete/", bob, **PHONE)
    page.get_by_role("button", name="Delete").click()
    tombstone = page.locator(f"#p{own.pk}")
    expect(tombstone).to_be_in_viewport()
    message = page.locator(".messages .note").bounding_box()
    assert message["y"] + message["height"] <= tombstone.bounding_box()["y"]


def test_key_that_finds_nothing_says_so_to_everybody(visit, thread: Thread, alice: User) -> None:
    page = visit(thread.get_absolute_url(), alice)
    page.keyboard.press("b")
    expect(page.locator("#status .toast")).to_be_in_viewport()
    expect(page.locator("#status")).to_have_text("There is no earlier place to go back to.")


@pytest.mark.parametrize("width", [390, 320])
def test_deep_lists_and_quotes_keep_room_for_words(
    visit, opening: Post, bob: User, width: int
) -> None:
    post = reply_to(opening, author=bob, source=f"{DEEP_LIST}\n\n{DEEP_QUOTE}\n\nAll of it.")
    page = visit(
        opening.thread.get_absolute_url(), **PHONE | {"viewport": {"width": width, "height": 844}}
    )
    text = page.locator(f"#p{post.pk} > .text")
    text.evaluate("text => text.querySelectorAll('details').forEach(one => { one.open = true; })")
    for words in ("level 12", "depth 13"):
        inner = text.get_by_text(words, exact=True).last
        assert inner.evaluate("words => words.getBoundingClientRect().width") > width * 0.3
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_long_numbers_of_a_list_are_not_cut_off(visit, opening: Post, bob: User) -> None:
    post = reply_to(opening, author=bob, source="999999999. number")
    page = visit(opening.thread.get_absolute_url(), **PHONE)
    items = page.locator(f"#p{post.pk} .text ol")
    expect(items).to_have_css("list-style-position", "inside")
    words = items.locator("li").evaluate(
        """item => {
            const range = document.createRange();
            range.selectNodeContents(item);
            return range.getBoundingClientRect().left;
        }"""
    )
    room = words - page.locator(f"#p{post.pk} .text").bounding_box()["x"]
    assert room > 70, "the number stands before the words, in the text"


def test_fields_are_large_enough_for_phones_not_to_zoom(
    visit, long_thread: list[Post], alice: User
) -> None:
    page = visit("/b/yard/new/", alice, **PHONE)
    for address in ("/b/yard/new/", long_thread[0].thread.get_absolute_url(), "/log/"):
        page.goto(address)
        sizes = page.locator(
            "input:not([type=hidden], [type=checkbox]), select, textarea"
        ).evaluate_all("all => all.map(one => parseFloat(getComputedStyle(one).fontSize))")
        assert min(sizes, default=16) >= 16, address


def test_copied_posts_hold_no_words_of_buttons(visit, long_thread: list[Post], alice: User) -> None:
    page = visit(long_thread[0].thread.get_absolute_url(), alice)
    first, second = (f"#p{post.pk} > .text" for post in long_thread[:2])
    copied = page.evaluate(
        """([first, second]) => {
            const [from, to] = [first, second].map(one => document.querySelector(one));
            getSelection().setBaseAndExtent(from, 0, to, to.childNodes.length);
            return getSelection().toString();
        }""",
        [first, second],
    )
    assert "A paragraph about walls." in copied
    assert "carol" in copied
    for words in ("Reply", "Quote", "More", "link to this post"):
        assert words not in copied
