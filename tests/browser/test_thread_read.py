"""Reading a conversation: who answers whom, quotes that lead to their words, long threads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from forum.models import Post
from tests.browser.world import opening_of


def left(page: Page, post: int) -> float:
    return page.locator(f"#p{post}").bounding_box()["x"]


def assert_in_view(page: Page, selector: str) -> None:
    expect(page.locator(selector)).to_be_in_viewport()


def settle(page: Page) -> None:
    """Wait until what came into view has been laid out, and the scripts have had their turn."""
    page.evaluate("new Promise(done => setTimeout(() => requestAnimationFrame(done), 150))")


def test_seed_reads_as_one_column(visit, world) -> None:
    page = visit(world.seed.get_absolute_url())

    expect(page.locator("h1")).to_have_text("If I can read it, why can't I train an LLM on it?")
    expect(page.get_by_role("heading", name="4 replies", exact=True)).to_be_visible()
    assert {left(page, post) for post in (2, 3, 4, 5)} == {left(page, 2)}
    tops = [page.locator(f"#p{post}").bounding_box()["y"] for post in (1, 2, 3, 4, 5)]
    assert tops == sorted(tops)


def test_each_post_says_whom_it_answers(visit, world) -> None:
    page = visit(world.seed.get_absolute_url())

    expect(page.locator("#p2 .re")).to_have_text("to lina’s opening post")
    expect(page.locator("#p4 .re")).to_have_text("to lina, also to hopeless")
    expect(page.locator("#p5 .re")).to_have_text("to lispi314, also to lina")
    for post in (2, 3, 4, 5):
        expect(page.locator(f"#p{post} .re")).to_be_visible()


@pytest.mark.parametrize(("width", "step"), [(1280, 44), (390, 16)])
def test_fork_steps_in_and_chain_does_not(visit, world, width: int, step: int) -> None:
    page = visit(world.forked.get_absolute_url(), viewport={"width": width, "height": 800})
    head, first, second, third, chain, end = (
        Post.objects.filter(thread=world.forked)
        .exclude(parent=None)
        .exclude(author=world.frank)  # whose reply stands for itself
        .order_by("pk")
    )

    assert left(page, head.pk) == left(page, opening_of(world.forked).pk)
    for answer in (first, second, third):
        assert left(page, answer.pk) == pytest.approx(left(page, head.pk) + step, abs=0.5)
    assert left(page, chain.pk) == left(page, end.pk) == left(page, first.pk)


@pytest.mark.parametrize("width", [1280, 390])
def test_text_keeps_a_readable_width_at_any_depth(visit, world, width: int) -> None:
    page = visit(world.deep.get_absolute_url(), viewport={"width": width, "height": 800})

    widths = page.locator(".text").evaluate_all("all => all.map(one => one.offsetWidth)")

    assert len(widths) == 60
    assert min(widths) >= (432 if width == 1280 else 290)


def test_lists_nest_as_deep_as_the_posts_are(visit, world) -> None:
    page = visit(world.deep.get_absolute_url())

    nesting = page.locator(".node > .post").evaluate_all("""all => all.map(post => {
        let depth = 0;
        for (let list = post.closest("ol"); list; list = list.parentElement.closest("ol")) depth++;
        return [Number(post.id.slice(1)), depth];
    })""")

    levels = Post.objects.filter(thread=world.deep, level__gt=0).values_list("pk", "level")
    assert dict(nesting) == dict(levels)
    assert max(levels.values_list("level", flat=True)) > 5


def test_fold_hides_the_answers_and_keeps_the_post(visit, world) -> None:
    page = visit(world.seed.get_absolute_url())

    page.get_by_text("3 replies from").click()

    expect(page.locator("#p2")).to_be_visible()
    expect(page.locator("#p3")).to_be_hidden()


@pytest.mark.parametrize("place", [5, 120, 225])
def test_permalink_lands_on_its_post_in_a_long_thread(visit, world, place: int) -> None:
    post = Post.objects.filter(thread=world.long).order_by("number")[place]

    page = visit(f"/p/{post.pk}/")

    assert_in_view(page, f"#p{post.pk}")
    page.wait_for_load_state("load")
    assert_in_view(page, f"#p{post.pk}")


def test_more_replies_come_without_moving_the_line_read(visit, world) -> None:
    page = visit(world.long.get_absolute_url())
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


def test_more_replies_are_a_page_without_javascript(visit, world) -> None:
    page = visit(world.long.get_absolute_url(), java_script_enabled=False)
    expect(page.locator(".node > .post")).to_have_count(199)

    page.get_by_role("link", name="Show 30 more replies").click()

    expect(page.locator(".node > .post")).to_have_count(30)
    page.get_by_role("link", name="Earlier replies").click()
    expect(page.locator(".node > .post")).to_have_count(199)


def test_front_page_and_board_lead_to_the_thread(visit, world) -> None:
    page = visit("/")
    expect(page.get_by_role("heading", name="Law & licences")).to_be_visible()

    page.get_by_role("link", name="Gardens").click()

    expect(page.locator("h1")).to_have_text("Gardens")
    expect(page.locator(".list h2").first).to_have_text("How to ask here")
    page.get_by_role("link", name="Moss on the north wall").click()
    expect(page.locator("h1")).to_have_text("Moss on the north wall")


def test_print_leaves_out_what_paper_cannot_do(visit, world) -> None:
    page = visit(world.seed.get_absolute_url(), world.alice)
    expect(page.locator(".top")).to_be_visible()

    page.emulate_media(media="print")

    for part in (".top", ".foot", ".rail", ".bar", "#p2 .acts"):
        expect(page.locator(part)).to_be_hidden()
    for post in (1, 2, 3, 4, 5):
        expect(page.locator(f"#p{post} > .text")).to_be_visible()
