"""Editing and deleting posts, the post menu, and the choice of a theme."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.timezone import now
from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Revision, Thread, User
from tests.browser.page_steps import IMPORT_COMPOSER


@pytest.fixture
def own_post(reply: Post, alice: User) -> Post:
    """Return alice's reply to bob, written an hour ago."""
    own_post = reply_to(reply, author=alice, source="It stays wet from *October* on.")
    Revision.objects.filter(post=own_post).update(created_at=now() - timedelta(hours=1))
    return own_post


@pytest.fixture
def page(visit, thread: Thread, own_post: Post, alice: User) -> Page:
    return visit(thread.get_absolute_url(), alice)


def test_edited_post_links_to_its_history(page: Page, own_post: Post) -> None:
    page.locator(f"#p{own_post.pk}").get_by_role("link", name="Edit").click()
    field = page.get_by_label("Text of the post")
    expect(field).to_have_value("It stays wet from *October* on.")
    assert page.evaluate(IMPORT_COMPOSER)
    field.fill("")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".error")).to_have_text("Write something first.")
    page.get_by_label("Text of the post").fill("It stays wet from *November* on.")
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("status").first).to_have_text("Saved.")
    expect(page.locator(f"#p{own_post.pk}")).to_be_focused()
    expect(page.locator(f"#p{own_post.pk} .text em")).to_have_text("November")
    page.locator(f"#p{own_post.pk}").get_by_role("link", name="edited").click()
    expect(page.locator("h1")).to_have_text("Edit history of a post by alice")
    expect(page.locator("del")).to_contain_text("October")
    expect(page.locator("ins")).to_contain_text("November")
    page.get_by_role("link", name="Back to the thread").click()
    expect(page.locator(f"#p{own_post.pk}")).to_be_in_viewport()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_post_is_edited_in_place(visit, own_post: Post, alice: User, scripts: bool) -> None:
    page = visit(own_post.thread.get_absolute_url(), alice, java_script_enabled=scripts)
    page.locator(f"#p{own_post.pk}").get_by_role("link", name="Edit").click()
    field = page.get_by_label("Text of the post")
    expect(field).to_have_value("It stays wet from *October* on.")
    if scripts:
        assert "/edit/" not in page.url
        expect(page.locator(f"#p{own_post.pk}")).to_have_count(0)
        expect(page.locator(f"#p{own_post.parent_id}")).to_be_visible()
        expect(field).to_be_focused()
    field.fill("It stays wet all year.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(f"#p{own_post.pk} .text")).to_have_text("It stays wet all year.")
    expect(page.locator(".compose")).to_have_count(0)
    assert Post.objects.get(pk=own_post.pk).source == "It stays wet all year."


def test_discarded_edit_brings_the_post_back_and_can_be_undone(page: Page, own_post: Post) -> None:
    edit = page.locator(f"#p{own_post.pk}").get_by_role("link", name="Edit")
    edit.click()
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(f"#p{own_post.pk} .text em")).to_have_text("October")
    edit.click()
    page.get_by_label("Text of the post").fill("Something else.")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(f"#p{own_post.pk} .text em")).to_have_text("October")
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("textbox", name="Text of the post")).to_have_value("Something else.")
    assert Post.objects.get(pk=own_post.pk).source == "It stays wet from *October* on."


def test_opening_post_is_edited_in_place(visit, opening: Post, alice: User) -> None:
    page = visit(opening.thread.get_absolute_url(), alice)
    page.locator(f"#p{opening.pk} > .post-actions").get_by_role(
        "link", name="Edit your post"
    ).click()
    field = page.locator(f"#p{opening.pk}").get_by_label("Text of the post")
    expect(field).to_have_value("Does moss harm the bricks?")
    field.fill("Does moss harm old bricks?")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".messages .note")).to_have_text("Saved.")
    expect(page.locator(f"#p{opening.pk} > .text")).to_have_text("Does moss harm old bricks?")
    page.locator(f"#p{opening.pk} > .post-actions").get_by_role(
        "link", name="Edit your post"
    ).click()
    page.locator(f"#p{opening.pk}").get_by_label("Text of the post").fill("Never mind.")
    page.get_by_role("button", name="Discard").click()
    expect(page.locator(".messages .note")).to_contain_text("Draft discarded.")
    expect(page.locator(f"#p{opening.pk} > .text")).to_have_text("Does moss harm old bricks?")


