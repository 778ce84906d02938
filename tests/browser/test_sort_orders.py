"""Orders: chosen by a link, kept in the address and remembered, each with its own sequence."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forum.actions.posts import reply_to
from forum.models import Post, Thread
from tests.browser.world import World

WAYS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


@pytest.fixture
def branches(opening: Post, world: World) -> dict[str, Post]:
    """Two branches, the first of which was answered last."""
    first = reply_to(opening, author=world.bob, source="The first branch.")
    second = reply_to(opening, author=world.carol, source="The second branch.")
    below = reply_to(first, author=world.alice, source="An answer in the first.")
    return {"first": first, "second": second, "below": below}


def shown(page: Page, branches: dict[str, Post]) -> list[str]:
    names = {f"p{post.pk}": name for name, post in branches.items()}
    ids = page.locator(".replies article").evaluate_all("all => all.map(one => one.id)")
    return [names[one] for one in ids]


@WAYS
def test_each_order_is_a_link_and_the_last_one_chosen_is_remembered(
    visit, thread: Thread, branches: dict[str, Post], world: World, scripts: bool
) -> None:
    page = visit(thread.get_absolute_url(), world.alice, java_script_enabled=scripts)
    tabs = page.get_by_role("navigation", name="Sort order")
    assert shown(page, branches) == ["first", "below", "second"]
    for words, order, expected in (
        ("Newest first", "newest", ["second", "first", "below"]),
        ("Active first", "active", ["first", "below", "second"]),
        ("Flat", "time", ["first", "second", "below"]),
    ):
        tabs.get_by_role("link", name=words).click()
        page.wait_for_url(f"**/?order={order}")
        expect(tabs.locator("[aria-current]")).to_have_text(words)
        assert shown(page, branches) == expected
    page.goto(thread.get_absolute_url())
    expect(tabs.locator("[aria-current]")).to_have_text("Flat")
    tabs.get_by_role("link", name="Oldest first").click()
    page.wait_for_url("**/?order=tree")
    page.goto(thread.get_absolute_url())
    assert shown(page, branches) == ["first", "below", "second"]


@WAYS
def test_by_time_posts_stand_in_one_column_and_say_whom_they_answer(
    visit, thread: Thread, branches: dict[str, Post], world: World, scripts: bool
) -> None:
    address = f"{thread.get_absolute_url()}?order=time"
    page = visit(address, world.bob, java_script_enabled=scripts)
    columns = page.locator(".replies article > .text").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().left)"
    )
    assert len(set(columns)) == 1
    far = page.locator(f"#p{branches['below'].pk}").get_by_role("link", name="to bob: ")
    expect(far).to_contain_text("The first branch.")
    far.click()
    expect(page.locator(f"#p{branches['first'].pk}")).to_be_in_viewport()
    assert page.url.endswith(f"?order=time#p{branches['first'].pk}")


@WAYS
def test_permanent_link_leads_to_its_post_in_the_order_remembered(
    visit, thread: Thread, branches: dict[str, Post], world: World, scripts: bool
) -> None:
    page = visit(
        f"{thread.get_absolute_url()}?order=newest", world.bob, java_script_enabled=scripts
    )
    page.goto(f"/p/{branches['below'].pk}/")
    expect(page.locator(f"#p{branches['below'].pk}")).to_be_in_viewport()
    assert shown(page, branches) == ["second", "first", "below"]
