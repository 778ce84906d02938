"""Large threads: loading more posts above and below, reading one branch to its end, going Back."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post
from forum.models import Post, Thread
from tests.browser.page_steps import click_when_stable
from tests.browser.sample_data import SampleData

ORDER = (
    "() => [...document.querySelectorAll('.node article')].map(post => Number(post.id.slice(1)))"
)
TOP = "id => document.getElementById(id).getBoundingClientRect().top"
# Resolves to the top of a post once it has not moved for 30 frames.
TOP_WHEN_STABLE = """id => new Promise((done) => {
  let last, frames = 0;
  const look = () => {
    const { top } = document.getElementById(id).getBoundingClientRect();
    frames = top === last ? frames + 1 : 0;
    last = top;
    if (frames > 30) done(top); else requestAnimationFrame(look);
  };
  look();
})"""
# One process creates the thread of 700 posts for all tests.
pytestmark = pytest.mark.xdist_group("large threads")

TOLERANCE = 8  # pixels


@pytest.fixture(scope="module")
def large_thread(sample_data: SampleData) -> tuple[Thread, list[int]]:
    """Import 700 posts at random places, and return their ids in tree order."""
    rng = random.Random(3)
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else rng.choice([0, max(0, n - 1), max(0, n - 2), rng.randrange(n)]),
            (sample_data.alice, sample_data.bob)[n % 2],
            f"Number {n} of many. " * rng.randint(1, 30),
            start + timedelta(minutes=n),
        )
        for n in range(700)
    ]
    thread = import_thread(sample_data.yard, title="Seven hundred", posts=posts)
    return thread, [post.pk for post in Post.objects.in_thread(thread)][1:]


def load_more(page: Page, link: Locator) -> list[int]:
    """Press a link, wait for the posts that it adds, and return all ids of the page."""
    before = page.evaluate(ORDER)
    click_when_stable(link)
    page.wait_for_function(
        "count => document.querySelectorAll('.node article').length > count",
        arg=len(before),
    )
    page.wait_for_function("() => document.activeElement.matches('article')")
    return page.evaluate(ORDER)


def test_posts_loaded_above_and_below_do_not_move_the_post_being_read(
    visit, large_thread: tuple[Thread, list[int]]
) -> None:
    thread, posts = large_thread
    page = visit(f"{thread.get_absolute_url()}?at=p{posts[300]}")
    load_more(page, page.locator("[rel=next]"))
    expect(page.locator("#status")).to_have_text("199 more replies shown.")
    expect(page.locator(f"#p{posts[500]}")).to_be_focused()
    for first, read in ((100, 300), (0, 100)):
        earlier = page.get_by_role("link", name="Earlier replies")
        earlier.scroll_into_view_if_needed()
        top = page.evaluate(TOP, f"p{posts[read]}")
        load_more(page, earlier)
        expect(page.locator(f"#p{posts[first]}")).to_be_attached()
        assert abs(page.evaluate(TOP, f"p{posts[read]}") - top) < TOLERANCE
    order = page.evaluate(ORDER)
    assert len(order) == len(set(order))
    assert order == posts
    # The loaded posts come back after a reload.
    page.reload()
    assert page.evaluate(ORDER)[: len(posts)] == posts


def test_back_restores_the_position_and_the_loaded_posts(
    visit, large_thread: tuple[Thread, list[int]], sample_data: SampleData
) -> None:
    thread, posts = large_thread
    page = visit(thread.get_absolute_url(), viewport={"width": 390, "height": 844})
    load_more(page, page.locator("[rel=next]"))
    load_more(page, page.locator("[rel=next]"))
    assert page.evaluate(ORDER) == posts[:599]
    for leave_page in (
        lambda: page.locator(f"#p{posts[450]} .when").click(),
        lambda: page.goto("data:text/html,<title>Elsewhere</title>"),
    ):
        page.locator(f"#p{posts[450]}").evaluate("post => post.scrollIntoView({ block: 'start' })")
        before = page.evaluate(TOP_WHEN_STABLE, f"p{posts[450]}")
        url = page.url
        leave_page()
        expect(page).not_to_have_url(url)
        page.go_back()
        expect(page.locator(f"#p{posts[598]}")).to_be_attached()
        assert page.evaluate(ORDER) == posts[:599]
        assert abs(page.evaluate(TOP_WHEN_STABLE, f"p{posts[450]}") - before) < TOLERANCE


def test_reload_shows_the_thread_after_the_post_in_view_was_deleted(
    visit, sample_data: SampleData
) -> None:
    start = timezone.now()
    posts = [
        ImportedPost(n, 0 if n else None, sample_data.bob, f"Number {n}.", start) for n in range(60)
    ]
    thread = import_thread(sample_data.yard, title="Sixty", posts=posts)
    post = Post.objects.in_thread(thread)[30]
    page = visit(thread.get_absolute_url())
    page.locator(f"#p{post.pk}").evaluate("post => post.scrollIntoView()")
    page.wait_for_function("id => history.state?.place?.[0] === id", arg=f"p{post.pk}")
    delete_post(post, actor=sample_data.bob)
    page.reload()
    expect(page.locator(f"#p{post.pk}")).to_have_count(0)
    expect(page.locator(".node article")).to_have_count(58)


def test_branch_is_loaded_in_place_to_its_end(
    visit, large_thread: tuple[Thread, list[int]]
) -> None:
    thread, posts = large_thread
    page = visit(thread.get_absolute_url())
    link = page.get_by_role("link", name="Continue the parent branch")
    top_level = Post.objects.get(pk=posts[199]).get_ancestors()[1]
    branch = [post.pk for post in Post.objects.branch_of(top_level).order_by("lft")]
    order: list[int] = []
    while link.count():
        order = load_more(page, link)
    assert order == posts[: len(order)]
    assert order[-1] in branch


# -- Without scripts ------------------------------------------------------------------------------


def test_branch_is_read_by_links_and_left_to_the_same_position(
    visit, large_thread: tuple[Thread, list[int]]
) -> None:
    thread, posts = large_thread
    page = visit(thread.get_absolute_url(), java_script_enabled=False)
    click_when_stable(page.get_by_role("link", name="Continue").last)
    page.wait_for_url("**/branch/**")
    shown: list[int] = []
    while True:
        shown += [post for post in page.evaluate(ORDER) if post not in shown]
        next_link = page.locator("[rel=next]")
        if not next_link.count():
            break
        click_when_stable(next_link)
        page.wait_for_load_state()
    assert shown[0] in posts
    expect(page.locator(".page-end")).to_contain_text("End of this branch.")
    page.get_by_role("link", name="Back to where you were").first.click()
    expect(page.locator(f"#p{posts[199]}")).to_be_in_viewport()


def test_back_returns_to_the_post_without_scripts(
    visit, large_thread: tuple[Thread, list[int]]
) -> None:
    thread, posts = large_thread
    page = visit(thread.get_absolute_url(), java_script_enabled=False)
    post = page.locator(f"#p{posts[150]}")
    post.scroll_into_view_if_needed()
    post.locator(".when").click()
    page.go_back()
    expect(post).to_be_in_viewport()


def test_outline_leads_through_the_thread_on_a_phone_without_scripts(
    visit, large_thread: tuple[Thread, list[int]]
) -> None:
    thread, ids = large_thread
    phone = {"viewport": {"width": 390, "height": 800}, "java_script_enabled": False}
    page = visit(thread.get_absolute_url(), **phone)
    page.get_by_role("navigation", name="Thread navigation").get_by_role(
        "link", name="Outline"
    ).click()
    outline = page.get_by_role("navigation", name="Outline")
    expect(outline.get_by_role("heading", name="Outline")).to_be_in_viewport()
    fold = outline.locator("details").first
    fold.locator("summary").first.press("Enter")
    expect(fold).not_to_have_attribute("open", "")
    outline.get_by_role("link", name="Later branches").click()
    expect(page.get_by_role("heading", name="Outline", level=1)).to_be_visible()
    line = page.locator(".outline li > a").last
    expect(line).to_contain_text("of many.")
    address = line.get_attribute("href") or ""
    post_id = int(address.strip("/").removeprefix("p/"))
    assert post_id in ids[200:]
    line.click()
    expect(page.locator(f"#p{post_id}")).to_be_in_viewport()
