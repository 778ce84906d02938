"""Pages of pending posts, as their author and moderators see them."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from forum.models import PendingPost
from tests.browser.page_specs import PageSpec, named_url, thread_url, url_for_reply
from tests.browser.pages import open_composer
from tests.browser.sample_data import SampleData


def url_for_pending_post(
    name: str, state: str = "waiting", **filters: object
) -> Callable[[SampleData], str]:
    """Return the address for frank's first pending post that matches."""

    def address(_sample_data: SampleData) -> str:
        pending = PendingPost.objects.filter(state=state, author__username="frank", **filters)
        return reverse(name, args=[pending.earliest("pk").pk])

    return address


def submit_inline_for_review(page: Page) -> None:
    open_composer(page)
    page.keyboard.type("Come to my casino.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".draft-offer:focus")).to_contain_text("awaiting review")


def submit_on_page_for_review(page: Page) -> None:
    page.get_by_label("Your reply to").fill("Come to my casino.")
    page.locator("main .primary").click()
    expect(page.locator("h1")).to_have_text("Awaiting review")


PENDING_POST_PAGES: dict[str, PageSpec] = {
    "pending_post": PageSpec(named_url("pending-posts"), "frank"),
    "held, none": PageSpec(named_url("pending-posts"), "alice"),
    "held, one": PageSpec(url_for_pending_post("pending-post-detail", title=""), "frank"),
    "held, rejected": PageSpec(url_for_pending_post("pending-post-detail", "rejected"), "frank"),
    "held, to decide": PageSpec(url_for_pending_post("pending-post-detail"), "carol"),
    "approve": PageSpec(url_for_pending_post("pending_post-approve"), "carol"),
    "reject": PageSpec(url_for_pending_post("pending_post-reject"), "carol"),
    "give to a moderator": PageSpec(url_for_pending_post("pending_post-give"), "carol"),
    "thread, held": PageSpec(thread_url("forked"), "frank"),
    "thread, sent and held": PageSpec(thread_url("forked"), "bob", steps=submit_inline_for_review),
    "reply, held": PageSpec(
        url_for_reply("post-reply", "forked"), "bob", steps=submit_on_page_for_review
    ),
}
