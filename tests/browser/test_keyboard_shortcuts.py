"""Keys: the whole map, focus after each, silent while one writes, and turned off for good."""

from __future__ import annotations

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.threads import start_thread
from forum.models import Post, RateLimit, User
from tests.browser.pages import expect_composer
from tests.browser.world import World


@pytest.fixture
def tree(world: World) -> list[Post]:
    """A head of bob's (1) with answers of alice's and bob's (2, 3), one below (4), a head (5)."""
    RateLimit.objects.all().delete()
    people = [world.alice, world.bob, world.alice, world.bob, world.bob, world.bob]
    now = timezone.now()
    written = [
        ImportedPost(n, of, people[n], f"What number {n} says. " * 40, now)
        for n, of in enumerate([None, 0, 1, 1, 2, 0])
    ]
    thread = import_thread(world.yard, title="To go by keys", posts=written)
    return list(Post.objects.by_number(thread).select_related("thread"))


@pytest.fixture
def page(visit, tree: list[Post], alice: User) -> Page:
    return visit(tree[0].thread.get_absolute_url(), alice)


def at(page: Page, post: Post):
    return page.locator(f"#p{post.pk}")


def expect_at(page: Page, post: Post) -> None:
    """Focus is on the post, and it can be seen."""
    expect(at(page, post)).to_be_focused()
    expect(at(page, post)).to_be_in_viewport()


def press(page: Page, keys: str) -> None:
    for key in keys.split():
        page.keyboard.press(key)


def go(page: Page, keys: str, post: Post) -> None:
    """Press keys one after the other; then that post has focus."""
    press(page, keys)
    expect_at(page, post)


def test_keys_lead_from_post_to_post(page: Page, tree: list[Post]) -> None:
    opening, head, first, second, below, other = tree
    go(page, "j", opening)  # from the page: the topmost post in view
    go(page, "j", head)
    go(page, "j", first)
    go(page, "j", below)
    go(page, "k", first)
    go(page, "Shift+J", second)
    go(page, "Shift+K", first)
    go(page, "j", below)
    go(page, "p", first)
    go(page, "p", head)
    go(page, "]", other)
    go(page, "[", head)
    go(page, "h", opening)
    # No answer of its own beside it: that of the post above.
    go(page, "j j j", below)
    go(page, "Shift+J", second)
    go(page, "Shift+J", other)
    go(page, "k k", below)


def test_first_key_starts_where_one_reads(page: Page, tree: list[Post]) -> None:
    at(page, tree[3]).evaluate("post => post.scrollIntoView({block: 'start'})")
    go(page, "j", tree[3])


def test_key_leads_back_from_each_jump(page: Page, tree: list[Post]) -> None:
    go(page, "j j j j", tree[4])
    go(page, "p", tree[2])
    go(page, "]", tree[5])
    go(page, "h", tree[0])
    go(page, "b", tree[5])
    go(page, "b", tree[2])
    go(page, "b", tree[4])
    press(page, "b")
    expect(page.locator("#status")).to_have_text("There is no earlier place to go back to.")


def test_key_folds_and_opens(page: Page, tree: list[Post]) -> None:
    go(page, "j j", tree[1])
    press(page, "c")
    expect(at(page, tree[2])).to_be_hidden()
    expect_at(page, tree[1])
    go(page, "j", tree[5])  # what is folded is passed over
    go(page, "k", tree[1])
    press(page, "c")
    expect(at(page, tree[2])).to_be_visible()
    # From inside it, the branch folds around what has focus: on its handle.
    go(page, "j j", tree[4])
    press(page, "c")
    expect(page.locator("summary:focus")).to_be_in_viewport()
    expect(at(page, tree[4])).to_be_hidden()
    press(page, "c")
    expect(at(page, tree[4])).to_be_visible()
    press(page, "Shift+C")
    expect(page.locator("details.branch[open]")).to_have_count(0)
    press(page, "Shift+C")
    expect(page.locator("details.branch:not([open])")).to_have_count(0)


