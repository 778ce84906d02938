"""Huge threads: parts added in place both ways, one branch to its end, Back to the same place."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post
from forum.models import Post, Thread
from tests.browser.steps import press
from tests.browser.world import World

ORDER = (
    "() => [...document.querySelectorAll('.answers article')].map(post => Number(post.id.slice(1)))"
)
TOP = "id => document.getElementById(id).getBoundingClientRect().top"
# Once a post has stood still for half a second: how high it stands.
AT_REST = """id => new Promise((done) => {
  let last, frames = 0;
  const look = () => {
    const { top } = document.getElementById(id).getBoundingClientRect();
    frames = top === last ? frames + 1 : 0;
    last = top;
    if (frames > 30) done(top); else requestAnimationFrame(look);
  };
  look();
})"""
# The thread of 700 posts is written once.
pytestmark = pytest.mark.xdist_group("large threads")

A_FEW = 8  # pixels


@pytest.fixture(scope="module")
def huge(world: World) -> tuple[Thread, list[int]]:
    """700 posts at random places, and their ids in the order of the tree."""
    chance = random.Random(3)
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            n,
            None
            if n == 0
            else chance.choice([0, max(0, n - 1), max(0, n - 2), chance.randrange(n)]),
            (world.alice, world.bob)[n % 2],
            f"Number {n} of many. " * chance.randint(1, 30),
            start + timedelta(minutes=n),
        )
        for n in range(700)
    ]
    thread = import_thread(world.yard, title="Seven hundred", posts=posts)
    return thread, [post.pk for post in Post.objects.in_thread(thread)][1:]


def grown(page: Page, link: Locator) -> list[int]:
    """Press a link, and wait for what it adds: the posts in the page then."""
    before = page.evaluate(ORDER)
    press(link)
    page.wait_for_function(
        "count => document.querySelectorAll('.answers article').length > count", arg=len(before)
    )
    page.wait_for_function("() => document.activeElement.matches('article')")
    return page.evaluate(ORDER)


def test_parts_added_below_and_above_make_one_thread_without_moving_what_is_read(
    visit, huge: tuple[Thread, list[int]]
) -> None:
    thread, posts = huge
    page = visit(f"{thread.get_absolute_url()}?at=p{posts[300]}")
    grown(page, page.locator("[rel=next]"))
    expect(page.locator("#status")).to_have_text("199 more replies shown.")
    expect(page.locator(f"#p{posts[500]}")).to_be_focused()
    for first, read in ((100, 300), (0, 100)):
        earlier = page.get_by_role("link", name="Earlier replies")
        earlier.scroll_into_view_if_needed()
        top = page.evaluate(TOP, f"p{posts[read]}")
        grown(page, earlier)
        expect(page.locator(f"#p{posts[first]}")).to_be_attached()
        assert abs(page.evaluate(TOP, f"p{posts[read]}") - top) < A_FEW
    order = page.evaluate(ORDER)
    assert len(order) == len(set(order))
    assert order == posts
    # It comes back as it is.
    page.reload()
    assert page.evaluate(ORDER)[: len(posts)] == posts


def test_back_returns_to_the_same_place_with_what_was_added(
    visit, huge: tuple[Thread, list[int]], world: World
) -> None:
    thread, posts = huge
    page = visit(thread.get_absolute_url(), viewport={"width": 390, "height": 844})
    grown(page, page.locator("[rel=next]"))
    grown(page, page.locator("[rel=next]"))
    assert page.evaluate(ORDER) == posts[:599]
    for leave in (
        lambda: page.locator(f"#p{posts[450]} .when").click(),
        lambda: page.goto("data:text/html,<title>Elsewhere</title>"),
    ):
        page.locator(f"#p{posts[450]}").evaluate("post => post.scrollIntoView({ block: 'start' })")
        before = page.evaluate(AT_REST, f"p{posts[450]}")
        here = page.url
        leave()
        expect(page).not_to_have_url(here)
        page.go_back()
        expect(page.locator(f"#p{posts[598]}")).to_be_attached()
        assert page.evaluate(ORDER) == posts[:599]
        assert abs(page.evaluate(AT_REST, f"p{posts[450]}") - before) < A_FEW


def test_thread_is_shown_again_when_the_post_in_view_was_deleted(visit, world: World) -> None:
    start = timezone.now()
    posts = [ImportedPost(n, 0 if n else None, world.bob, f"Number {n}.", start) for n in range(60)]
    thread = import_thread(world.yard, title="Sixty", posts=posts)
    post = Post.objects.in_thread(thread)[30]
    page = visit(thread.get_absolute_url())
    page.locator(f"#p{post.pk}").evaluate("post => post.scrollIntoView()")
    page.wait_for_function("id => history.state?.place?.[0] === id", arg=f"p{post.pk}")
    delete_post(post, actor=world.bob)
    page.reload()
    expect(page.locator(f"#p{post.pk}")).to_have_count(0)
    expect(page.locator(".answers article")).to_have_count(58)


def test_branch_goes_on_in_place_to_its_end(visit, huge: tuple[Thread, list[int]]) -> None:
    thread, posts = huge
    page = visit(thread.get_absolute_url())
    link = page.get_by_role("link", name="Continue the parent branch")
    head = Post.objects.get(pk=posts[199]).get_ancestors()[1]
    branch = [post.pk for post in Post.objects.branch_of(head).order_by("lft")]
    order: list[int] = []
    while link.count():
        order = grown(page, link)
    assert order == posts[: len(order)]
    assert order[-1] in branch


# -- Without scripts ------------------------------------------------------------------------------


def test_branch_is_read_by_links_and_left_for_where_one_was(
    visit, huge: tuple[Thread, list[int]]
) -> None:
    thread, posts = huge
    page = visit(thread.get_absolute_url(), java_script_enabled=False)
    press(page.get_by_role("link", name="Continue").last)
    page.wait_for_url("**/branch/**")
    seen: list[int] = []
    while True:
        seen += [post for post in page.evaluate(ORDER) if post not in seen]
        following = page.locator("[rel=next]")
        if not following.count():
            break
        press(following)
        page.wait_for_load_state()
    assert seen[0] in posts
    expect(page.locator(".end")).to_contain_text("End of this branch.")
    page.get_by_role("link", name="Back to where you were").first.click()
    expect(page.locator(f"#p{posts[199]}")).to_be_in_viewport()


def test_back_returns_without_scripts_too(visit, huge: tuple[Thread, list[int]]) -> None:
    thread, posts = huge
    page = visit(thread.get_absolute_url(), java_script_enabled=False)
    post = page.locator(f"#p{posts[150]}")
    post.scroll_into_view_if_needed()
    post.locator(".when").click()
    page.go_back()
    expect(post).to_be_in_viewport()
