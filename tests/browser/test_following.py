"""Following and muting on a phone, with scripts and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.actions.posts import reply_to
from forum.actions.subscriptions import subscribe
from forum.jobs.notifications import fan_out
from forum.models import Post, Subscription, User

PHONE = {"viewport": {"width": 390, "height": 844}}
scripts = pytest.mark.parametrize("script", [True, False], ids=["scripts", "no scripts"])


def chosen(member: User, post: Post) -> str:
    own = Subscription.objects.filter(member=member, branch=post).first()
    return own.choice if own else ""


@scripts
def test_branch_is_muted_from_the_menu_and_folded(
    visit, reply: Post, alice: User, bob: User, script: bool
) -> None:
    below = reply_to(reply, author=bob, source="And on the north side.")
    page = visit(reply.thread.get_absolute_url(), alice, java_script_enabled=script, **PHONE)
    page.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    page.get_by_role("button", name="Mute this branch").click()
    expect(page.locator(".messages")).to_contain_text("Muted.")
    assert chosen(alice, reply) == "mute"
    head = page.locator(f"#p{reply.pk}")
    expect(head).to_be_in_viewport()
    expect(head.locator(".text")).to_be_hidden()
    expect(page.locator(f"#p{below.pk}")).to_be_hidden()
    head.locator("summary").click()
    expect(head.locator(".text")).to_be_visible()
    page.locator(".branch > summary", has_text="muted").click()
    expect(page.locator(f"#p{below.pk}")).to_be_visible()
    page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(page.locator(f"#p{reply.pk} .text")).to_be_visible()
    assert chosen(alice, reply) == ""


@scripts
def test_thread_is_followed_and_stopped_from_its_page(
    visit, opening: Post, carol: User, script: bool
) -> None:
    address = opening.thread.get_absolute_url()
    page = visit(address, carol, java_script_enabled=script, **PHONE)
    page.get_by_role("button", name="Follow this thread").click()
    expect(page.locator("form.subscription")).to_contain_text("You follow this thread.")
    assert chosen(carol, opening) == "follow"
    if script:
        expect(page.get_by_role("button", name="Stop following")).to_be_focused()
        expect(page.locator("#status")).to_have_text("You follow this thread.")
    page.get_by_role("button", name="Stop following").click()
    expect(page.get_by_role("button", name="Follow this thread")).to_be_visible()
    assert chosen(carol, opening) == ""


@scripts
def test_entry_of_the_inbox_mutes_what_it_came_from(
    visit, reply: Post, carol: User, bob: User, script: bool
) -> None:
    fan_out()
    subscribe(reply, "follow", actor=carol)
    reply_to(reply, author=bob, source="And on the mossy side.")
    fan_out()
    page = visit("/inbox/", carol, java_script_enabled=script, **PHONE)
    entry = page.locator(".list > li").filter(has_text="And on the mossy side.").first
    expect(entry).to_contain_text("You follow this branch.")
    entry.get_by_role("button", name="Mute this branch").click()
    expect(entry).to_contain_text("You muted this branch.")
    assert chosen(carol, reply) == "mute"
    entry.get_by_role("button", name="Follow this branch").click()
    expect(entry).to_contain_text("You follow this branch.")
    assert chosen(carol, reply) == "follow"


@scripts
def test_page_of_what_is_followed_stops_it(visit, opening: Post, carol: User, script: bool) -> None:
    subscribe(opening, "follow", actor=carol)
    page = visit("/following/?show=threads", carol, java_script_enabled=script, **PHONE)
    entry = page.locator(".list > li").filter(has_text=opening.thread.title).first
    entry.get_by_role("button", name="Stop following").click()
    expect(page.locator(".messages")).to_contain_text("Stopped.")
    assert page.url.endswith("/following/?show=threads")
    assert chosen(carol, opening) == ""
