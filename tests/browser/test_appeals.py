"""An appeal from a removed branch to its decision by another moderator, with plain forms."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import Appeal, Post, User
from tests.browser.sample_data import SampleData

APPEAL_TEXT = "It was a question; <b>read it</b> again."


def give_reason(page: Page, reason: str, button: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button, exact=True).click()


def test_upheld_appeal_restores_a_removed_branch(
    visit, sample_data: SampleData, reply: Post, bob: User, carol: User
) -> None:
    child = reply_to(reply, author=sample_data.alice, source="Then lime them.")
    thread_url = reply.thread.get_absolute_url()
    moderator = visit(thread_url, carol)
    moderator.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    moderator.locator(".menu").get_by_role("link", name="Remove branch").click()
    expect(moderator.get_by_text("This affects 2 posts by 2 people.")).to_be_visible()
    give_reason(moderator, "in circles", "Remove branch")
    expect(moderator.locator(".messages .note")).to_contain_text("Branch removed.")

    visitor = visit(thread_url)
    tombstone = visitor.locator(f"#p{reply.pk}")
    expect(tombstone).to_contain_text("in circles")
    expect(visitor.locator(f"#p{child.pk}")).to_have_count(0)
    tombstone.get_by_role("link", name="Moderation log").click()
    expect(visitor.get_by_text("removed a branch")).to_be_visible()
    expect(visitor.locator("main")).not_to_contain_text("carol")

    author = visit("/inbox/", bob)
    expect(author.get_by_text("Your post was hidden with its branch.").first).to_be_visible()
    author.get_by_role("link", name="Appeal").first.click()
    author.get_by_label("What was wrong with the decision?").fill(APPEAL_TEXT)
    author.get_by_role("button", name="Send appeal").click()
    expect(author.locator("blockquote")).to_have_text(APPEAL_TEXT)

    appeal = Appeal.objects.latest("pk").get_absolute_url()
    moderator.goto(appeal)
    expect(
        moderator.get_by_text("An appeal must be decided by a different moderator")
    ).to_be_visible()
    other_moderator = visit("/appeals/", sample_data.erin)
    other_moderator.goto(appeal)
    other_moderator.get_by_label("Your decision").select_option("upheld")
    give_reason(other_moderator, "he is right", "Decide")
    expect(other_moderator.get_by_text("Appeal decided.")).to_be_visible()

    visitor.goto(thread_url)
    expect(visitor.locator(f"#p{reply.pk} > .text")).to_have_text(reply.source)
    author.goto("/inbox/")
    expect(author.get_by_text("Your appeal was upheld.")).to_be_visible()
