"""Reporting a post from its menu, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.models import Post, Report, User


def test_post_is_reported_in_place(visit, reply: Post, alice: User) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    page.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name="Report").click()

    form = page.locator(f"#p{reply.pk} + .report")
    expect(form.locator("h4")).to_be_focused()
    expect(page.locator(".menu")).to_have_count(0)
    form.get_by_label("Spam").check()
    form.get_by_label("Details for the moderators").fill('<img src=x onerror="alert(1)">')
    form.get_by_role("button", name="Send report").click()

    expect(form.locator("h4")).to_have_text("You reported this post")
    expect(form.locator("h4")).to_be_focused()
    expect(form).to_contain_text("<img src=x")
    assert Report.objects.get(post=reply).reason == "spam"


@pytest.mark.parametrize("script", [True, False])
def test_post_is_reported_on_a_page(visit, reply: Post, alice: User, script: bool) -> None:
    page = visit(f"/p/{reply.pk}/menu/", alice, java_script_enabled=script)
    page.get_by_role("link", name="Report").click()
    page.get_by_label("Private information").check()
    page.get_by_role("button", name="Send report").click()

    expect(page.locator("h1")).to_have_text("You reported this post")
    page.get_by_role("link", name="Back to the thread").click()
    expect(page.locator(f"#p{reply.pk}")).to_be_visible()


def test_cancelling_a_report_moves_focus_to_the_post(visit, reply: Post, alice: User) -> None:
    page = visit(reply.thread.get_absolute_url(), alice)
    page.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name="Report").click()
    page.locator(".report").get_by_role("link", name="Cancel").click()

    expect(page.locator(".report")).to_have_count(0)
    expect(page.locator(f"#p{reply.pk}")).to_be_focused()
    assert not Report.objects.filter(post=reply).exists()
