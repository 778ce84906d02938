"""Live updates of a thread: counted quietly, inserted in tree order, and nothing moves."""

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
from tests.browser.sample_data import SampleData

RESPONSE_HEADERS = {ResponseMark.HEADER: "1"}
LONG = "A long paragraph about walls, to fill the screen. " * 12
NEXT_POLL_MS = 31_000  # by then the page has polled again
MAX_SHIFT = 0.02
OBSERVE_SHIFTS = """window.shift = 0; new PerformanceObserver((list) => {
  for (const moved of list.getEntries()) window.shift += moved.hadRecentInput ? 0 : moved.value;
}).observe({type: "layout-shift", buffered: true});"""
TOP = "id => document.getElementById(id).getBoundingClientRect().top"
ORDER = "() => [...document.querySelectorAll('.node article')].map(({ id }) => +id.slice(1))"
# Simulates that the page is hidden, or visible again.
SET_VISIBILITY = """to => {
  Object.defineProperty(document, 'visibilityState', { value: to, configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}"""


@pytest.fixture
def posts(opening: Post, sample_data: SampleData) -> list[Post]:
    """Create five branches of more than a screen each, the third with a reply."""
    branches = [reply_to(opening, author=sample_data.bob, source=f"{n}. {LONG}") for n in range(5)]
    reply_to(branches[2], author=sample_data.alice, source=f"An answer. {LONG}")
    return branches


@pytest.fixture
def open_thread(visit, thread: Thread, posts: list[Post]) -> Callable[..., Page]:
    """Return a function that opens the thread at the third branch, with a clock to set forward."""

    def open_thread(person=None, **kwargs) -> Page:
        page = visit(thread.get_absolute_url(), person, **kwargs)
        page.add_init_script(OBSERVE_SHIFTS)
        page.clock.install()
        page.reload()
        page.locator(f"#p{posts[2].pk}").evaluate("post => post.scrollIntoView()")
        return page

    return open_thread


def wait_for_poll(page: Page) -> None:
    """Let the page poll for new replies, and wait for the response."""
    with page.expect_response("**/arrivals/**") as polls:
        page.clock.fast_forward(NEXT_POLL_MS)
    polls.value.finished()


def record_polls(page: Page) -> list[Request]:
    """Return a list that records each poll from now on."""
    polls: list[Request] = []
    page.on("request", lambda made: polls.append(made) if "/arrivals/" in made.url else None)
    return polls


def test_new_replies_appear_in_place_without_moving_the_page(
    open_thread, posts: list[Post], opening: Post, sample_data: SampleData
) -> None:
    page = open_thread(sample_data.alice)
    top = page.evaluate(TOP, f"p{posts[2].pk}")
    wait_for_poll(page)
    expect(page.locator(".live-updates")).to_be_empty()
    above = reply_to(posts[0], author=sample_data.bob, source="Above what is read.")
    below = reply_to(opening, author=sample_data.bob, source="Below it, to you.")
    second_reply = reply_to(posts[2], author=sample_data.carol, source="The second answer.")
    wait_for_poll(page)
    expect(page.locator(".live-updates")).to_contain_text("3 new replies, 1 of them to you.")
    expect(page.locator("#status")).to_contain_text("3 new replies, 1 of them to you.")
    assert page.evaluate(TOP, f"p{posts[2].pk}") == top
    expect(page.get_by_text("Above what is read.")).to_have_count(0)
    # The notice changes only when there are more replies, and at most once a minute.
    wait_for_poll(page)
    reply_to(posts[4], author=sample_data.bob, source="A fourth.")
    wait_for_poll(page)
    expect(page.locator(".live-updates")).to_contain_text("4 new replies")
    page.get_by_role("link", name="Show").click()
    expect(page.locator(f"#p{above.pk}")).to_be_focused()
    expect(page.locator("#status")).to_have_text("1 above, 3 below.")
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    in_tree_order = [post.pk for post in Post.objects.in_thread(opening.thread)][1:]
    assert page.evaluate(ORDER) == in_tree_order
    expect(page.locator(f"#p{below.pk} .unread-mark")).to_contain_text("Unread")
    fork = page.locator(f"li:has(> #p{posts[2].pk}) ol.fork")
    expect(fork.locator(f"#p{second_reply.pk}")).to_be_attached()
    expect(page.locator(f"li:has(> #p{posts[2].pk}) summary")).to_have_text(
        "2 replies from alice and carol, 1 unread"
    )
    expect(page.locator("#replies")).to_have_text("10 replies")
    expect(page.locator(".live-updates")).to_be_empty()
    assert page.evaluate("window.shift") <= MAX_SHIFT


