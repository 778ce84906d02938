"""Searching in a thread, with a keyboard or a pointer, with and without scripts."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread, User


@pytest.fixture
def matches(opening: Post, reply: Post, bob: User, carol: User) -> list[Post]:
    """Return three posts with a word that no other has, in tree order."""
    first = reply_to(reply, author=carol, source="Gneiss, I should think.")
    last = reply_to(opening, author=carol, source="Any gneiss will do.")
    between = reply_to(first, author=bob, source="Is gneiss not a granite?")
    reply_to(between, author=carol, source="No, it was one.")
    return [first, between, last]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_reader_goes_from_match_to_match_and_back(
    visit, thread: Thread, matches: list[Post], scripts: bool
) -> None:
    page = visit(thread.get_absolute_url(), java_script_enabled=scripts)
    field = page.get_by_role("searchbox", name="Search this thread")
    field.fill("gneiss")
    field.press("Enter")
    expect(page.locator(".matches")).to_contain_text("3 posts here match “gneiss”.")
    expect(page.locator(".text mark")).to_have_count(3)
    page.get_by_role("link", name="Go to the first").click()
    for place, post in enumerate(matches, 1):
        shown = page.locator(f"#p{post.pk}")
        expect(shown).to_be_in_viewport()
        expect(shown.locator(".match")).to_contain_text(f"Match {place} of 3")
        if place < len(matches):
            shown.get_by_role("link", name="Next match").click()
    expect(
        page.locator(f"#p{matches[-1].pk}").get_by_role("link", name="Next match")
    ).to_have_count(0)
    page.locator(f"#p{matches[-1].pk}").get_by_role("link", name="Previous match").click()
    expect(page.locator(f"#p{matches[1].pk}")).to_be_in_viewport()
    page.get_by_role("link", name="End search").click()
    expect(page.locator("mark, .match")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "none"])
def test_match_in_a_folded_branch_is_counted_there_and_opens_with_it(
    visit, thread: Thread, matches: list[Post], scripts: bool
) -> None:
    page = visit(f"{thread.get_absolute_url()}?fold=all&find=gneiss", java_script_enabled=scripts)
    fold = page.locator(".branch > summary", has_text="2 matches").first
    expect(fold).to_be_visible()
    page.locator(".matches").get_by_role("link", name="Go to the first").click()
    expect(page.locator(f"#p{matches[0].pk}")).to_be_in_viewport()


def test_excerpts_of_results_are_as_wide_as_their_list_on_a_phone(
    visit, opening: Post, carol: User
) -> None:
    for n in range(4):
        reply_to(opening, author=carol, source=f"Number {n}: schist and schist " + "words " * 30)
    page = visit("/search/?q=schist", viewport={"width": 390, "height": 800})
    row = page.locator(".list > li")
    expect(row).to_contain_text("1 more in this thread")
    width = row.bounding_box()["width"]
    assert row.locator(".last-post").first.bounding_box()["width"] == pytest.approx(width, abs=1)
