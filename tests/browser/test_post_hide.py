"""Hiding posts and locking threads, in the page and in the moderation admin."""

from __future__ import annotations

from playwright.sync_api import expect

from forum.models import Post, Thread, User


def test_post_is_hidden_from_its_menu_and_unhidden(visit, reply: Post, carol: User) -> None:
    thread_url = reply.thread.get_absolute_url()
    page = visit(thread_url, carol)
    page.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name="Hide", exact=True).click()
    expect(page.locator("h1")).to_have_text("Hide this post?")
    page.get_by_role("button", name="Hide").click()
    page.get_by_label("Reason").fill("advertising")
    page.get_by_role("button", name="Hide").click()

    expect(page.locator(".messages .note")).to_contain_text("Post hidden.")
    visitor = visit(thread_url)
    expect(visitor.locator(f"#p{reply.pk}")).to_contain_text("Hidden by a moderator of Yard on")
    expect(visitor.locator(f"#p{reply.pk}")).to_contain_text("advertising")
    expect(visitor.get_by_text(reply.source)).to_have_count(0)

    page.goto(thread_url)
    page.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    page.locator(".menu").get_by_role("link", name="Unhide").click()
    page.get_by_label("Reason").fill("it was not")
    page.get_by_role("button", name="Unhide").click()
    expect(page.locator(".messages .note")).to_contain_text("Post unhidden.")
    visitor.reload()
    expect(visitor.locator(f"#p{reply.pk} > .text")).to_have_text(reply.source)


def test_thread_is_locked_from_the_sidebar(visit, thread: Thread, carol: User) -> None:
    page = visit(thread.get_absolute_url(), carol)
    page.get_by_role("navigation", name="Moderators").get_by_role("link", name="Lock").click()
    page.get_by_label("Reason").fill("going in circles")

    page.get_by_role("button", name="Lock").click()

    expect(page.locator(".messages .note")).to_contain_text("Thread locked.")
    visitor = visit(thread.get_absolute_url())
    expect(visitor.locator(".opening-post .note")).to_have_text("Locked. Reason: going in circles")
    expect(visitor.get_by_role("link", name="Reply")).to_have_count(0)


def test_post_is_hidden_in_the_admin(visit, reply: Post, carol: User) -> None:
    page = visit("/admin/forum/post/", carol)
    page.locator(f"input[name=_selected_action][value='{reply.pk}']").check()
    page.get_by_label("Action:").select_option("hide")

    page.locator("button[name=index]").click()
    page.get_by_label("Reason").fill("advertising")
    page.get_by_role("button", name="Hide").click()

    expect(page.locator(".messagelist")).to_contain_text("Post hidden.")
    assert Post.objects.get(pk=reply.pk).is_hidden
