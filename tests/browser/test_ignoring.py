"""Ignoring a person on a phone, with and without scripts: folds, keys, and the way back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.actions.ignores import ignore_person, stop_ignoring
from forum.actions.posts import reply_to
from forum.models import Post, User

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WORDS = "Only where the bricks stay wet all winter."


@pytest.fixture
def ignored(bob: User, carol: User):
    """Let carol ignore bob for one test."""
    ignore_person(bob, actor=carol)
    yield bob
    stop_ignoring(bob, actor=carol)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_person_is_ignored_and_a_single_post_shown_on_a_phone(
    visit, reply: Post, alice: User, bob: User, carol: User, scripts: bool
) -> None:
    answer = reply_to(reply, author=alice, source="They do, on the north side.")
    page = visit(reply.thread.get_absolute_url(), carol, java_script_enabled=scripts, **PHONE)
    page.locator(f"#p{reply.pk} .post-actions").get_by_role("link", name="More").click()
    page.get_by_role("button", name="Ignore bob").click()
    expect(page.locator(".messages")).to_contain_text("You ignore bob.")
    post = page.locator(f"#p{reply.pk}")
    expect(post).to_be_in_viewport()
    expect(post.get_by_text(WORDS)).to_be_hidden()
    expect(page.locator(f"#p{answer.pk}").get_by_text("They do")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    post.locator("summary").click()
    expect(post.get_by_text(WORDS)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.locator(".messages").get_by_role("button", name="Undo").click()
    expect(page.locator(".messages")).to_contain_text("You no longer ignore bob.")
    expect(page.locator(f"#p{reply.pk}").get_by_text(WORDS)).to_be_visible()


def test_link_to_a_folded_post_leads_to_its_line(
    visit, reply: Post, carol: User, ignored: User
) -> None:
    page = visit(f"/p/{reply.pk}/", carol)
    post = page.locator(f"#p{reply.pk}")
    expect(post).to_be_in_viewport()
    expect(post.locator("summary")).to_have_text("Ignored post by bob Show")
    expect(post.get_by_text(WORDS)).to_be_hidden()


def test_fold_opens_by_keyboard_and_stays_in_the_order_of_posts(
    visit, opening: Post, reply: Post, alice: User, carol: User, ignored: User
) -> None:
    answer = reply_to(reply, author=alice, source="They do, on the north side.")
    page = visit(opening.thread.get_absolute_url(), carol)
    for post in (opening, reply, answer):
        page.keyboard.press("j")
        expect(page.locator(f"#p{post.pk}")).to_be_focused()
    page.keyboard.press("k")
    expect(page.locator(f"#p{reply.pk}")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(f"#p{reply.pk}").get_by_text(WORDS)).to_be_visible()
