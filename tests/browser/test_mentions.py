"""Answering: the menu of people at the at sign."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread, User
from tests.browser.world import World
from tests.browser.writing import open_composer, send

# The mention menu listens from then on.
EXPANDER = """Promise.all(["js/mentions", "vendor/text-expander"].map(
    name => import(`/static/${name}.js`))).then(() => true)"""


@pytest.fixture
def page(visit, thread: Thread, branches: tuple[Post, ...], alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


def menu(page: Page) -> Locator:
    return page.get_by_role("listbox", name="People whose names start with")


def chosen(page: Page) -> Locator:
    return menu(page).locator("[aria-selected=true]")


@pytest.fixture
def names(world: World) -> None:
    """People whose names begin alike; the last of them writes in no thread."""
    for name in ("tomasz", "tomoko", "tomwren"):
        if not User.objects.named([name]).exists():
            User.objects.create_user(name, f"{name}@example.org")


@pytest.fixture
def writing(page: Page, branches: tuple[Post, Post, Post], names: None) -> Locator:
    """The field of a composer, in a thread in which tomoko wrote too."""
    reply_to(branches[0], author=User.objects.get(username="tomoko"), source="Not here.")
    field = open_composer(page, branches[0])
    page.evaluate(EXPANDER)
    return field


def test_people_of_the_thread_come_first_and_are_chosen_by_keys(
    page: Page, writing: Locator
) -> None:
    page.keyboard.type("مرحبا @t")
    expect(menu(page)).to_have_count(0)
    page.keyboard.type("om")
    expect(menu(page).get_by_role("option")).to_have_text(
        ["tomoko in this thread", "tomasz", "tomwren"]
    )
    expect(page.get_by_role("status").first).to_have_text("3 people. tomoko, 1 of 3")
    expect(chosen(page)).to_have_text("tomoko in this thread")
    page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_have_text("tomasz")
    descendant = chosen(page).get_attribute("id")
    expect(writing).to_have_attribute("aria-activedescendant", descendant)
    expect(writing).not_to_have_attribute("role", "combobox")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(writing).to_have_value("مرحبا @tomoko ")
    expect(writing).not_to_have_attribute("aria-controls", "")
    page.keyboard.type("and @tom")
    expect(menu(page)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(writing).to_have_value("مرحبا @tomoko and @tomasz ")
    expect(writing).to_be_focused()
    page.keyboard.type("what?")
    send(page)
    made = Post.objects.order_by("-pk")[0]
    named = set(made.mentions.values_list("person__username", flat=True))
    assert named == {"tomoko", "tomasz"}


def test_menu_closes_on_escape_and_leaves_the_composer_alone(page: Page, writing: Locator) -> None:
    page.keyboard.type("@tom")
    expect(menu(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(menu(page)).to_have_count(0)
    expect(writing).to_be_focused()
    expect(writing).to_have_value("@tom")


def test_enter_after_a_whole_name_begins_a_line_and_control_enter_sends(
    page: Page, writing: Locator
) -> None:
    page.keyboard.type("@TOMASZ")
    expect(menu(page).get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(writing).to_have_value("@TOMASZ\n")
    page.keyboard.type("Hello @tom")
    expect(menu(page)).to_be_visible()
    send(page)
    assert Post.objects.order_by("-pk")[0].source == "@TOMASZ\nHello @tom"


def test_names_are_offered_where_a_thread_begins(visit, alice: User, names: None) -> None:
    page = visit("/b/yard/new/", alice)
    page.get_by_label("Opening post").press_sequentially("Ask @tomw")
    expect(menu(page).get_by_role("option")).to_have_text(["tomwren"])
    page.keyboard.press("Enter")
    expect(page.get_by_label("Opening post")).to_have_value("Ask @tomwren ")
    page.get_by_label("Opening post").fill("")


def test_name_is_chosen_with_the_pointer_on_a_phone(
    page: Page, branches: tuple[Post, Post, Post], names: None
) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    field = open_composer(page, branches[0])
    page.evaluate(EXPANDER)
    page.keyboard.type("So far to the end of the line @tom")
    option = menu(page).get_by_role("option", name="tomwren")
    box = option.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["height"] >= 24
    option.click()
    expect(field).to_have_value("So far to the end of the line @tomwren ")
