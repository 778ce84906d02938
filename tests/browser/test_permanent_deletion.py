"""Permanent deletion of a post: one moderator requests it, another confirms it."""

from __future__ import annotations

from playwright.sync_api import expect

from forum.actions.posts import reply_to
from forum.models import Erasure, Post
from tests.browser.sample_data import SampleData

SECRET = "Her number is <b>555</b>; the key lies under the mat."


def test_post_is_deleted_permanently_after_another_moderator_confirms(
    visit, sample_data: SampleData, reply: Post
) -> None:
    post = reply_to(reply, author=sample_data.bob, source=SECRET)
    reply_to(post, author=sample_data.alice, source=f"> {SECRET}\n\nTake that away!")
    thread_url = post.thread.get_absolute_url()
    carol = visit(thread_url, sample_data.carol)
    carol.locator(f"#p{post.pk}").get_by_role("link", name="More").click()
    carol.locator(".menu").get_by_role("link", name="Delete permanently").click()
    expect(carol.get_by_text("This can’t be undone")).to_be_visible()
    expect(carol.get_by_text("quotes of them in 1 other post")).to_be_visible()
    carol.get_by_label("Reason").fill("A private <i>number</i>")
    carol.get_by_role("button", name="Delete permanently").click()
    expect(carol.locator(".messages .note")).to_contain_text("Another moderator has to confirm it")

    request_url = f"/admin/forum/erasure/{Erasure.objects.latest('pk').pk}/change/"
    carol.goto(request_url)
    expect(carol.get_by_role("button", name="Delete permanently")).to_have_count(0)
    expect(carol.get_by_text("manage.py confirm_erasure")).to_be_visible()
    erin = visit(request_url, sample_data.erin, java_script_enabled=False)
    expect(erin.get_by_text("A private <i>number</i>")).to_be_visible()
    erin.get_by_role("button", name="Delete permanently").click()
    expect(erin.get_by_text("Permanently deleted.")).to_be_visible()

    visitor = visit(thread_url)
    tombstone = visitor.locator(f"#p{post.pk}")
    expect(tombstone).to_contain_text("Permanently deleted")
    expect(visitor.locator(".text").get_by_text("Take that away!")).to_be_visible()
    expect(visitor.locator("main")).not_to_contain_text("555")
    tombstone.get_by_role("link", name="Moderation log").click()
    expect(visitor.get_by_text("permanently deleted a post")).to_be_visible()
