"""Reading a thread: captions of posts, indentation, long threads, and print."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forum.models import Post
from tests.browser.sample_data import get_opening_post


def left_edge(page: Page, post: int) -> float:
    return page.locator(f"#p{post}").bounding_box()["x"]


def assert_in_view(page: Page, selector: str) -> None:
    expect(page.locator(selector)).to_be_in_viewport()


def settle(page: Page) -> None:
    """Wait until the posts in view have been laid out, and the scripts have run."""
    page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done), 150))")


def test_seed_thread_has_one_column(visit, sample_data) -> None:
    page = visit(sample_data.seed.get_absolute_url())

    expect(page.locator("h1")).to_have_text("If I can read it, why can't I train an LLM on it?")
    expect(page.get_by_role("heading", name="4 replies", exact=True)).to_be_visible()
    assert {left_edge(page, post) for post in (2, 3, 4, 5)} == {left_edge(page, 2)}
    tops = [page.locator(f"#p{post}").bounding_box()["y"] for post in (1, 2, 3, 4, 5)]
    assert tops == sorted(tops)


def test_each_post_names_the_authors_it_replies_to(visit, sample_data) -> None:
    page = visit(sample_data.seed.get_absolute_url())

    expect(page.locator("#p2 .reply-to")).to_have_text("to lina’s opening post")
    expect(page.locator("#p4 .reply-to")).to_have_text("to lina, also to hopeless")
    expect(page.locator("#p5 .reply-to")).to_have_text("to lispi314, also to lina")
    for post in (2, 3, 4, 5):
        expect(page.locator(f"#p{post} .reply-to")).to_be_visible()


@pytest.mark.parametrize(("width", "step"), [(1280, 44), (390, 16)])
def test_forks_are_indented_and_chains_are_not(visit, sample_data, width: int, step: int) -> None:
    page = visit(sample_data.forked.get_absolute_url(), viewport={"width": width, "height": 800})
    top_level, first, second, third, chain, end = (
        Post.objects.filter(thread=sample_data.forked)
        .exclude(parent=None)
        .exclude(author=sample_data.frank)  # his reply is a branch of its own
        .order_by("pk")
    )

    assert left_edge(page, top_level.pk) == left_edge(page, get_opening_post(sample_data.forked).pk)
    for reply in (first, second, third):
        assert left_edge(page, reply.pk) == pytest.approx(
            left_edge(page, top_level.pk) + step, abs=0.5
        )
    assert left_edge(page, chain.pk) == left_edge(page, end.pk) == left_edge(page, first.pk)


@pytest.mark.parametrize("width", [1280, 390])
def test_text_keeps_a_readable_width_at_any_depth(visit, sample_data, width: int) -> None:
    page = visit(sample_data.deep.get_absolute_url(), viewport={"width": width, "height": 800})

    widths = page.locator(".text").evaluate_all("all => all.map(one => one.offsetWidth)")

    assert len(widths) == 60
    assert min(widths) >= (432 if width == 1280 else 290)


def test_lists_are_nested_as_deeply_as_the_posts(visit, sample_data) -> None:
    page = visit(sample_data.deep.get_absolute_url())

    nesting = page.locator(".node > .post").evaluate_all("""all => all.map(post => {
        let depth = 0;
        for (let list = post.closest("ol"); list; list = list.parentElement.closest("ol")) depth++;
        return [Number(post.id.slice(1)), depth];
    })""")

    levels = Post.objects.filter(thread=sample_data.deep, level__gt=0).values_list("pk", "level")
    assert dict(nesting) == dict(levels)
    assert max(levels.values_list("level", flat=True)) > 5


def test_fold_hides_the_replies_and_keeps_the_post(visit, sample_data) -> None:
    page = visit(sample_data.seed.get_absolute_url())

    page.get_by_text("3 replies from").click()

    expect(page.locator("#p2")).to_be_visible()
    expect(page.locator("#p3")).to_be_hidden()


@pytest.mark.parametrize("place", [5, 120, 225])
def test_permalink_scrolls_to_its_post_in_a_long_thread(visit, sample_data, place: int) -> None:
    post = Post.objects.filter(thread=sample_data.long).order_by("number")[place]

    page = visit(f"/p/{post.pk}/")

    assert_in_view(page, f"#p{post.pk}")
    page.wait_for_load_state("load")
    assert_in_view(page, f"#p{post.pk}")


def test_loading_more_replies_does_not_move_the_post_being_read(visit, sample_data) -> None:
    page = visit(sample_data.long.get_absolute_url())
    page.evaluate("window.same = true")
    more = page.get_by_role("link", name="Show 30 more replies")
    more.focus()
    last = page.locator(".node > .post").last.get_attribute("id")
    settle(page)
    top = page.locator(f"#{last}").bounding_box()["y"]

    page.keyboard.press("Enter")

    expect(page.locator(".node > .post")).to_have_count(229)
    expect(more).to_have_count(0)
    settle(page)
    assert page.locator(f"#{last}").bounding_box()["y"] == pytest.approx(top, abs=1)
    assert page.evaluate("document.activeElement !== document.body")
    assert page.evaluate("window.same")


def test_more_replies_are_a_page_without_javascript(visit, sample_data) -> None:
    page = visit(sample_data.long.get_absolute_url(), java_script_enabled=False)
    expect(page.locator(".node > .post")).to_have_count(199)

    page.get_by_role("link", name="Show 30 more replies").click()

    expect(page.locator(".node > .post")).to_have_count(30)
    page.get_by_role("link", name="Earlier replies").click()
    expect(page.locator(".node > .post")).to_have_count(199)


def test_front_page_and_board_link_to_the_thread(visit, sample_data) -> None:
    page = visit("/")
    boards = page.get_by_role("navigation", name="Boards")
    expect(boards.get_by_role("link", name="Law & licences")).to_be_visible()

    boards.get_by_role("link", name="Gardens").click()

    expect(page.locator("h1")).to_have_text("Gardens")
    expect(page.locator(".list h2").first).to_have_text("How to ask here")
    page.get_by_role("link", name="Moss on the north wall").click()
    expect(page.locator("h1")).to_have_text("Moss on the north wall")


def test_print_leaves_out_navigation_and_actions(visit, sample_data) -> None:
    page = visit(sample_data.seed.get_absolute_url(), sample_data.alice)
    expect(page.locator(".site-header")).to_be_visible()

    page.emulate_media(media="print")

    for part in (".site-header", ".site-footer", ".rail", ".thread-bar", "#p2 .post-actions"):
        expect(page.locator(part)).to_be_hidden()
    for post in (1, 2, 3, 4, 5):
        expect(page.locator(f"#p{post} > .text")).to_be_visible()
