"""Where am I: folds that stay, ways to parent and siblings, the outline, depth without width."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.models import Post
from tests.browser.steps import PLACE_SCRIPT
from tests.browser.world import World

# That folds are kept for this tab.
KEPT = "() => Boolean(sessionStorage.folds)"


def grow(
    world: World, parents: list[int | None], words: str = "What number {} says. "
) -> list[Post]:
    """A thread of its own, each post of which answers the one with that number."""
    people = [world.alice, world.bob]
    now = timezone.now()
    written = [
        ImportedPost(n, of, people[n % 2], words.format(n) * 12, now)
        for n, of in enumerate(parents)
    ]
    thread = import_thread(world.yard, title="A place of its own", posts=written)
    return list(Post.objects.by_number(thread).select_related("thread"))


@pytest.fixture
def tree(world: World) -> list[Post]:
    """A head (1) with two answers (2, 3), a chain below the first (4 to 6), another head (7)."""
    return grow(world, [None, 0, 1, 1, 2, 4, 5, 0])


def at(page: Page, post: Post):
    return page.locator(f"#p{post.pk}")


def left(page: Page, post: Post) -> float:
    return at(page, post).bounding_box()["x"]


def expect_reading(page: Page, post: Post) -> None:
    """Focus is on the post, and it can be seen."""
    expect(at(page, post)).to_be_focused()
    expect(at(page, post)).to_be_in_viewport()


def wake(page: Page) -> None:
    """Move, and wait for the script that comes when somebody begins to."""
    page.mouse.move(400, 300)
    assert page.evaluate(PLACE_SCRIPT)


def handle(page: Page, post: Post):
    """The handle of what answers a post."""
    return page.locator(f"#p{post.pk} + details > summary")


# -- Folds ----------------------------------------------------------------------------------------


def test_folds_stay_over_a_reload_and_on_coming_back(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    handle(page, tree[1]).click()
    expect(at(page, tree[2])).to_be_hidden()
    page.wait_for_function(KEPT)
    page.reload()
    expect(at(page, tree[2])).to_be_hidden()
    expect(at(page, tree[7])).to_be_visible()
    page.goto("/")
    page.go_back()
    expect(at(page, tree[2])).to_be_hidden()
    handle(page, tree[1]).click()
    expect(at(page, tree[2])).to_be_visible()
    page.reload()
    expect(at(page, tree[2])).to_be_visible()


def test_branch_inside_a_chain_folds_from_the_menu(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    wake(page)
    at(page, tree[4]).get_by_role("link", name="More").click()
    page.get_by_role("link", name="Fold replies").click()
    expect(at(page, tree[5])).to_be_hidden()
    expect(handle(page, tree[4])).to_have_text("Replies below: 2")
    expect_reading(page, tree[4])
    page.reload()
    expect(at(page, tree[5])).to_be_hidden()


def test_branch_inside_a_chain_folds_without_scripts(visit, tree: list[Post]) -> None:
    page = visit(f"/p/{tree[4].pk}/menu/", java_script_enabled=False)
    page.get_by_role("link", name="Fold replies").click()
    expect(at(page, tree[5])).to_be_hidden()
    expect(at(page, tree[4])).to_be_in_viewport()
    handle(page, tree[4]).click()
    expect(at(page, tree[5])).to_be_visible()


def test_line_from_a_post_folds_what_answers_it(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    wake(page)
    box = at(page, tree[1]).bounding_box()
    for nudge in (-8, 8):
        page.mouse.click(box["x"] + 14 + nudge, box["y"] + 90)
        expect(at(page, tree[2])).to_be_hidden() if nudge < 0 else expect(
            at(page, tree[2])
        ).to_be_visible()
    page.mouse.click(box["x"] + 200, box["y"] + 90)
    expect(at(page, tree[2])).to_be_visible()


def test_all_branches_fold_and_open_at_once(visit, world: World) -> None:
    page = visit(world.deep.get_absolute_url())
    page.get_by_role("link", name="Fold all").click()
    expect(page.locator("details.branch[open]")).to_have_count(0)
    page.get_by_role("link", name="Unfold all").click()
    expect(page.locator("details.branch:not([open])")).to_have_count(0)
    expect(page.get_by_role("link", name="Fold all")).to_be_visible()


def test_all_branches_fold_without_scripts(visit, world: World) -> None:
    page = visit(world.deep.get_absolute_url(), java_script_enabled=False)
    page.get_by_role("link", name="Fold all").click()
    expect(page.locator("details.branch[open]")).to_have_count(0)
    page.get_by_role("link", name="Unfold all").click()
    expect(page.locator("details.branch:not([open])")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_permalink_opens_what_was_folded(visit, tree: list[Post], scripts: bool) -> None:
    path = tree[0].thread.get_absolute_url()
    page = visit(f"{path}?fold=all#p{tree[6].pk}", java_script_enabled=scripts)
    expect(at(page, tree[6])).to_be_in_viewport()
    # A link in the page, too; the way to it was folded by hand.
    page = visit(path, java_script_enabled=scripts)
    handle(page, tree[1]).click()
    expect(at(page, tree[6])).to_be_hidden()
    page.locator(f".map a[href='#p{tree[6].pk}']").click()
    expect(at(page, tree[6])).to_be_in_viewport()


def test_fold_kept_for_the_tab_gives_way_to_a_permalink(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    handle(page, tree[1]).click()
    page.wait_for_function(KEPT)
    page.goto(f"/p/{tree[5].pk}/")
    expect(at(page, tree[5])).to_be_in_viewport()


# -- Ways -----------------------------------------------------------------------------------------


def test_ways_of_the_menu_lead_there_without_scripts(visit, tree: list[Post]) -> None:
    for words, target in (
        ("Go to parent", 1),
        ("Next reply to bob", 3),
        ("Go to opening post", 0),
    ):
        page = visit(f"/p/{tree[2].pk}/menu/", java_script_enabled=False)
        page.get_by_role("link", name=words).click()
        assert page.url.endswith(f"#p{tree[target].pk}")
        expect(at(page, tree[target])).to_be_in_viewport()
    page = visit(f"/p/{tree[3].pk}/menu/", java_script_enabled=False)
    page.get_by_role("link", name="Previous reply to bob").click()
    expect(at(page, tree[2])).to_be_in_viewport()


def test_jump_to_the_parent_and_back(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    wake(page)
    link = at(page, tree[3]).locator(".re a")
    expect(link).to_contain_text("to bob: What number 1 says.")
    link.scroll_into_view_if_needed()
    before = at(page, tree[3]).bounding_box()["y"]
    link.click()
    expect(at(page, tree[1])).to_be_in_viewport()
    back = page.get_by_role("button", name="Back to where you were")
    back.click()
    expect_reading(page, tree[3])
    assert at(page, tree[3]).bounding_box()["y"] == pytest.approx(before, abs=2)
    expect(back).to_be_hidden()


def test_offer_to_go_back_leaves_after_a_screen(visit, world: World) -> None:
    posts = grow(world, [None, *[0] * 30])
    page = visit(posts[0].thread.get_absolute_url())
    wake(page)
    page.locator(f".map a[href='#p{posts[2].pk}']").click()
    expect_reading(page, posts[2])
    back = page.get_by_role("button", name="Back to where you were")
    expect(back).to_be_visible()
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 1000)
    expect(back).to_be_hidden()


def test_browser_leads_back_from_the_parent_without_scripts(visit, tree: list[Post]) -> None:
    page = visit(f"/p/{tree[3].pk}/", java_script_enabled=False)
    at(page, tree[3]).locator(".re a").click()
    expect(at(page, tree[1])).to_be_in_viewport()
    page.go_back()
    expect(at(page, tree[3])).to_be_in_viewport()


def test_rest_on_whom_it_answers_shows_the_post(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    link = at(page, tree[3]).locator(".re a")
    link.hover()
    peek = page.locator(".peek")
    expect(peek).to_be_visible()
    expect(peek).to_contain_text("What number 1 says.")
    expect(peek.locator("[id]")).to_have_count(0)
    peek.locator(".text").hover()
    page.wait_for_timeout(500)  # longer than it waits before it goes
    expect(peek).to_be_visible()
    page.keyboard.press("Escape")
    expect(peek).to_have_count(0)
    link.focus()
    page.keyboard.press("Space")
    expect(peek).to_be_visible()
    expect(link).to_be_focused()
    page.keyboard.press("Escape")
    expect(peek).to_have_count(0)
    expect(link).to_be_focused()


def test_look_at_a_post_of_another_page(visit, world: World) -> None:
    posts = grow(world, [None, *range(230)])
    page = visit(f"{posts[0].thread.get_absolute_url()}?at=p{posts[220].pk}")
    link = page.locator(f".re a[href='/p/{posts[209].pk}/']")
    wake(page)
    link.focus()
    page.keyboard.press("Space")
    expect(page.locator(".peek")).to_contain_text("What number 209 says.")
    page.locator(".peek").get_by_role("link", name="Go to post").click()
    expect(at(page, posts[209])).to_be_in_viewport()


# -- The outline and the address ------------------------------------------------------------------


def test_outline_and_address_follow_the_post_being_read(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    wake(page)
    for place in (5, 3):
        at(page, tree[place]).evaluate("post => post.scrollIntoView({block: 'start'})")
        expect(page).to_have_url(re.compile(f"#p{tree[place].pk}$"))
        line = page.locator(".map [aria-current=location]")
        expect(line).to_have_attribute("href", f"#p{tree[place].pk}")
    page.reload()
    expect(at(page, tree[3])).to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    expect(page).to_have_url(re.compile("/$"))


def test_back_returns_to_the_same_place(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    wake(page)
    at(page, tree[5]).evaluate("post => post.scrollIntoView({block: 'start'})")
    expect(page).to_have_url(re.compile(f"#p{tree[5].pk}$"))
    page.goto("/")
    page.go_back()
    expect(at(page, tree[5])).to_be_in_viewport()


def test_outline_of_a_large_thread_comes_on_demand(visit, world: World) -> None:
    page = visit(f"/p/{Post.objects.filter(thread=world.long).order_by('pk')[120].pk}/")
    page.get_by_role("link", name="Show outline").click()
    expect(page.locator("#map .map li")).to_have_count(40)
    page.locator("#map").get_by_role("link", name="Later branches").click()
    expect(page.locator("#map a").first).to_have_text("Earlier branches")


def test_outline_is_reached_on_a_phone(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url(), viewport={"width": 390, "height": 800})
    page.get_by_role("navigation", name="Thread navigation").get_by_role(
        "link", name="Outline"
    ).click()
    expect(page.get_by_role("navigation", name="Outline")).to_be_in_viewport()


# -- Depth without width --------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1280])
def test_two_people_going_back_and_forth_stay_in_one_column(visit, world: World, width) -> None:
    posts = grow(world, [None, *range(40)], "Number {}. ")
    path = posts[0].thread.get_absolute_url()
    page = visit(path, viewport={"width": width, "height": 800})
    assert {left(page, post) for post in posts[1:]} == {left(page, posts[1])}
    # A third voice steps in by one, and so does what it answers beside.
    third = reply_to(posts[20], author=world.carol, source="A third voice.")
    page.goto(path)
    step = 16 if width == 360 else 44
    assert left(page, third) == pytest.approx(left(page, posts[20]) + step, abs=0.5)
    assert {left(page, post) for post in posts[21:]} == {left(page, third)}
    expect(at(page, third).locator(".re")).to_contain_text(f"to {posts[20].author}: Number 20.")


@pytest.fixture
def forks(world: World) -> list[Post]:
    """Seven forks, one inside the other: each second answer is answered twice."""
    parents: list[int | None] = [None, 0]
    for _n in range(7):
        parents += [len(parents) - 1, len(parents) - 1]
    return grow(world, parents)


@pytest.mark.parametrize(
    ("width", "step", "narrowest"),
    [(320, 16, 220), (390, 16, 290), (820, 44, 432), (1280, 44, 460)],
)
def test_forks_step_in_four_times_and_leave_room_for_words(
    visit, forks: list[Post], width: int, step: int, narrowest: int
) -> None:
    page = visit(forks[0].thread.get_absolute_url(), viewport={"width": width, "height": 800})
    begin = left(page, forks[1])
    steps = [round((left(page, post) - begin) / step) for post in forks[3::2]]
    assert steps == [1, 2, 3, 4, 4, 4, 4]
    widths = page.locator(".text").evaluate_all("all => all.map(one => one.clientWidth)")
    assert min(widths) >= narrowest
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("order", ["tree", "newest", "time"])
def test_every_post_says_whom_it_answers_and_what_if_that_is_not_above(
    visit, forks: list[Post], order: str
) -> None:
    page = visit(f"{forks[0].thread.get_absolute_url()}?order={order}")
    said = page.locator(".node > .post").evaluate_all(
        "all => all.map(one => [Number(one.id.slice(1)), one.querySelector('.re').innerText])"
    )
    above = forks[0].pk
    by_pk = {post.pk: post for post in forks}
    for pk, words in said:
        parent = by_pk[by_pk[pk].parent_id]
        if parent.is_opening:
            assert words == f"to {parent.author}’s opening post"
        elif parent.pk == above:
            assert words == f"to {parent.author}"
        else:
            assert words.startswith(f"to {parent.author}: What number")
        above = pk
    assert len(said) == len(forks) - 1


@pytest.mark.parametrize("scripts", [True, False])
def test_permalink_deep_down_shows_what_leads_there(visit, world: World, scripts: bool) -> None:
    posts = grow(world, [None, *range(230)])
    page = visit(f"/p/{posts[220].pk}/", java_script_enabled=scripts)
    expect(at(page, posts[220])).to_be_in_viewport()
    for place in (210, 215, 219):
        expect(at(page, posts[place])).to_be_attached()
    page.get_by_role("link", name="Go to parent").click()
    expect(at(page, posts[209])).to_be_in_viewport()