def test_keys_walk_what_is_new(page: Page, tree: list[Post], alice: User, bob: User) -> None:
    mark_thread_read(tree[0].thread, member=alice)
    new = [reply_to(tree[of], author=bob, source="News. " * 60) for of in (2, 5)]
    page.reload()
    go(page, "n", new[0])
    go(page, "n", new[1])
    go(page, "Shift+N", new[0])


def test_key_shows_the_post_that_is_answered(page: Page, tree: list[Post]) -> None:
    go(page, "j j j j", tree[4])
    press(page, "i")
    expect(page.locator(".peek")).to_contain_text("What number 2 says.")
    expect(at(page, tree[4]).locator(".re a").first).to_be_focused()
    press(page, "i")
    expect(page.locator(".peek")).to_have_count(0)


def test_keys_act_on_a_post(page: Page, tree: list[Post]) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    go(page, "j j", tree[1])
    press(page, "l")
    expect(page.locator("#status")).to_have_text("Link copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.endswith(f"/p/{tree[1].pk}/")
    press(page, "m")
    expect(page.locator(".menu")).to_be_visible()
    press(page, "Escape")
    expect(page.locator(".menu")).to_have_count(0)
    go(page, "j", tree[2])  # alice's own
    press(page, "e")
    page.wait_for_url(f"**/p/{tree[2].pk}/edit/")


def test_key_quotes_a_post(page: Page, tree: list[Post]) -> None:
    go(page, "j j", tree[1])
    press(page, "q")
    expect_composer(page)
    expect(page.locator(".compose textarea")).to_have_value(
        "> " + ("What number 1 says. " * 40).strip() + "\n\n"
    )


def test_reading_and_replying_by_keys_alone(page: Page, tree: list[Post]) -> None:
    go(page, "j j j", tree[2])
    go(page, "p", tree[1])
    go(page, "b", tree[2])
    press(page, "r")
    expect_composer(page)
    # What is typed is typed: none of it is a key.
    page.keyboard.type("jk? bcr: no key of ours.")
    expect(page.locator(".compose textarea")).to_have_value("jk? bcr: no key of ours.")
    expect(page.locator("dialog")).to_have_count(0)
    press(page, "Escape")
    expect_at(page, tree[2])
    press(page, "r")
    expect(page.locator(".compose textarea")).to_be_focused()
    press(page, "Control+Enter")
    made = page.locator(".is-here")
    expect(made).to_be_focused()
    expect(made).to_contain_text("jk? bcr: no key of ours.")
    press(page, "p")
    expect_at(page, tree[2])


@pytest.mark.parametrize("keys", ["Control+j", "Alt+j", "Meta+j", "Shift+P", "F2", "Tab Tab"])
def test_keys_with_a_modifier_belong_to_others(page: Page, tree: list[Post], keys: str) -> None:
    go(page, "j", tree[0])
    press(page, keys)
    expect(page.locator("article:focus")).to_have_count(0 if "Tab" in keys else 1)
    expect(at(page, tree[1])).not_to_be_focused()


def test_keys_do_nothing_while_somebody_writes(page: Page, tree: list[Post]) -> None:
    go(page, "j", tree[0])
    at(page, tree[1]).get_by_role("link", name="Reply to").click()
    expect_composer(page)
    field = page.locator(".compose textarea")
    # A letter that is still being composed, in a field or not, is nobody's key.
    page.evaluate(
        """() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
            {key: "j", isComposing: true, bubbles: true}))"""
    )
    press(page, "j k b")
    expect(field).to_be_focused()
    expect(field).to_have_value("jkb")


# -- Help, and off --------------------------------------------------------------------------------


def test_all_keys_are_shown_in_a_dialog(page: Page, tree: list[Post]) -> None:
    go(page, "j", tree[0])
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    expect(dialog).to_contain_text("go to parent")
    expect(dialog).to_be_focused()
    assert dialog.evaluate("dialog => dialog.scrollTop") == 0
    # No jump was made: there is nothing to go back from.
    expect(page.locator(".strip")).to_be_hidden()
    # No key reaches the page below.
    press(page, "j")
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect_at(page, tree[0])
    press(page, "?")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_keys_are_turned_off_in_the_dialog_and_on_again(page: Page, tree: list[Post]) -> None:
    press(page, "?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    dialog.get_by_role("button", name="Turn off").click()
    expect(dialog.get_by_role("button", name="Turn on")).to_be_focused()
    expect(page.locator("#status")).to_have_text("Single-key shortcuts are off.")
    press(page, "Escape")
    press(page, "j ?")
    expect(page.locator("article:focus")).to_have_count(0)
    expect(dialog).to_be_hidden()
    page.reload()
    press(page, "j ?")
    expect(page.locator("article:focus")).to_have_count(0)
    expect(page.locator(".rail .keys")).to_have_count(0)
    page.get_by_role("link", name="Keyboard shortcuts").click()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("button", name="Turn off")).to_be_focused()
    page.goto(tree[0].thread.get_absolute_url())
    go(page, "j", tree[0])


def test_keys_are_turned_off_without_scripts_and_logged_out(visit, tree: list[Post]) -> None:
    page = visit("/", java_script_enabled=False)
    page.get_by_role("link", name="Keyboard shortcuts").click()
    page.get_by_role("button", name="Turn off").click()
    expect(page.locator("main")).to_contain_text("Single-key shortcuts are off.")
    page.goto(tree[0].thread.get_absolute_url())
    expect(page.locator("html")).to_have_attribute("data-keys", "off")


def test_keys_are_told_beside_the_thread_where_there_is_a_keyboard(visit, tree: list[Post]) -> None:
    path = tree[0].thread.get_absolute_url()
    expect(visit(path).locator(".rail .keys")).to_be_visible()
    expect(visit(path, has_touch=True, is_mobile=True).locator(".rail .keys")).to_be_hidden()
    expect(visit(path, java_script_enabled=False).locator(".rail .keys")).to_be_hidden()


# -- Lists ----------------------------------------------------------------------------------------


def test_keys_lead_through_a_list_of_threads(visit, world: World) -> None:
    page = visit("/b/gardens/")
    titles = page.locator(".list h2 a")
    press(page, "j")
    expect(titles.nth(0)).to_be_focused()
    press(page, "j j")
    expect(titles.nth(2)).to_be_focused()
    press(page, "k")
    expect(titles.nth(1)).to_be_focused()
    address = titles.nth(1).get_attribute("href")
    press(page, "o")
    page.wait_for_url(f"**{address}")


def test_key_leads_to_the_next_thread_with_something_new(
    visit, world: World, bob: User, carol: User
) -> None:
    RateLimit.objects.all().delete()
    threads = [
        start_thread(world.yard, author=carol, title=f"Thread {n}", source="So it begins.")
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
    press(page, "n")
    expect(first).to_be_focused()
    press(page, "n")
    expect(second).to_be_focused()


# -- Beyond the page ------------------------------------------------------------------------------


def test_siblings_are_found_beyond_the_page(visit, world: World) -> None:
    replies = list(Post.objects.in_thread(world.long))[1:]
    page = visit(world.long.get_absolute_url())
    expect(page.locator("[rel=next]")).to_be_attached()
    last = page.locator(".top-level > .node > article").last
    place = next(n for n, post in enumerate(replies) if f"p{post.pk}" == last.get_attribute("id"))
    last.focus()
    press(page, "Shift+J")
    page.wait_for_url(f"**#p{replies[place + 1].pk}")
    expect(at(page, replies[place + 1])).to_be_in_viewport()
    # And back: the page begins there, with nothing before it to be seen.
    at(page, replies[place + 1]).focus()
    press(page, "Shift+K")
    page.wait_for_url(f"**#p{replies[place].pk}")
    expect(at(page, replies[place])).to_be_in_viewport()
    # Beside the very last there is nobody: focus stays.
    page.goto(f"/p/{replies[-1].pk}/")
    at(page, replies[-1]).focus()
    press(page, "Shift+J")
    expect(at(page, replies[-1])).to_be_focused()