def test_branch_that_gets_a_live_update_can_be_folded(
    visit, thread: Thread, posts: list[Post], sample_data: SampleData
) -> None:
    page = visit(thread.get_absolute_url())
    reply_to(posts[0], author=sample_data.carol, source="The first answer to the first.")
    page.keyboard.press(".")
    fold = page.locator(f"li:has(> #p{posts[0].pk}) > .branch")
    expect(fold.locator("> summary")).to_have_text("1 reply from carol, 1 unread")
    before = fold.evaluate("fold => fold.querySelector('article').textContent")
    fold.locator("> summary").click()
    expect(fold.locator("article")).to_be_hidden()
    page.reload()
    # Folds are restored, and the new reply is in the place that the server gives it.
    expect(fold.locator("> summary")).to_have_text("1 reply from carol")
    expect(fold.locator("article")).to_be_hidden()
    assert "The first answer" in before


def test_bar_of_a_phone_counts_new_replies(
    open_thread, posts: list[Post], sample_data: SampleData
) -> None:
    page = open_thread(viewport={"width": 390, "height": 844})
    reply_to(
        posts[3], author=sample_data.carol, source="Further down. <img src=x onerror=alert(1)>"
    )
    wait_for_poll(page)
    expect(page.locator(".thread-bar")).to_contain_text("1 new Show")
    top = page.evaluate(TOP, f"p{posts[2].pk}")
    page.evaluate("() => document.dispatchEvent(new CustomEvent('forum:show-arrivals'))")
    expect(page.locator(".text", has_text="Further down.")).to_be_attached()
    expect(page.locator(".thread-bar")).not_to_contain_text("Show")
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    assert page.evaluate("window.shift") <= MAX_SHIFT


def test_key_checks_for_new_replies_at_once(
    visit, thread: Thread, posts: list[Post], sample_data: SampleData
) -> None:
    page = visit(thread.get_absolute_url())
    page.keyboard.press(".")
    expect(page.locator("#status")).to_have_text("No new replies yet.")
    new = reply_to(posts[3], author=sample_data.carol, source="Came while one read.")
    page.keyboard.press(".")
    expect(page.locator(f"#p{new.pk}")).to_be_focused()


def test_edits_are_announced_and_hidden_posts_are_replaced_in_place(
    open_thread, posts: list[Post], sample_data: SampleData
) -> None:
    page = open_thread(sample_data.alice)
    top = page.evaluate(TOP, f"p{posts[2].pk}")
    after = page.evaluate(TOP, f"p{posts[3].pk}")
    Revision.objects.update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(posts[2], actor=sample_data.bob, source=f"Edited while it was read. {LONG}")
    child = Post.objects.get(parent=posts[2])
    hide_post(posts[1], actor=sample_data.carol, reason="private details")
    reply_to(child, author=sample_data.bob, source="Keeps the place of what is hidden.")
    wait_for_poll(page)
    note = page.locator(f"#p{posts[2].pk} [data-post]")
    expect(note).to_contain_text("Edited just now.")
    expect(page.locator(f"#p{posts[1].pk}.tombstone")).to_contain_text("private details")
    expect(page.locator(f"#p{posts[1].pk}")).not_to_contain_text("A long paragraph")
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    assert abs(page.evaluate(TOP, f"p{posts[3].pk}") - after) < 1
    note.get_by_role("link", name="Show").click()
    expect(page.locator(f"#p{posts[2].pk}")).to_contain_text("Edited while it was read.")
    expect(page.locator(f"#p{posts[2].pk}")).to_be_focused()
    assert abs(page.evaluate(TOP, f"p{posts[2].pk}") - top) < 1
    assert page.evaluate("window.shift") <= MAX_SHIFT


