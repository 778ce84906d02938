"""What comes while one reads: counted quietly, shown where it belongs, and nothing moves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from forum.actions.posts import edit_post, reply_to
from forum.middleware import ResponseMark
from forum.models import Post, Revision, Thread
from forum.moderation.actions.post_hiding import hide_post
from tests.browser.pages import expect_composer
from tests.browser.world import World

OWN = {ResponseMark.HEADER: "1"}
LONG = "A long paragraph about walls, to fill the screen. " * 12
NEXT_QUESTION = 31_000  # milliseconds: by then the page has asked again
MOST_SHIFT = 0.02
WATCH = """window.shift = 0; new PerformanceObserver((list) => {
  for (const moved of list.getEntries()) window.shift += moved.hadRecentInput ? 0 : moved.value;
}).observe({type: "layout-shift", buffered: true});"""
TOP = "id => document.getElementById(id).getBoundingClientRect().top"
ORDER = "() => [...document.querySelectorAll('.answers article')].map(({ id }) => +id.slice(1))"
# As if the page were covered, or seen again.
SEE = """to => {
  Object.defineProperty(document, 'visibilityState', { value: to, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture
def posts(opening: Post, world: World) -> list[Post]:
    """Five branches that fill more than a screen each, the third with an answer."""
    branches = [reply_to(opening, author=world.bob, source=f"{n}. {LONG}") for n in range(5)]
    reply_to(branches[2], author=world.alice, source=f"An answer. {LONG}")
    return branches


@pytest.fixture
def reading(visit, thread: Thread, posts: list[Post]) -> Callable[..., Page]:
    """Open the thread at the third branch, under a clock that can be put forward."""

    def reading(person=None, **kwargs) -> Page:
        page = visit(thread.get_absolute_url(), person, **kwargs)
        page.add_init_script(WATCH)
        page.clock.install()
        page.reload()
        page.locator(f"#p{posts[2].pk}").evaluate("post => post.scrollIntoView()")
        return page

    return reading


def next_question(page: Page) -> None:
    """Let the page ask whether anything came, and take in the answer."""
    with page.expect_response("**/arrivals/**") as asked:
        page.clock.fast_forward(NEXT_QUESTION)
    asked.value.finished()


def questions(page: Page) -> list[Request]:
    """What the page asks from now on."""
    asked: list[Request] = []
    page.on("request", lambda made: asked.append(made) if "/arrivals/" in made.url else None)
    return asked


def test_new_replies_appear_in_place_without_moving_the_page(
    reading, posts: list[Post], opening: Post, world: World
) -> None:
    page = reading(world.alice)
    top = page.evaluate(TOP, f"p{posts[2].pk}")
    next_question(page)
    expect(page.locator(".arrivals")).to_be_empty()
    above = reply_to(posts[0], author=world.bob, source="Above what is read.")
    below = reply_to(opening, author=world.bob, source="Below it, to you.")
    second = reply_to(posts[2], author=world.carol, source="The second answer.")
    next_question(page)
    expect(page.locator(".arrivals")).to_contain_text("3 new replies, 1 of them to you.")
    expect(page.locator("#status")).to_contain_text("3 new replies, 1 of them to you.")
    assert page.evaluate(TOP, f"p{posts[2].pk}") == top
    expect(page.get_by_text("Above what is read.")).to_have_count(0)
    # Told again only when there is more, and not sooner than after a minute.
    next_question(page)
    reply_to(posts[4], author=world.bob, source="A fourth.")
    next_question(page)
    expect(page.locator(".arrivals")).to_contain_text("4 new replies")
    page.get_by_role("link", name="Show").click()
    expect(page.locator(f"#p{above.pk}")).to_be_focused()
    expect(page.locator("#status")).to_have_text("1 above, 3 below.")
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    in_tree = [post.pk for post in Post.objects.in_thread(opening.thread)][1:]
    assert page.evaluate(ORDER) == in_tree
    expect(page.locator(f"#p{below.pk} .new")).to_contain_text("Unread")
    fork = page.locator(f"li:has(> #p{posts[2].pk}) ol.fork")
    expect(fork.locator(f"#p{second.pk}")).to_be_attached()
    expect(page.locator(f"li:has(> #p{posts[2].pk}) summary")).to_have_text(
        "2 replies from alice and carol, 1 unread"
    )
    expect(page.locator("#answers")).to_have_text("10 replies")
    expect(page.locator(".arrivals")).to_be_empty()
    assert page.evaluate("window.shift") <= MOST_SHIFT


def test_branch_that_grows_under_ones_eyes_can_be_folded(
    visit, thread: Thread, posts: list[Post], world: World
) -> None:
    page = visit(thread.get_absolute_url())
    reply_to(posts[0], author=world.carol, source="The first answer to the first.")
    page.keyboard.press(".")
    fold = page.locator(f"li:has(> #p{posts[0].pk}) > .branch")
    expect(fold.locator("> summary")).to_have_text("1 reply from carol, 1 unread")
    before = fold.evaluate("fold => fold.querySelector('article').textContent")
    fold.locator("> summary").click()
    expect(fold.locator("article")).to_be_hidden()
    page.reload()
    # Folds stand as they did, and this one is where the server puts it.
    expect(fold.locator("> summary")).to_have_text("1 reply from carol")
    expect(fold.locator("article")).to_be_hidden()
    assert "The first answer" in before


def test_on_a_phone_the_bar_tells_and_the_key_shows(
    reading, posts: list[Post], world: World
) -> None:
    page = reading(viewport={"width": 390, "height": 844})
    reply_to(posts[3], author=world.carol, source="Further down. <img src=x onerror=alert(1)>")
    next_question(page)
    expect(page.locator(".bar")).to_contain_text("1 new Show")
    top = page.evaluate(TOP, f"p{posts[2].pk}")
    page.evaluate("() => document.dispatchEvent(new CustomEvent('forum:show-arrivals'))")
    expect(page.locator(".text", has_text="Further down.")).to_be_attached()
    expect(page.locator(".bar")).not_to_contain_text("Show")
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    assert page.evaluate("window.shift") <= MOST_SHIFT


def test_key_asks_at_once_and_says_that_nothing_came(
    visit, thread: Thread, posts: list[Post], world: World
) -> None:
    page = visit(thread.get_absolute_url())
    page.keyboard.press(".")
    expect(page.locator("#status")).to_have_text("No new replies yet.")
    new = reply_to(posts[3], author=world.carol, source="Came while one read.")
    page.keyboard.press(".")
    expect(page.locator(f"#p{new.pk}")).to_be_focused()


def test_edits_are_noted_and_what_is_hidden_goes_at_once_and_leaves_its_room(
    reading, posts: list[Post], world: World
) -> None:
    page = reading(world.alice)
    top = page.evaluate(TOP, f"p{posts[2].pk}")
    after = page.evaluate(TOP, f"p{posts[3].pk}")
    Revision.objects.update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(posts[2], actor=world.bob, source=f"Edited while it was read. {LONG}")
    child = Post.objects.get(parent=posts[2])
    hide_post(posts[1], actor=world.carol, reason="private details")
    reply_to(child, author=world.bob, source="Keeps the place of what is hidden.")
    next_question(page)
    note = page.locator(f"#p{posts[2].pk} [data-post]")
    expect(note).to_contain_text("Edited just now.")
    expect(page.locator(f"#p{posts[1].pk}.gone")).to_contain_text("private details")
    expect(page.locator(f"#p{posts[1].pk}")).not_to_contain_text("A long paragraph")
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    assert abs(page.evaluate(TOP, f"p{posts[3].pk}") - after) < 1
    note.get_by_role("link", name="Show").click()
    expect(page.locator(f"#p{posts[2].pk}")).to_contain_text("Edited while it was read.")
    expect(page.locator(f"#p{posts[2].pk}")).to_be_focused()
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    assert page.evaluate("window.shift") <= MOST_SHIFT


def test_composer_with_words_stays_and_keeps_focus(
    reading, posts: list[Post], world: World
) -> None:
    page = reading(world.alice)
    next_question(page)
    page.locator(f"#p{posts[2].pk} .acts").get_by_role("link", name="Reply").click()
    expect_composer(page)
    page.keyboard.type("Half a sent")
    field = page.locator(".compose textarea").element_handle()
    top = field.bounding_box()["y"]
    reply_to(posts[2], author=world.bob, source="Meanwhile, to the same post.")
    reply_to(posts[0], author=world.bob, source="Meanwhile, above.")
    asked = questions(page)
    # Not while a character is put together from several keys.
    field.dispatch_event("compositionstart", {"bubbles": True})
    page.clock.fast_forward(NEXT_QUESTION)
    page.clock.run_for(1000)
    assert asked == []
    field.dispatch_event("compositionend", {"bubbles": True})
    next_question(page)
    expect(page.locator(".arrivals")).to_contain_text("2 new replies")
    assert field.evaluate("field => field === document.activeElement")
    page.get_by_role("link", name="Show").click()
    expect(page.get_by_text("Meanwhile, to the same post.")).to_be_attached()
    assert field.evaluate("field => field.isConnected && field.value") == "Half a sent"
    assert abs(field.bounding_box()["y"] - top) < 1


def test_polling_slows_down_on_errors_and_stops_in_hidden_pages(
    reading, posts: list[Post], thread: Thread, world: World
) -> None:
    page = reading()
    next_question(page)
    asked = questions(page)
    busy = {"status": 503, "headers": {"Retry-After": "100"}}
    page.route("**/arrivals/**", lambda route: route.fulfill(**busy))
    with page.expect_response("**/arrivals/**"):
        page.clock.fast_forward(NEXT_QUESTION)
    page.clock.fast_forward(60_000)
    page.clock.run_for(500)
    assert len(asked) == 1
    page.unroute("**/arrivals/**")
    with page.expect_response("**/arrivals/**"):
        page.clock.fast_forward(60_000)
    page.evaluate(SEE, "hidden")
    page.clock.fast_forward(600_000)
    page.clock.run_for(500)
    assert len(asked) == 2
    # Back again: once, at once. Gone: never again.
    page.route("**/arrivals/**", lambda route: route.fulfill(status=410, headers=OWN))
    with page.expect_response("**/arrivals/**"):
        page.evaluate(SEE, "visible")
    page.clock.fast_forward(600_000)
    page.clock.run_for(500)
    assert len(asked) == 3
    expect(page.locator("#alert")).to_be_empty()


# -- Without scripts ------------------------------------------------------------------------------


def test_link_at_the_end_leads_to_what_came(
    visit, thread: Thread, posts: list[Post], world: World
) -> None:
    page = visit(thread.get_absolute_url(), java_script_enabled=False)
    page.get_by_role("link", name="Check for new replies").click()
    expect(page.locator(".messages")).to_contain_text("No new replies yet.")
    new = reply_to(posts[3], author=world.carol, source="Came while one read.")
    page.get_by_role("link", name="Check for new replies").click()
    page.wait_for_url(f"**#p{new.pk}")
    expect(page.locator(f"#p{new.pk}")).to_be_in_viewport()
