"""Keyboard shortcuts: every key, focus after each, off while writing, and turned off for good."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.threads import start_thread
from forum.models import Post, RateLimit, User
from tests.browser.page_steps import wait_for_paint
from tests.browser.pages import expect_composer
from tests.browser.sample_data import SampleData


@pytest.fixture
def tree(sample_data: SampleData) -> list[Post]:
    """Import a thread: 1 is the parent of 2 and 3, 2 of 4; 5 is another top-level post."""
    RateLimit.objects.all().delete()
    people = [
        sample_data.alice,
        sample_data.bob,
        sample_data.alice,
        sample_data.bob,
        sample_data.bob,
        sample_data.bob,
    ]
    now = timezone.now()
    imported = [
        ImportedPost(n, parent, people[n], ("What it says. " * 40).strip(), now)
        for n, parent in enumerate([None, 0, 1, 1, 2, 0])
    ]
    thread = import_thread(sample_data.yard, title="To go by keys", posts=imported)
    return list(Post.objects.by_number(thread).select_related("thread"))


@pytest.fixture
def page(visit, tree: list[Post], alice: User) -> Page:
    return visit(tree[0].thread.get_absolute_url(), alice)


def find_post(page: Page, post: Post):
    return page.locator(f"#p{post.pk}")


def expect_focus_on(page: Page, post: Post) -> None:
    """Check that the post has focus and can be seen."""
    expect(find_post(page, post)).to_be_focused()
    expect(find_post(page, post)).to_be_in_viewport()


def press_keys(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def press_and_expect(page: Page, keys: str, post: Post) -> None:
    """Press keys one after the other and check that the post has focus."""
    press_keys(page, keys)
    expect_focus_on(page, post)


def test_keys_move_focus_from_post_to_post(page: Page, tree: list[Post]) -> None:
    opening, top_level, first, second, child, other_top_level = tree
    press_and_expect(page, "j", opening)  # from the page: the first post in view
    press_and_expect(page, "j", top_level)
    press_and_expect(page, "j", first)
    press_and_expect(page, "j", child)
    press_and_expect(page, "k", first)
    press_and_expect(page, "Shift+J", second)
    press_and_expect(page, "Shift+K", first)
    press_and_expect(page, "j", child)
    press_and_expect(page, "p", first)
    press_and_expect(page, "p", top_level)
    press_and_expect(page, "]", other_top_level)
    press_and_expect(page, "[", top_level)
    press_and_expect(page, "h", opening)
    # The post has no next sibling: the key goes to that of its parent.
    press_and_expect(page, "j j j", child)
    press_and_expect(page, "Shift+J", second)
    press_and_expect(page, "Shift+J", other_top_level)
    press_and_expect(page, "k k", child)


def test_first_key_starts_at_the_post_in_view(page: Page, tree: list[Post]) -> None:
    find_post(page, tree[3]).evaluate("post => post.scrollIntoView({block: 'start'})")
    press_and_expect(page, "j", tree[3])


def test_key_goes_back_from_each_jump(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j j j j", tree[4])
    press_and_expect(page, "p", tree[2])
    press_and_expect(page, "]", tree[5])
    press_and_expect(page, "h", tree[0])
    press_and_expect(page, "b", tree[5])
    press_and_expect(page, "b", tree[2])
    press_and_expect(page, "b", tree[4])
    press_keys(page, "b")
    expect(page.locator("#status")).to_have_text("There is no earlier place to go back to.")


def test_key_folds_and_unfolds_branches(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j j", tree[1])
    press_keys(page, "c")
    expect(find_post(page, tree[2])).to_be_hidden()
    expect_focus_on(page, tree[1])
    press_and_expect(page, "j", tree[5])  # folded posts are skipped
    press_and_expect(page, "k", tree[1])
    press_keys(page, "c")
    expect(find_post(page, tree[2])).to_be_visible()
    # Inside the branch, the key folds it and focuses its summary.
    press_and_expect(page, "j j", tree[4])
    press_keys(page, "c")
    expect(page.locator("summary:focus")).to_be_in_viewport()
    expect(find_post(page, tree[4])).to_be_hidden()
    press_keys(page, "c")
    expect(find_post(page, tree[4])).to_be_visible()
    press_keys(page, "Shift+C")
    expect(page.locator("details.branch[open]")).to_have_count(0)
    press_keys(page, "Shift+C")
    expect(page.locator("details.branch:not([open])")).to_have_count(0)


def test_keys_go_to_the_next_unread_post(
    page: Page, tree: list[Post], alice: User, bob: User
) -> None:
    mark_thread_read(tree[0].thread, member=alice)
    new = [reply_to(tree[parent], author=bob, source="News. " * 60) for parent in (2, 5)]
    page.reload()
    wait_for_paint(page)
    press_and_expect(page, "n", new[0])
    press_and_expect(page, "n", new[1])
    press_and_expect(page, "Shift+N", new[0])


def test_key_previews_the_parent(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j j j j", tree[4])
    press_keys(page, "i")
    expect(page.locator(".preview-box")).to_contain_text("What it says.")
    expect(find_post(page, tree[4]).locator(".reply-to a").first).to_be_focused()
    press_keys(page, "i")
    expect(page.locator(".preview-box")).to_have_count(0)


def test_keys_act_on_a_post(page: Page, tree: list[Post]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press_and_expect(page, "j j", tree[1])
    press_keys(page, "l")
    expect(page.locator("#status")).to_have_text("Link copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/p/{tree[1].pk}/")
    press_keys(page, "m")
    expect(page.locator(".menu")).to_be_visible()
    press_keys(page, "Escape")
    expect(page.locator(".menu")).to_have_count(0)
    press_and_expect(page, "j", tree[2])  # alice's own
    press_keys(page, "e")
    expect(page.get_by_label("Text of the post")).to_be_focused()


def test_key_quotes_a_post(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j j", tree[1])
    press_keys(page, "q")
    expect_composer(page)
    expect(page.locator(".compose textarea")).to_have_value(
        "> " + ("What it says. " * 40).strip() + "\n\n"
    )


def test_reading_and_replying_by_keys_alone(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j j j", tree[2])
    press_and_expect(page, "p", tree[1])
    press_and_expect(page, "b", tree[2])
    press_keys(page, "r")
    expect_composer(page)
    # Keys typed into the composer do nothing but type.
    page.keyboard.type("jk? bcr: no key of ours.")
    expect(page.locator(".compose textarea")).to_have_value("jk? bcr: no key of ours.")
    expect(page.locator("dialog")).to_have_count(0)
    press_keys(page, "Escape")
    expect_focus_on(page, tree[2])
    press_keys(page, "r")
    expect(page.locator(".compose textarea")).to_be_focused()
    press_keys(page, "Control+Enter")
    created = page.locator(".is-here")
    expect(created).to_be_focused()
    expect(created).to_contain_text("jk? bcr: no key of ours.")
    press_keys(page, "p")
    expect_focus_on(page, tree[2])


@pytest.mark.parametrize("keys", ["Control+j", "Alt+j", "Meta+j", "Shift+P", "F2", "Tab Tab"])
def test_keys_with_a_modifier_are_left_to_the_browser(
    page: Page, tree: list[Post], keys: str
) -> None:
    press_and_expect(page, "j", tree[0])
    press_keys(page, keys)
    expect(page.locator("article:focus")).to_have_count(0 if "Tab" in keys else 1)
    expect(find_post(page, tree[1])).not_to_be_focused()


def test_keys_do_nothing_while_the_composer_has_focus(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j", tree[0])
    find_post(page, tree[1]).get_by_role("link", name="Reply to").click()
    expect_composer(page)
    field = page.locator(".compose textarea")
    # A letter that is still being composed by an input method is no shortcut.
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
            {key: "j", isComposing: true, bubbles: true}))"""
    )
    press_keys(page, "j k b")
    expect(field).to_be_focused()
    expect(field).to_have_value("jkb")


