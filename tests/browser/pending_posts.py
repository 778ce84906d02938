"""The pages of posts that wait for a moderator, as their author and moderators see them."""

from __future__ import annotations

from collections.abc import Callable

from django.urls import reverse
from playwright.sync_api import Page, expect

from forum.models import PendingPost
from tests.browser.pages import open_composer
from tests.browser.shown import Shown, in_thread, named, of_reply
from tests.browser.world import World


def of_pending_post(name: str, state: str = "waiting", **which: object) -> Callable[[World], str]:
    """The address about the first such held post."""

    def address(_world: World) -> str:
        pending = PendingPost.objects.filter(state=state, author__username="frank", **which)
        return reverse(name, args=[pending.earliest("pk").pk])

    return address


def send_and_wait(page: Page) -> None:
    open_composer(page)
    page.keyboard.type("Come to my casino.")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".offer:focus")).to_contain_text("awaiting review")


def send_alone_and_wait(page: Page) -> None:
    page.get_by_label("Your reply to").fill("Come to my casino.")
    page.locator("main .go").click()
    expect(page.locator("h1")).to_have_text("Awaiting review")


PENDING_POST: dict[str, Shown] = {
    "pending_post": Shown(named("pending-posts"), "frank"),
    "held, none": Shown(named("pending-posts"), "alice"),
    "held, one": Shown(of_pending_post("pending-post-detail", title=""), "frank"),
    "held, rejected": Shown(of_pending_post("pending-post-detail", "rejected"), "frank"),
    "held, to decide": Shown(of_pending_post("pending-post-detail"), "carol"),
    "approve": Shown(of_pending_post("pending_post-approve"), "carol"),
    "reject": Shown(of_pending_post("pending_post-reject"), "carol"),
    "give to a moderator": Shown(of_pending_post("pending_post-give"), "carol"),
    "thread, held": Shown(in_thread("forked"), "frank"),
    "thread, sent and held": Shown(in_thread("forked"), "bob", steps=send_and_wait),
    "reply, held": Shown(of_reply("post-reply", "forked"), "bob", steps=send_alone_and_wait),
}
