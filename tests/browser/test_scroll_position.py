"""Position in a thread: folds, links to parent and siblings, the outline, and indentation."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.models import Post
from tests.browser.page_steps import IMPORT_JUMPS
from tests.browser.sample_data import SampleData

# Returns whether folds are saved for this tab.
HAS_SAVED_FOLDS = "() => Boolean(sessionStorage.folds)"


def import_posts(
    sample_data: SampleData, parents: list[int | None], words: str = "What number {} says. "
) -> list[Post]:
    """Import a thread in which each post replies to the post with the given number."""
    people = [sample_data.alice, sample_data.bob]
    now = timezone.now()
    imported = [
        ImportedPost(n, parent, people[n % 2], words.format(n) * 12, now)
        for n, parent in enumerate(parents)
    ]
    thread = import_thread(sample_data.yard, title="A place of its own", posts=imported)
    return list(Post.objects.by_number(thread).select_related("thread"))


@pytest.fixture
def tree(sample_data: SampleData) -> list[Post]:
    """Import a thread: 1 is the parent of 2 and 3, a chain of 4 to 6 is below 2; 7 is top-level."""
    return import_posts(sample_data, [None, 0, 1, 1, 2, 4, 5, 0])


def find_post(page: Page, post: Post):
    return page.locator(f"#p{post.pk}")


def left_edge(page: Page, post: Post) -> float:
    return find_post(page, post).bounding_box()["x"]


def expect_focus_on(page: Page, post: Post) -> None:
    """Check that the post has focus and can be seen."""
    expect(find_post(page, post)).to_be_focused()
    expect(find_post(page, post)).to_be_in_viewport()


def load_jump_script(page: Page) -> None:
    """Move the pointer, and wait for the script that this loads."""
    page.mouse.move(400, 300)
    assert page.evaluate(IMPORT_JUMPS)


def fold_handle(page: Page, post: Post):
    """Return the summary element that folds the replies of a post."""
    return page.locator(f"#p{post.pk} + details > summary")


# -- Folds ----------------------------------------------------------------------------------------


def test_folds_are_kept_after_a_reload_and_on_back(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    fold_handle(page, tree[1]).click()
    expect(find_post(page, tree[2])).to_be_hidden()
    page.wait_for_function(HAS_SAVED_FOLDS)
    page.reload()
    expect(find_post(page, tree[2])).to_be_hidden()
    expect(find_post(page, tree[7])).to_be_visible()
    page.goto("/")
    page.go_back()
    expect(find_post(page, tree[2])).to_be_hidden()
    fold_handle(page, tree[1]).click()
    expect(find_post(page, tree[2])).to_be_visible()
    page.reload()
    expect(find_post(page, tree[2])).to_be_visible()


def test_branch_inside_a_chain_is_folded_from_the_menu(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    load_jump_script(page)
    find_post(page, tree[4]).get_by_role("link", name="More").click()
    page.get_by_role("link", name="Fold replies").click()
    expect(find_post(page, tree[5])).to_be_hidden()
    expect(fold_handle(page, tree[4])).to_have_text("Replies below: 2")
    expect_focus_on(page, tree[4])
    page.reload()
    expect(find_post(page, tree[5])).to_be_hidden()


def test_branch_inside_a_chain_is_folded_without_scripts(visit, tree: list[Post]) -> None:
    page = visit(f"/p/{tree[4].pk}/menu/", java_script_enabled=False)
    page.get_by_role("link", name="Fold replies").click()
    expect(find_post(page, tree[5])).to_be_hidden()
    expect(find_post(page, tree[4])).to_be_in_viewport()
    fold_handle(page, tree[4]).click()
    expect(find_post(page, tree[5])).to_be_visible()


def test_line_beside_a_post_folds_its_replies(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    load_jump_script(page)
    box = find_post(page, tree[1]).bounding_box()
    for offset in (-8, 8):
        page.mouse.click(box["x"] + 14 + offset, box["y"] + 90)
        expect(find_post(page, tree[2])).to_be_hidden() if offset < 0 else expect(
            find_post(page, tree[2])
        ).to_be_visible()
    page.mouse.click(box["x"] + 200, box["y"] + 90)
    expect(find_post(page, tree[2])).to_be_visible()


def test_all_branches_are_folded_and_unfolded_at_once(visit, sample_data: SampleData) -> None:
    page = visit(sample_data.deep.get_absolute_url())
    page.get_by_role("link", name="Fold all").click()
    expect(page.locator("details.branch[open]")).to_have_count(0)
    page.get_by_role("link", name="Unfold all").click()
    expect(page.locator("details.branch:not([open])")).to_have_count(0)
    expect(page.get_by_role("link", name="Fold all")).to_be_visible()


def test_all_branches_are_folded_without_scripts(visit, sample_data: SampleData) -> None:
    page = visit(sample_data.deep.get_absolute_url(), java_script_enabled=False)
    page.get_by_role("link", name="Fold all").click()
    expect(page.locator("details.branch[open]")).to_have_count(0)
    page.get_by_role("link", name="Unfold all").click()
    expect(page.locator("details.branch:not([open])")).to_have_count(0)


@pytest.mark.parametrize("scripts", [True, False])
def test_permalink_unfolds_the_branch_of_its_post(visit, tree: list[Post], scripts: bool) -> None:
    path = tree[0].thread.get_absolute_url()
    page = visit(f"{path}?fold=all#p{tree[6].pk}", java_script_enabled=scripts)
    expect(find_post(page, tree[6])).to_be_in_viewport()
    # A link of the outline opens a branch that was folded by hand, too.
    page = visit(path, java_script_enabled=scripts)
    fold_handle(page, tree[1]).click()
    expect(find_post(page, tree[6])).to_be_hidden()
    page.locator(f".outline a[href='#p{tree[6].pk}']").click()
    expect(find_post(page, tree[6])).to_be_in_viewport()


def test_permalink_unfolds_a_branch_folded_in_the_same_tab(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    fold_handle(page, tree[1]).click()
    page.wait_for_function(HAS_SAVED_FOLDS)
    page.goto(f"/p/{tree[5].pk}/")
    expect(find_post(page, tree[5])).to_be_in_viewport()


# -- Jumps ----------------------------------------------------------------------------------------


def test_menu_links_to_parent_and_siblings_work_without_scripts(visit, tree: list[Post]) -> None:
    for words, target in (
        ("Go to parent", 1),
        ("Next reply to bob", 3),
        ("Go to opening post", 0),
    ):
        page = visit(f"/p/{tree[2].pk}/menu/", java_script_enabled=False)
        page.get_by_role("link", name=words).click()
        assert page.url.endswith(f"#p{tree[target].pk}")
        expect(find_post(page, tree[target])).to_be_in_viewport()
    page = visit(f"/p/{tree[3].pk}/menu/", java_script_enabled=False)
    page.get_by_role("link", name="Previous reply to bob").click()
    expect(find_post(page, tree[2])).to_be_in_viewport()


def test_back_button_returns_from_a_jump_to_the_parent(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    load_jump_script(page)
    link = find_post(page, tree[3]).locator(".reply-to a")
    expect(link).to_contain_text("to bob: What number 1 says.")
    link.scroll_into_view_if_needed()
    before = find_post(page, tree[3]).bounding_box()["y"]
    link.click()
    expect(find_post(page, tree[1])).to_be_in_viewport()
    back = page.get_by_role("button", name="Back to where you were")
    back.click()
    expect_focus_on(page, tree[3])
    assert find_post(page, tree[3]).bounding_box()["y"] == pytest.approx(before, abs=2)
    expect(back).to_be_hidden()


def test_back_button_disappears_after_scrolling_a_screen(visit, sample_data: SampleData) -> None:
    posts = import_posts(sample_data, [None, *[0] * 30])
    page = visit(posts[0].thread.get_absolute_url())
    load_jump_script(page)
    page.locator(f".outline a[href='#p{posts[2].pk}']").click()
    expect_focus_on(page, posts[2])
    back = page.get_by_role("button", name="Back to where you were")
    expect(back).to_be_visible()
    page.mouse.move(400, 400)
    page.mouse.wheel(0, 1000)
    expect(back).to_be_hidden()


def test_browser_goes_back_from_the_parent_without_scripts(visit, tree: list[Post]) -> None:
    page = visit(f"/p/{tree[3].pk}/", java_script_enabled=False)
    find_post(page, tree[3]).locator(".reply-to a").click()
    expect(find_post(page, tree[1])).to_be_in_viewport()
    page.go_back()
    expect(find_post(page, tree[3])).to_be_in_viewport()


def test_hovering_over_the_parent_link_previews_the_parent(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    link = find_post(page, tree[3]).locator(".reply-to a")
    link.hover()
    preview = page.locator(".preview-box")
    expect(preview).to_be_visible()
    expect(preview).to_contain_text("What number 1 says.")
    expect(preview.locator("[id]")).to_have_count(0)
    preview.locator(".text").hover()
    page.wait_for_timeout(500)  # longer than the delay before the preview closes
    expect(preview).to_be_visible()
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    link.focus()
    page.keyboard.press("Space")
    expect(preview).to_be_visible()
    expect(link).to_be_focused()
    page.keyboard.press("Escape")
    expect(preview).to_have_count(0)
    expect(link).to_be_focused()


def test_parent_on_another_page_is_previewed(visit, sample_data: SampleData) -> None:
    posts = import_posts(sample_data, [None, *range(230)])
    page = visit(f"{posts[0].thread.get_absolute_url()}?at=p{posts[220].pk}")
    link = page.locator(f".reply-to a[href='/p/{posts[209].pk}/']")
    load_jump_script(page)
    link.focus()
    page.keyboard.press("Space")
    expect(page.locator(".preview-box")).to_contain_text("What number 209 says.")
    page.locator(".preview-box").get_by_role("link", name="Go to post").click()
    expect(find_post(page, posts[209])).to_be_in_viewport()


# -- The outline and the address ------------------------------------------------------------------


def test_outline_and_address_follow_the_post_being_read(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    load_jump_script(page)
    for number in (5, 3):
        find_post(page, tree[number]).evaluate("post => post.scrollIntoView({block: 'start'})")
        expect(page).to_have_url(re.compile(f"#p{tree[number].pk}$"))
        outline_link = page.locator(".outline [aria-current=location]")
        expect(outline_link).to_have_attribute("href", f"#p{tree[number].pk}")
    page.reload()
    expect(find_post(page, tree[3])).to_be_in_viewport()
    page.evaluate("scrollTo(0, 0)")
    expect(page).to_have_url(re.compile("/$"))


def test_back_returns_to_the_same_place(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url())
    load_jump_script(page)
    find_post(page, tree[5]).evaluate("post => post.scrollIntoView({block: 'start'})")
    expect(page).to_have_url(re.compile(f"#p{tree[5].pk}$"))
    page.goto("/")
    page.go_back()
    expect(find_post(page, tree[5])).to_be_in_viewport()


def test_outline_of_a_part_of_a_thread_opens_later_branches_in_place(
    visit, sample_data: SampleData
) -> None:
    page = visit(sample_data.long.get_absolute_url())
    page.locator("#map").get_by_role("link", name="Later branches").click()
    expect(page.locator("#map .outline li").first).to_be_visible()
    expect(page.locator("#map .outline a").first).to_have_text("Earlier branches")
    expect(page.locator("#map > ol")).to_be_visible()


def test_outline_link_is_shown_on_a_phone(visit, tree: list[Post]) -> None:
    page = visit(tree[0].thread.get_absolute_url(), viewport={"width": 390, "height": 800})
    page.get_by_role("navigation", name="Thread navigation").get_by_role(
        "link", name="Outline"
    ).click()
    expect(page.get_by_role("navigation", name="Outline")).to_be_in_viewport()


# -- Indentation ----------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [360, 1280])
def test_dialogue_of_two_people_stays_in_one_column(visit, sample_data: SampleData, width) -> None:
    posts = import_posts(sample_data, [None, *range(40)], "Number {}. ")
    path = posts[0].thread.get_absolute_url()
    page = visit(path, viewport={"width": width, "height": 800})
    assert {left_edge(page, post) for post in posts[1:]} == {left_edge(page, posts[1])}
    # A reply of a third person is indented by one step, and so is the post beside it.
    third_reply = reply_to(posts[20], author=sample_data.carol, source="A third voice.")
    page.goto(path)
    step = 16 if width == 360 else 44
    assert left_edge(page, third_reply) == pytest.approx(left_edge(page, posts[20]) + step, abs=0.5)
    assert {left_edge(page, post) for post in posts[21:]} == {left_edge(page, third_reply)}
    expect(find_post(page, third_reply).locator(".reply-to")).to_contain_text(
        f"to {posts[20].author}: Number 20."
    )


@pytest.fixture
def nested_forks(sample_data: SampleData) -> list[Post]:
    """Import seven nested forks: every second reply has two replies."""
    parents: list[int | None] = [None, 0]
    for _n in range(7):
        parents += [len(parents) - 1, len(parents) - 1]
    return import_posts(sample_data, parents)


@pytest.mark.parametrize(
    ("width", "step", "narrowest"),
    [(320, 16, 220), (390, 16, 290), (820, 44, 432), (1280, 44, 460)],
)
def test_nested_forks_are_indented_four_times_at_most(
    visit, nested_forks: list[Post], width: int, step: int, narrowest: int
) -> None:
    page = visit(
        nested_forks[0].thread.get_absolute_url(), viewport={"width": width, "height": 800}
    )
    base = left_edge(page, nested_forks[1])
    steps = [round((left_edge(page, post) - base) / step) for post in nested_forks[3::2]]
    assert steps == [1, 2, 3, 4, 4, 4, 4]
    widths = page.locator(".text").evaluate_all("all => all.map(one => one.clientWidth)")
    assert min(widths) >= narrowest
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("order", ["tree", "newest", "time"])
def test_post_names_its_parent_and_excerpts_it_unless_it_is_above(
    visit, nested_forks: list[Post], order: str
) -> None:
    page = visit(f"{nested_forks[0].thread.get_absolute_url()}?order={order}")
    captions = page.locator(".node > .post").evaluate_all(
        "all => all.map(one => [Number(one.id.slice(1)), one.querySelector('.reply-to').innerText])"
    )
    above = nested_forks[0].pk
    by_pk = {post.pk: post for post in nested_forks}
    for pk, words in captions:
        parent = by_pk[by_pk[pk].parent_id]
        if parent.is_opening:
            assert words == f"to {parent.author}’s opening post"
        elif parent.pk == above:
            assert words == f"to {parent.author}"
        else:
            assert words.startswith(f"to {parent.author}: What number")
        above = pk
    assert len(captions) == len(nested_forks) - 1


@pytest.mark.parametrize("scripts", [True, False])
def test_permalink_of_a_deep_post_shows_the_posts_above_it(
    visit, sample_data: SampleData, scripts: bool
) -> None:
    posts = import_posts(sample_data, [None, *range(230)])
    page = visit(f"/p/{posts[220].pk}/", java_script_enabled=scripts)
    expect(find_post(page, posts[220])).to_be_in_viewport()
    for number in (210, 215, 219):
        expect(find_post(page, posts[number])).to_be_attached()
    page.get_by_role("link", name="Go to parent").click()
    expect(find_post(page, posts[209])).to_be_in_viewport()
