"""A branch is removed, its author appeals, another moderator undoes it: all by plain forms."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import Appeal, Post, User
from tests.browser.world import World

WORDS = "It was a question; <b>read it</b> again."


def give_reason(page: Page, reason: str, button: str) -> None:
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name=button, exact=True).click()


def test_removed_appealed_against_and_brought_back(
    visit, world: World, reply: Post, bob: User, carol: User
) -> None:
    below = reply_to(reply, author=world.alice, source="Then lime them.")
    place = reply.thread.get_absolute_url()
    moderator = visit(place, carol)
    moderator.locator(f"#p{reply.pk}").get_by_role("link", name="More").click()
    moderator.locator(".menu").get_by_role("link", name="Remove branch").click()
    expect(moderator.get_by_text("This affects 2 posts by 2 people.")).to_be_visible()
    give_reason(moderator, "in circles", "Remove branch")
    expect(moderator.locator(".messages .note")).to_contain_text("Branch removed.")

    visitor = visit(place)
    stone = visitor.locator(f"#p{reply.pk}")
    expect(stone).to_contain_text("in circles")
    expect(visitor.locator(f"#p{below.pk}")).to_have_count(0)
    stone.get_by_role("link", name="Moderation log").click()
    expect(visitor.get_by_text("removed a branch")).to_be_visible()
    expect(visitor.locator("main")).not_to_contain_text("carol")

    author = visit("/inbox/", bob)
    expect(author.get_by_text("Your post was hidden with its branch.").first).to_be_visible()
    author.get_by_role("link", name="Appeal").first.click()
    author.get_by_label("What was wrong with the decision?").fill(WORDS)
    author.get_by_role("button", name="Send appeal").click()
    expect(author.locator("blockquote")).to_have_text(WORDS)

    appeal = Appeal.objects.latest("pk").get_absolute_url()
    moderator.goto(appeal)
    expect(
        moderator.get_by_text("An appeal must be decided by a different moderator")
    ).to_be_visible()
    other = visit("/appeals/", world.erin)
    other.goto(appeal)
    other.get_by_label("Your decision").select_option("upheld")
    give_reason(other, "he is right", "Decide")
    expect(other.get_by_text("Appeal decided.")).to_be_visible()

    visitor.goto(place)
    expect(visitor.get_by_text(reply.source)).to_be_visible()
    author.goto("/inbox/")
    expect(author.get_by_text("Your appeal was upheld.")).to_be_visible()