def test_live_update_keeps_the_composer_and_its_focus(
    open_thread, posts: list[Post], sample_data: SampleData
) -> None:
    page = open_thread(sample_data.alice)
    wait_for_poll(page)
    page.locator(f"#p{posts[2].pk} .post-actions").get_by_role("link", name="Reply").click()
    expect_composer(page)
    page.keyboard.type("Half a sent")
    field = page.locator(".compose textarea").element_handle()
    top = field.bounding_box()["y"]
    reply_to(posts[2], author=sample_data.bob, source="Meanwhile, to the same post.")
    reply_to(posts[0], author=sample_data.bob, source="Meanwhile, above.")
    polls = record_polls(page)
    # No poll while an input method composes a character.
    field.dispatch_event("compositionstart", {"bubbles": True})
    page.clock.fast_forward(NEXT_POLL_MS)
    page.clock.run_for(1000)
    assert polls == []
    field.dispatch_event("compositionend", {"bubbles": True})
    wait_for_poll(page)
    expect(page.locator(".live-updates")).to_contain_text("2 new replies")
    assert field.evaluate("field => field === document.activeElement")
    page.get_by_role("link", name="Show").click()
    expect(page.locator(".text").get_by_text("Meanwhile, to the same post.")).to_be_attached()
    assert field.evaluate("field => field.isConnected && field.value") == "Half a sent"
    assert abs(field.bounding_box()["y"] - top) < 1


def test_polling_slows_down_on_errors_and_stops_on_hidden_pages(
    open_thread, posts: list[Post], thread: Thread, sample_data: SampleData
) -> None:
    page = open_thread()
    wait_for_poll(page)
    polls = record_polls(page)
    busy = {"status": 503, "headers": {"Retry-After": "100"}}
    page.route("**/arrivals/**", lambda route: route.fulfill(**busy))
    with page.expect_response("**/arrivals/**"):
        page.clock.fast_forward(NEXT_POLL_MS)
    page.clock.fast_forward(60_000)
    page.clock.run_for(500)
    assert len(polls) == 1
    page.unroute("**/arrivals/**")
    with page.expect_response("**/arrivals/**"):
        page.clock.fast_forward(60_000)
    page.evaluate(SET_VISIBILITY, "hidden")
    page.clock.fast_forward(600_000)
    page.clock.run_for(500)
    assert len(polls) == 2
    # One poll as soon as the page is visible again, and none after the status 410.
    page.route("**/arrivals/**", lambda route: route.fulfill(status=410, headers=RESPONSE_HEADERS))
    with page.expect_response("**/arrivals/**"):
        page.evaluate(SET_VISIBILITY, "visible")
    page.clock.fast_forward(600_000)
    page.clock.run_for(500)
    assert len(polls) == 3
    expect(page.locator("#alert")).to_be_empty()


# -- Without scripts ------------------------------------------------------------------------------


def test_link_at_the_end_of_the_page_goes_to_new_replies(
    visit, thread: Thread, posts: list[Post], sample_data: SampleData
) -> None:
    page = visit(thread.get_absolute_url(), sample_data.alice, java_script_enabled=False)
    page.get_by_role("link", name="Check for new replies").click()
    expect(page.locator(".messages")).to_contain_text("No new replies yet.")
    new = reply_to(posts[3], author=sample_data.carol, source="Came while one read.")
    page.get_by_role("link", name="Check for new replies").click()
    page.wait_for_url(f"**#p{new.pk}")
    expect(page.locator(f"#p{new.pk}")).to_be_in_viewport()