# -- The dialog, and turning shortcuts off --------------------------------------------------------


def test_dialog_lists_all_keys(page: Page, tree: list[Post]) -> None:
    press_and_expect(page, "j", tree[0])
    press_keys(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("go to parent")
    expect(dialog).to_be_focused()
    assert dialog.evaluate("dialog => dialog.scrollTop") == 0
    # No jump was made, so there is no offer to go back.
    expect(page.locator(".live-updates-button")).to_be_hidden()
    # No key reaches the page below the dialog.
    press_keys(page, "j")
    press_keys(page, "Escape")
    expect(dialog).to_be_hidden()
    expect_focus_on(page, tree[0])
    press_keys(page, "?")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_keys_are_turned_off_and_on_in_the_dialog(page: Page, tree: list[Post]) -> None:
    press_keys(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.get_by_role("button", name="Turn off").click()
    expect(dialog.get_by_role("button", name="Turn on")).to_be_focused()
    expect(page.locator("#status")).to_have_text("Single-key shortcuts are off.")
    press_keys(page, "Escape")
    press_keys(page, "j ?")
    expect(page.locator("article:focus")).to_have_count(0)
    expect(dialog).to_be_hidden()
    page.reload()
    press_keys(page, "j ?")
    expect(page.locator("article:focus")).to_have_count(0)
    expect(page.locator(".rail .keys")).to_have_count(0)
    page.get_by_role("link", name="Keyboard shortcuts").click()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Turn off")).to_be_focused()
    page.goto(tree[0].thread.get_absolute_url())
    wait_for_paint(page)
    press_and_expect(page, "j", tree[0])


def test_keys_are_turned_off_without_scripts_and_logged_out(visit, tree: list[Post]) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("link", name="Keyboard shortcuts").click()
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("main")).to_contain_text("Single-key shortcuts are off.")
    page.goto(tree[0].thread.get_absolute_url())
    expect(page.locator("html")).to_have_attribute("data-keys", "off")


def test_list_of_keys_is_shown_beside_a_thread_only_with_a_keyboard(
    visit, tree: list[Post]
) -> None:
    path = tree[0].thread.get_absolute_url()
    expect(visit(path).locator(".rail .keys")).to_be_visible()
    expect(visit(path, has_touch=True, is_mobile=True).locator(".rail .keys")).to_be_hidden()
    expect(visit(path, java_script_enabled=False).locator(".rail .keys")).to_be_hidden()


# -- Lists ----------------------------------------------------------------------------------------


def test_keys_move_through_a_list_of_threads(visit, sample_data: SampleData) -> None:
    page = visit("/b/gardens/")
    titles = page.locator(".list h2 a")
    press_keys(page, "j")
    expect(titles.nth(0)).to_be_focused()
    press_keys(page, "j j")
    expect(titles.nth(2)).to_be_focused()
    press_keys(page, "k")
    expect(titles.nth(1)).to_be_focused()
    address = titles.nth(1).get_attribute("href")
    press_keys(page, "o")
    page.wait_for_url(f"**{address}")


def test_key_goes_to_the_next_thread_with_unread_posts(
    visit, sample_data: SampleData, bob: User, carol: User
) -> None:
    RateLimit.objects.all().delete()
    threads = [
        start_thread(sample_data.yard, author=carol, title=f"Thread {n}", source="So it begins.")
        for n in range(4)
    ]
    for thread in threads[:3]:
        mark_thread_read(thread, member=bob)
    for thread in (threads[0], threads[2]):
        reply_to(Post.objects.get(thread=thread), author=carol, source="And goes on.")
    page = visit("/b/yard/", bob)
    first, second = (
        page.locator(f".list h2 a[href='{thread.get_absolute_url()}']")
        for thread in (threads[2], threads[0])
    )
    press_keys(page, "n")
    expect(first).to_be_focused()
    press_keys(page, "n")
    expect(second).to_be_focused()


# -- Beyond the page ------------------------------------------------------------------------------


def test_sibling_keys_load_the_next_and_previous_page(visit, sample_data: SampleData) -> None:
    replies = list(Post.objects.in_thread(sample_data.long))[1:]
    page = visit(sample_data.long.get_absolute_url())
    expect(page.locator("[rel=next]")).to_be_attached()
    last = page.locator(".top-level > .node > article").last
    position = next(
        n for n, post in enumerate(replies) if f"p{post.pk}" == last.get_attribute("id")
    )
    last.focus()
    press_keys(page, "Shift+J")
    page.wait_for_url(f"**#p{replies[position + 1].pk}")
    expect(find_post(page, replies[position + 1])).to_be_in_viewport()
    # And back: the page now begins with that post, and the one before it is not on the page.
    find_post(page, replies[position + 1]).focus()
    press_keys(page, "Shift+K")
    page.wait_for_url(f"**#p{replies[position].pk}")
    expect(find_post(page, replies[position])).to_be_in_viewport()
    # The very last post has no next sibling: focus stays.
    page.goto(f"/p/{replies[-1].pk}/")
    find_post(page, replies[-1]).focus()
    press_keys(page, "Shift+J")
    expect(find_post(page, replies[-1])).to_be_focused()


def test_words_typed_right_after_the_search_key_are_in_the_search_field(visit) -> None:
    page = visit("/")
    page.keyboard.type("/moss on bricks")
    expect(page.locator(".site-header [type=search]")).to_have_value("moss on bricks")