def test_title_is_edited_in_place(visit, opening: Post, alice: User) -> None:
    page = visit(opening.thread.get_absolute_url(), alice)
    page.get_by_role("link", name="Edit title").click()
    field = page.get_by_label("Title", exact=True)
    expect(field).to_be_focused()
    field.fill("A dry corner")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("A dry corner")
    expect(page.locator(".messages .note")).to_have_text("Title changed.")
    page.get_by_role("link", name="title edited").click()
    expect(page.locator("main")).to_contain_text("A damp corner")


def test_deletion_is_undone_by_a_button(page: Page, own_post: Post) -> None:
    page.locator(f"#p{own_post.pk}").get_by_role("link", name="More").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.locator(f"#p{own_post.pk}")).to_have_count(0)
    page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(page.locator(".messages .note")).to_have_text("Restored.")
    expect(page.locator(f"#p{own_post.pk} .text em")).to_have_text("October")


def test_deleted_post_leaves_a_tombstone_above_its_replies(
    page: Page, own_post: Post, bob: User
) -> None:
    child = reply_to(own_post, author=bob, source="And until March.")
    page.locator(f"#p{own_post.pk}").get_by_role("link", name="More").click()
    page.get_by_role("link", name="Delete").click()
    expect(page.locator(".lead")).to_contain_text("The reply to it stays")

    page.get_by_role("button", name="Delete").click()

    expect(page.locator(".messages .note")).to_contain_text("Deleted.")
    expect(page.locator(f"#p{own_post.pk}")).to_contain_text("Deleted by its author on")
    expect(page.locator(f"#p{child.pk} .reply-to")).to_have_text("to a removed post")
    page.goto(f"/p/{own_post.pk}/")
    expect(page.locator("h1")).to_have_text("Post not found")


def test_post_menu_opens_under_its_link_and_closes_on_escape(page: Page, own_post: Post) -> None:
    more = page.locator(f"#p{own_post.pk}").get_by_role("link", name="More")

    more.press("Enter")
    expect(page.locator(".menu")).to_be_visible()
    expect(more).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Copy link")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.locator(".menu")).to_have_count(0)
    expect(more).to_be_focused()
    expect(more).to_have_attribute("aria-expanded", "false")


def test_post_menu_copies_the_permanent_link(page: Page, own_post: Post, site: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator(f"#p{own_post.pk}").get_by_role("link", name="More").click()

    page.get_by_role("link", name="Copy link").click()

    expect(page.get_by_role("status").first).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{site}/p/{own_post.pk}/"
    expect(page.locator(f"#p{own_post.pk}").get_by_role("link", name="More")).to_be_focused()


def test_post_menu_is_a_page_without_javascript(visit, own_post: Post, alice: User) -> None:
    page = visit(own_post.thread.get_absolute_url(), alice, java_script_enabled=False)

    page.locator(f"#p{own_post.pk}").get_by_role("link", name="More").click()

    expect(page.locator("h1")).to_have_text("Actions for a post by alice")
    expect(page.get_by_role("link", name="Delete")).to_be_visible()


def background(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")


def test_theme_changes_in_place_and_is_remembered(page: Page) -> None:
    page.evaluate("window.same = true")
    light = background(page)

    page.get_by_role("button", name="Dark").click()

    expect(page.get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    assert background(page) != light
    assert page.evaluate("window.same")
    expect(page.get_by_role("button", name="Dark")).to_be_focused()
    dark = background(page)
    page.reload()
    assert background(page) == dark
    page.get_by_role("button", name="System").click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", "dark")
    assert background(page) == light


def test_theme_changes_without_javascript(visit, sample_data) -> None:
    page = visit(sample_data.seed.get_absolute_url(), java_script_enabled=False)

    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("h1")).to_contain_text("If I can read it")
