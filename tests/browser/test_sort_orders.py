"""Sort orders: links, remembered choice, and the sequence of posts in each."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread
from tests.browser.sample_data import SampleData

SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@pytest.fixture
def branches(opening: Post, sample_data: SampleData) -> dict[str, Post]:
    """Return two branches, the first of which has the latest reply."""
    first = reply_to(opening, author=sample_data.bob, source="The first branch.")
    second = reply_to(opening, author=sample_data.carol, source="The second branch.")
    child = reply_to(first, author=sample_data.alice, source="An answer in the first.")
    return {"first": first, "second": second, "below": child}


def shown_posts(page: Page, branches: dict[str, Post]) -> list[str]:
    names = {f"p{post.pk}": name for name, post in branches.items()}
    ids = page.locator(".replies article").evaluate_all("all => all.map(one => one.id)")
    return [names[one] for one in ids]


@SCRIPTS
def test_each_sort_order_has_a_link_and_the_last_one_is_remembered(
    visit, thread: Thread, branches: dict[str, Post], sample_data: SampleData, scripts: bool
) -> None:
    page = visit(thread.get_absolute_url(), sample_data.alice, java_script_enabled=scripts)
    tabs = page.get_by_role("navigation", name="Sort order")
    assert shown_posts(page, branches) == ["first", "below", "second"]
    for words, order, expected in (
        ("Newest first", "newest", ["second", "first", "below"]),
        ("Active first", "active", ["first", "below", "second"]),
        ("Flat", "time", ["first", "second", "below"]),
    ):
        tabs.get_by_role("link", name=words).click()
        page.wait_for_url(f"**/?order={order}")
        expect(tabs.locator("[aria-current]")).to_have_text(words)
        assert shown_posts(page, branches) == expected
    page.get_by_role("button", name="Open all threads in this order").click()
    expect(page.locator(".messages")).to_contain_text("Threads now open in this order.")
    page.goto(thread.get_absolute_url())
    expect(tabs.locator("[aria-current]")).to_have_text("Flat")
    tabs.get_by_role("link", name="Oldest first").click()
    page.wait_for_url("**/?order=tree")
    assert shown_posts(page, branches) == ["first", "below", "second"]
    page.get_by_role("button", name="Open all threads in this order").click()
    expect(page.locator(".messages")).to_contain_text("Threads now open in this order.")
    page.goto(thread.get_absolute_url())
    assert shown_posts(page, branches) == ["first", "below", "second"]


@SCRIPTS
def test_flat_order_has_one_column_and_links_to_parents(
    visit, thread: Thread, branches: dict[str, Post], sample_data: SampleData, scripts: bool
) -> None:
    address = f"{thread.get_absolute_url()}?order=time"
    page = visit(address, sample_data.bob, java_script_enabled=scripts)
    columns = page.locator(".replies article > .text").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().left)"
    )
    assert len(set(columns)) == 1
    parent_link = page.locator(f"#p{branches['below'].pk}").get_by_role("link", name="to bob: ")
    expect(parent_link).to_contain_text("The first branch.")
    parent_link.click()
    expect(page.locator(f"#p{branches['first'].pk}")).to_be_in_viewport()
    assert page.url.endswith(f"?order=time#p{branches['first'].pk}")


@SCRIPTS
def test_permalink_uses_the_remembered_sort_order(
    visit, thread: Thread, branches: dict[str, Post], sample_data: SampleData, scripts: bool
) -> None:
    page = visit(
        f"{thread.get_absolute_url()}?order=newest", sample_data.bob, java_script_enabled=scripts
    )
    page.get_by_role("button", name="Open all threads in this order").click()
    expect(page.locator(".messages")).to_be_visible()
    page.goto(f"/p/{branches['below'].pk}/")
    expect(page.locator(f"#p{branches['below'].pk}")).to_be_in_viewport()
    assert shown_posts(page, branches) == ["second", "first", "below"]
