"""Bookmarking a post under it, and on a page of its own without scripts, on a phone."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Bookmark, Post, User

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_post_is_bookmarked_changed_and_removed(
    visit, reply: Post, carol: User, scripts: bool
) -> None:
    page = visit(reply.thread.get_absolute_url(), carol, java_script_enabled=scripts, **PHONE)
    page.locator(f"#p{reply.pk} .post-actions").get_by_role("link", name="More").click()
    page.get_by_role("link", name="Bookmark", exact=True).click()
    page.get_by_label("Note").fill("For the garden wall")
    page.get_by_role("button", name="Bookmark", exact=True).click()
    if scripts:
        expect(page.locator(f"#bookmark-{reply.pk}")).to_contain_text("For the garden wall")
        page.get_by_role("link", name="All bookmarks").click()
    else:
        expect(page.locator(".messages")).to_contain_text("Bookmarked.")
        page.locator(f"#p{reply.pk}").get_by_role("link", name="bookmarked").click()
        page.goto("/bookmarks/")
    entry = page.locator(".list > li").first
    expect(entry).to_contain_text("For the garden wall")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    entry.get_by_role("button", name="Remove").click()
    expect(page.locator(".messages")).to_contain_text("Bookmark removed.")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".list > li").first).to_contain_text("For the garden wall")
    Bookmark.objects.filter(member=carol).delete()
