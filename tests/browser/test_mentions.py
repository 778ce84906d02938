"""Mentions: the menu of people that opens at the “@”."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread, User
from tests.browser.composer import open_composer, submit_composer
from tests.browser.sample_data import SampleData

# The mention menu opens once both scripts are loaded.
IMPORT_MENTION_SCRIPTS = """Promise.all(["js/mentions", "vendor/text-expander"].map(
    name => import(`/static/${name}.js`))).then(() => true)"""


@pytest.fixture
def page(visit, thread: Thread, branches: tuple[Post, ...], alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


def mention_menu(page: Page) -> Locator:
    return page.get_by_role("listbox", name="People whose names start with")


def expect_saved(page: Page) -> None:
    """Wait for the draft, so that it does not arrive during a later test."""
    expect(page.locator("[data-js-saved]")).to_contain_text("Draft saved at")


def selected_option(page: Page) -> Locator:
    return mention_menu(page).locator("[aria-selected=true]")


@pytest.fixture
def similar_members(sample_data: SampleData) -> None:
    """Create members whose names begin alike; the last of them has no post in the thread."""
    for name in ("tomasz", "tomoko", "tomwren"):
        if not User.objects.named([name]).exists():
            User.objects.create_user(name, f"{name}@example.org")


@pytest.fixture
def field(page: Page, branches: tuple[Post, Post, Post], similar_members: None) -> Locator:
    """Open a composer in a thread in which tomoko has a post."""
    reply_to(branches[0], author=User.objects.get(username="tomoko"), source="Not here.")
    field = open_composer(page, branches[0])
    page.evaluate(IMPORT_MENTION_SCRIPTS)
    return field


def test_people_of_the_thread_come_first_and_are_selected_by_keys(
    page: Page, field: Locator
) -> None:
    page.keyboard.type("مرحبا @t")
    expect(mention_menu(page)).to_have_count(0)
    page.keyboard.type("om")
    expect(mention_menu(page).get_by_role("option")).to_have_text(
        ["tomoko in this thread", "tomasz", "tomwren"]
    )
    expect(page.get_by_role("status").first).to_have_text("3 people. tomoko, 1 of 3")
    expect(selected_option(page)).to_have_text("tomoko in this thread")
    page.keyboard.press("ArrowDown")
    expect(selected_option(page)).to_have_text("tomasz")
    descendant = selected_option(page).get_attribute("id")
    expect(field).to_have_attribute("aria-activedescendant", descendant)
    expect(field).not_to_have_attribute("role", "combobox")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(field).to_have_value("مرحبا @tomoko ")
    expect(field).not_to_have_attribute("aria-controls", "")
    page.keyboard.type("and @tom")
    expect(mention_menu(page)).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect(field).to_have_value("مرحبا @tomoko and @tomasz ")
    expect(field).to_be_focused()
    page.keyboard.type("what?")
    submit_composer(page)
    created = Post.objects.order_by("-pk")[0]
    mentioned = set(created.mentions.values_list("person__username", flat=True))
    assert mentioned == {"tomoko", "tomasz"}


@pytest.mark.parametrize(
    ("before", "start", "name"),
    [
        ("こんにちは、", "山", "山田"),
        ("名前", "山", "山田"),
        ("「", "山", "山田"),
        ("ขอถามที่", "สม", "สมชาย"),
        ("안녕", "홍", "홍길동"),
        ("שלום", "דו", "דוד"),
        ("Hello ", "Ив", "Иван"),
        ('"', "öz", "Özgür"),
    ],
)
def test_menu_opens_after_letters_of_scripts_without_spaces(
    page: Page, field: Locator, before: str, start: str, name: str
) -> None:
    if not User.objects.named([name]).exists():
        User.objects.create_user(name)
    page.keyboard.type(f"{before}@{start}")
    expect(mention_menu(page).get_by_role("option")).to_have_text([name])
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(field).to_have_value(f"{before}@{name} ")
    page.keyboard.type("?")
    submit_composer(page)
    created = Post.objects.order_by("-pk")[0]
    assert [each.person.username for each in created.mentions.all()] == [name]


def test_menu_stays_closed_within_addresses_paths_and_words(page: Page, field: Locator) -> None:
    asked = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/people/" in request.url else 0
    )
    page.keyboard.type("lina@tom x/@tom é@tom 2@tom я@tom @tomw")
    expect(mention_menu(page).get_by_role("option")).to_have_text(["tomwren"])
    starts = [url.partition("q=")[2].partition("&")[0] for url in asked]
    assert set(starts) <= {"to", "tom", "tomw"}
    assert starts.count("tom") <= 1


def test_menu_closes_on_escape_and_keeps_the_composer_open(page: Page, field: Locator) -> None:
    page.keyboard.type("@tom")
    expect(mention_menu(page)).to_be_visible()
    page.keyboard.press("Escape")
    expect(mention_menu(page)).to_have_count(0)
    expect(field).to_be_focused()
    expect(field).to_have_value("@tom")


def test_enter_after_a_full_name_adds_a_line_and_control_enter_posts(
    page: Page, field: Locator
) -> None:
    page.keyboard.type("@TOMASZ")
    expect(mention_menu(page).get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field).to_have_value("@TOMASZ\n")
    page.keyboard.type("Hello @tom")
    expect(mention_menu(page)).to_be_visible()
    submit_composer(page)
    assert Post.objects.order_by("-pk")[0].source == "@TOMASZ\nHello @tom"


def test_menu_opens_in_the_form_of_a_new_thread(visit, alice: User, similar_members: None) -> None:
    page = visit("/b/yard/new/", alice)
    page.evaluate(IMPORT_MENTION_SCRIPTS)
    page.get_by_label("Opening post").press_sequentially("Ask @tomw")
    expect(mention_menu(page).get_by_role("option")).to_have_text(["tomwren"])
    page.keyboard.press("Enter")
    expect(page.get_by_label("Opening post")).to_have_value("Ask @tomwren ")
    page.get_by_label("Opening post").fill("")


def test_name_is_selected_with_the_pointer_on_a_phone(
    page: Page, branches: tuple[Post, Post, Post], similar_members: None
) -> None:
    page.set_viewport_size({"width": 390, "height": 600})
    field = open_composer(page, branches[0])
    page.evaluate(IMPORT_MENTION_SCRIPTS)
    page.keyboard.type("So far to the end of the line @tom")
    option = mention_menu(page).get_by_role("option", name="tomwren")
    box = option.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["height"] >= 24
    option.click()
    expect(field).to_have_value("So far to the end of the line @tomwren ")


def test_chosen_person_can_be_undone(page: Page, field: Locator) -> None:
    page.keyboard.type("I typed this first. ")
    page.keyboard.type("@tomo")
    expect(mention_menu(page)).to_be_visible()
    page.keyboard.press("Enter")
    expect(field).to_have_value("I typed this first. @tomoko ")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("I typed this first. @tomo")
    page.keyboard.press("Control+z")
    expect(field).to_have_value("")
    page.keyboard.press("Control+Shift+z")
    page.keyboard.press("Control+Shift+z")
    expect(field).to_have_value("I typed this first. @tomoko ")
    expect_saved(page)


def test_person_is_put_where_the_letters_were(page: Page, field: Locator) -> None:
    field.fill("Ask  about it.")
    page.keyboard.press("Home")
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.type("@tomo")
    mention_menu(page).get_by_role("option").click()
    expect(field).to_have_value("Ask @tomoko  about it.")
    expect(mention_menu(page)).to_have_count(0)
    page.keyboard.type("now")
    expect(field).to_have_value("Ask @tomoko now about it.")
    expect_saved(page)


def test_arrow_past_the_end_goes_on_at_the_other_end(page: Page, field: Locator) -> None:
    page.keyboard.type("@tomo")
    expect(selected_option(page)).to_have_text("tomoko in this thread")
    for key in ("ArrowDown", "ArrowUp"):
        page.keyboard.press(key)
        expect(selected_option(page)).to_have_text("tomoko in this thread")
    page.keyboard.press("Backspace")
    expect(mention_menu(page).get_by_role("option")).to_have_count(3)
    page.keyboard.press("ArrowUp")
    expect(selected_option(page)).to_have_text("tomwren")
    page.keyboard.press("ArrowDown")
    expect(selected_option(page)).to_have_text("tomoko in this thread")
    expect_saved(page)


KEY_OF_THE_INPUT_METHOD = """(field, [key, code, composing]) => !field.dispatchEvent(
    new KeyboardEvent("keydown", {
      key, keyCode: code, isComposing: composing, bubbles: true, cancelable: true }))"""


@pytest.mark.parametrize(
    ("code", "composing"),
    [pytest.param(13, True, id="composing"), pytest.param(229, False, id="last")],
)
def test_keys_of_an_input_method_choose_nobody(
    page: Page, field: Locator, code: int, composing: bool
) -> None:
    session = page.context.new_cdp_session(page)
    page.keyboard.type("你好 @")
    session.send(
        "Input.imeSetComposition", {"text": "tomo", "selectionStart": 4, "selectionEnd": 4}
    )
    expect(mention_menu(page)).to_be_visible()
    for key in ("Enter", "Tab", "ArrowDown", "Escape"):
        assert not field.evaluate(KEY_OF_THE_INPUT_METHOD, [key, code, composing])
        expect(field).to_have_value("你好 @tomo")
        expect(mention_menu(page)).to_be_visible()
    session.send("Input.insertText", {"text": "tomo"})
    expect(field).to_have_value("你好 @tomo")
    expect(selected_option(page)).to_have_count(1)
    page.keyboard.press("Enter")
    expect(field).to_have_value("你好 @tomoko ")
    expect_saved(page)
