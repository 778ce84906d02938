"""Pending posts: held for review, shown to their author, and approved or rejected by key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from forum.models import Case, PendingPost, Post, ReviewRule, User
from forum.moderation.configuration import set_up, take_down
from tests.browser.composer import open_composer
from tests.browser.sample_data import SampleData

HOSTILE_TEXT = (
    "My <b>roulette</b> & **bold** “quote”, <script>alert(1)</script> https://x.example/?a=1&b=2"
)


@pytest.fixture(autouse=True)
def rule(sample_data: SampleData) -> Iterator[ReviewRule]:
    rule = ReviewRule(kind="words", terms="roulette")
    set_up(rule, actor=sample_data.erin)
    yield rule
    take_down(rule, actor=sample_data.erin)


def decide(page: Page, key: str, reason: str) -> None:
    """Open the focused row, press the key of a decision, and give the reason."""
    page.keyboard.press("Enter")
    expect(page.get_by_text("You claimed this case.")).to_be_visible()
    expect(page.get_by_text("Words: roulette")).to_be_visible()
    page.keyboard.press(key)
    page.get_by_role("textbox", name="Reason").fill(reason)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Review queue")


def find_row(page: Page, pending: PendingPost):
    case = Case.objects.get(pending_post=pending)
    return page.locator(f"button[formaction='/admin/forum/case/{case.pk}/claim/']")


def test_pending_post_is_approved_by_key_and_published(
    visit, opening: Post, bob: User, carol: User
) -> None:
    address = opening.thread.get_absolute_url()
    member = visit(address, bob)
    open_composer(member, opening)
    member.keyboard.type(HOSTILE_TEXT)
    member.keyboard.press("Control+Enter")
    note = member.locator(".draft-offer:focus")
    expect(note).to_contain_text("awaiting review")
    expect(note).to_contain_text("My <b>roulette</b> & bold “quote”, <script>")
    expect(member.get_by_role("status").first).to_have_text("Your reply is awaiting review.")
    pending = PendingPost.objects.latest("pk")
    member.reload()
    expect(member.locator(f"#pending-{pending.pk}")).to_contain_text(
        "Only you and moderators can see it"
    )
    visitor = visit(address)
    expect(visitor.locator("main")).not_to_contain_text("roulette")

    moderator = visit("/admin/", carol)
    find_row(moderator, pending).focus()
    decide(moderator, "a", "harmless")
    expect(moderator.locator(".messagelist")).to_contain_text("Post published.")

    post = Post.objects.get(author=bob, source=HOSTILE_TEXT)
    member.reload()
    expect(member.locator(f"#pending-{pending.pk}")).to_have_count(0)
    expect(member.locator(f"#p{post.pk} .text")).to_contain_text("<b>roulette</b> & bold")
    visitor.reload()
    expect(visitor.locator(f"#p{post.pk}")).to_be_visible()
    member.goto("/inbox/")
    expect(member.get_by_text("Your post was approved and published.").first).to_be_visible()


def test_pending_post_is_rejected_by_key_and_revised(
    visit, opening: Post, bob: User, carol: User
) -> None:
    member = visit(opening.thread.get_absolute_url(), bob)
    open_composer(member, opening)
    member.keyboard.type("Roulette, anybody?")
    member.keyboard.press("Control+Enter")
    expect(member.locator(".draft-offer:focus")).to_be_visible()
    pending = PendingPost.objects.latest("pk")
    moderator = visit("/admin/", carol)
    find_row(moderator, pending).focus()
    decide(moderator, "d", "no games here")

    member.goto("/inbox/")
    member.get_by_role("link", name="Your post was not published.").first.click()
    member.locator("main").get_by_role("link", name=opening.thread.title).first.click()
    expect(member.locator("main")).to_contain_text("no games here")
    member.get_by_role("button", name="Revise").click()
    field = member.get_by_label("Your reply to")
    expect(field).to_have_value("Roulette, anybody?")
    field.fill("Chess, anybody?")
    member.get_by_role("button", name="Post reply").click()
    expect(member.locator(".node .text", has_text="Chess, anybody?")).to_be_visible()


def test_pending_post_is_edited_and_approved_without_scripts(
    visit, opening: Post, bob: User, carol: User
) -> None:
    without_scripts = {"java_script_enabled": False}
    member = visit(f"/p/{opening.pk}/reply/", bob, **without_scripts)
    member.get_by_label("Your reply to").fill(HOSTILE_TEXT)
    member.get_by_role("button", name="Post reply").click()
    expect(member.locator("h1")).to_have_text("Awaiting review")
    expect(member.locator(".text")).to_contain_text("<b>roulette</b> & bold")
    member.reload()  # sends the same form once more
    pending = PendingPost.objects.get(parent=opening)
    member.get_by_role("button", name="Edit").click()
    field = member.get_by_label("Your reply to")
    expect(field).to_have_value(HOSTILE_TEXT)
    field.fill("Less of roulette.")
    member.get_by_role("button", name="Post reply").click()
    expect(member.locator("h1")).to_have_text("Awaiting review")
    pending = PendingPost.objects.waiting().get(parent=opening)

    moderator = visit("/admin/", carol, **without_scripts)
    row = moderator.locator("#result_list tbody tr").filter(has=find_row(moderator, pending))
    row.get_by_role("link", name="Approve").click()
    moderator.get_by_role("textbox", name="Reason").fill("fine")
    moderator.get_by_role("button", name="Approve").click()
    expect(moderator.locator(".messagelist")).to_contain_text("Post published.")
    member.goto(opening.thread.get_absolute_url())
    expect(member.locator(".node .text", has_text="Less of roulette.")).to_be_visible()
