"""Unread posts: read once they were on the screen; links and keys to the next one."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import edit_post, reply_to
from forum.actions.read_state import mark_revisions_read, mark_thread_read
from forum.models import Post, ReadState, Revision, Thread, User
from tests.browser.sample_data import SampleData

UNREAD_POSITIONS = (30, 31, 150, 300, 777, 1500, 1999)  # three of them on the first page


@pytest.fixture
def large_thread(sample_data: SampleData) -> tuple[Thread, list[int]]:
    """Import 2,000 posts, of which alice has not read 7, and return the ids of those."""
    rng = random.Random(7)
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else rng.choice([0, max(0, n - 1), rng.randrange(n)]),
            sample_data.bob,
            f"Number {n} of many.",
            start + timedelta(minutes=n),
        )
        for n in range(2000)
    ]
    thread = import_thread(sample_data.yard, title="Two thousand", posts=posts)
    in_tree_order = list(Post.objects.in_thread(thread))
    unread = [in_tree_order[position] for position in UNREAD_POSITIONS]
    numbers = {post.number for post in unread}
    mark_revisions_read(
        thread, member=sample_data.alice, numbers=set(range(1, thread.next_number)) - numbers
    )
    return thread, [post.pk for post in unread]


def unread_summary(page: Page) -> Locator:
    """Return the line in the thread's heading that counts unread posts."""
    return page.locator(".unread-summary").filter(has_text="unread")


def focused_post(page: Page) -> int:
    """Return the id of the post that has focus or is the target of the address."""
    return int(
        page.evaluate(
            "document.activeElement.closest('article')?.id"
            " ?? document.querySelector('article:target')?.id"
        )[1:]
    )


def test_next_link_visits_unread_posts_in_order_across_folds_and_pages(
    visit, large_thread: tuple[Thread, list[int]], sample_data: SampleData
) -> None:
    thread, unread = large_thread
    page = visit(thread.get_absolute_url(), sample_data.alice)
    expect(unread_summary(page)).to_contain_text("7 unread")
    # The first unread posts are folded.
    page.locator("details.branch[open]").evaluate_all("all => all.forEach(one => one.open = false)")
    visited = []
    for _press in range(7):
        page.get_by_role("link", name="unread Next").first.click()
        page.wait_for_function(
            "last => { const id = (document.activeElement.closest('article')"
            " ?? document.querySelector('article:target'))?.id; return id && id !== last; }",
            arg=f"p{visited[-1]}" if visited else "",
        )
        expect(page.locator(f"#p{focused_post(page)}")).to_be_in_viewport()
        visited.append(focused_post(page))
    assert visited == unread


def expect_seen(page: Page, post: Post) -> None:
    """Wait until the post was on the screen for long enough."""
    expect(page.locator(f"#p{post.pk}")).to_be_visible()
    expect(page.locator(f"#p{post.pk}[data-n]")).to_have_count(0)


def leave(page: Page) -> None:
    """Send what was seen, as when the page is left."""
    with page.expect_response("**/seen/") as response:
        page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert response.value.status == 200


def test_posts_on_the_screen_become_read_and_others_stay_unread(
    visit, thread: Thread, opening: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    long = "\n\n".join(["A long paragraph about walls, to fill the screen."] * 8)
    posts = [reply_to(opening, author=sample_data.bob, source=long) for _n in range(6)]
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.locator(f"#p{posts[1].pk}").scroll_into_view_if_needed()
    expect_seen(page, posts[1])
    leave(page)
    seen = ReadState.objects.get(member=sample_data.alice, thread=thread).numbers
    assert any(posts[1].number in range(run.lower, run.upper) for run in seen)
    assert not any(posts[-1].number in range(run.lower, run.upper) for run in seen)
    second_page = visit(thread.get_absolute_url(), sample_data.alice)
    expect(second_page.locator(f"#p{posts[-1].pk}")).to_have_attribute(
        "data-n", str(posts[-1].number)
    )
    expect(second_page.locator(f"#p{posts[1].pk}[data-n]")).to_have_count(0)


def test_what_was_seen_is_sent_rarely_and_at_once_when_nothing_is_left_to_see(
    visit, thread: Thread, opening: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    long = "\n\n".join(["A long paragraph about walls, to fill the screen."] * 8)
    posts = [reply_to(opening, author=sample_data.bob, source=long) for _n in range(3)]
    page = visit(thread.get_absolute_url(), sample_data.alice)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/seen/" in request.url else 0)
    for post in posts:
        assert not sent
        page.locator(f"#p{post.pk}").evaluate("post => post.scrollIntoView()")
        expect_seen(page, post)
    expect(page.locator(".rail [data-js-to-new]")).to_be_hidden()
    assert len(sent) == 1


def test_posts_of_a_page_left_at_once_stay_unread(
    visit, thread: Thread, opening: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    reply_to(opening, author=sample_data.bob, source="Seen by nobody.")
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.goto("/")
    page.goto(thread.get_absolute_url())
    expect(unread_summary(page)).to_contain_text("1 unread")


def test_post_of_many_screens_becomes_read_on_a_phone(
    visit, thread: Thread, opening: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    post = reply_to(opening, author=sample_data.bob, source="A line about walls.\n\n" * 900)
    phone = {"width": 390, "height": 700}
    page = visit(f"{thread.get_absolute_url()}#p{post.pk}", sample_data.alice, viewport=phone)
    assert page.locator(f"#p{post.pk}").bounding_box()["height"] > 30 * 700
    with page.expect_response("**/seen/") as response:
        pass
    assert response.value.status == 200
    expect(page.locator(f"#p{post.pk}[data-n]")).to_have_count(0)


def test_posts_shown_after_the_session_expired_stay_unread(
    visit, thread: Thread, opening: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    post = reply_to(opening, author=sample_data.bob, source="Seen by who was signed out meanwhile.")
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.context.clear_cookies()
    with page.expect_response("**/seen/") as response:
        page.locator(f"#p{post.pk}").scroll_into_view_if_needed()
    assert response.value.status == 403
    expect(page.locator(f"#p{post.pk}")).to_contain_text("signed out meanwhile")
    second_page = visit(thread.get_absolute_url(), sample_data.alice)
    expect(unread_summary(second_page)).to_contain_text("1 unread")


def press_next_unread(page: Page, **detail: bool) -> None:
    """Send the event of the keys n and Shift+n."""
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('forum:next-new', { detail }))", detail
    )


def test_keys_go_to_unread_posts_back_and_forth_and_show_edits(
    visit, thread: Thread, reply: Post, opening: Post, bob: User, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    Revision.objects.filter(post=reply).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    later = reply_to(opening, author=bob, source="And lime helps.")
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.wait_for_load_state("networkidle")  # the script is loaded
    status = page.locator("#status")
    press_next_unread(page)
    note = page.locator(f"#p{reply.pk}").get_by_role("group", name="Changes since you read it")
    expect(note).to_be_focused()
    expect(note.locator("del")).to_contain_text("wet")
    press_next_unread(page)
    expect(page.locator(f"#p{later.pk}")).to_be_focused()
    press_next_unread(page, back=True)
    expect(page.locator(f"#p{reply.pk}")).to_be_focused()
    expect(page.locator(f"#p{reply.pk}").get_by_role("group")).to_have_count(1)
    press_next_unread(page, back=True)
    expect(status).to_have_text("No unread posts above on this page.")
    press_next_unread(page)
    expect(page.locator(f"#p{later.pk}")).to_be_focused()
    press_next_unread(page)
    expect(page.locator(".messages")).to_contain_text("No more unread posts.")


def test_key_announces_that_nothing_is_unread(
    visit, thread: Thread, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.wait_for_load_state("networkidle")
    press_next_unread(page)
    expect(page.locator("#status")).to_have_text("No more unread posts.")


def test_key_goes_to_unread_posts_that_were_loaded_below(
    visit, large_thread: tuple[Thread, list[int]], sample_data: SampleData
) -> None:
    thread, unread = large_thread
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.locator(".more-row a[rel=next]").click()
    expect(page.locator(f"#p{unread[3]}")).to_be_attached()
    page.evaluate("window.isSamePage = true")
    page.locator(f"#p{unread[2]}").focus()
    press_next_unread(page)
    expect(page.locator(f"#p{unread[3]}")).to_be_focused()
    assert page.evaluate("window.isSamePage")


def test_changes_since_reading_open_above_the_text(
    visit, thread: Thread, reply: Post, bob: User, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    Revision.objects.filter(post=reply).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    page = visit(thread.get_absolute_url(), sample_data.alice)
    page.get_by_role("link", name="edited since you read it").click()
    note = page.get_by_role("group", name="Changes since you read it")
    expect(note).to_be_focused()
    expect(note.locator("del")).to_contain_text("wet")
    expect(note.locator("ins")).to_contain_text("dry")


# -- Without scripts ------------------------------------------------------------------------------


def test_links_visit_unread_posts_without_scripts_and_mark_them_read(
    visit, large_thread: tuple[Thread, list[int]], sample_data: SampleData
) -> None:
    thread, unread = large_thread
    page = visit(thread.get_absolute_url(), sample_data.alice, java_script_enabled=False)
    page.get_by_role("link", name="Go to first unread").click()
    visited = [int(page.url.rpartition("#p")[2])]
    for _step in range(6):
        page.locator(f"#p{visited[-1]} a.unread-mark").click()
        page.wait_for_load_state()
        visited.append(int(page.url.rpartition("#p")[2]))
    assert visited == unread
    page.locator(f"#p{visited[-1]} a.unread-mark").click()
    expect(page.locator(".messages")).to_contain_text("No more unread posts.")
    page.goto(thread.get_absolute_url())
    expect(unread_summary(page)).to_contain_text("No unread posts")


def test_post_marked_as_unread_from_its_menu_stays_unread(
    visit, thread: Thread, reply: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    page = visit(f"/p/{reply.pk}/menu/", sample_data.alice, java_script_enabled=False)
    page.get_by_role("button", name="Mark as unread from here").click()
    expect(page.locator(".messages")).to_contain_text("Marked as unread")
    page.goto(thread.get_absolute_url())
    expect(page.locator(f"#p{reply.pk} .unread-mark")).to_be_visible()


# -- Counts stay what they are while one reads ----------------------------------------------------


def test_counts_follow_what_was_read(
    visit, thread: Thread, opening: Post, sample_data: SampleData
) -> None:
    mark_thread_read(thread, member=sample_data.alice)
    long = "\n\n".join(["A long paragraph about walls, to fill the screen."] * 8)
    posts = [reply_to(opening, author=sample_data.bob, source=long) for _n in range(3)]
    listed = visit(sample_data.yard.get_absolute_url(), sample_data.alice)
    row = listed.locator(".list > li", has_text="A damp corner").first
    expect(row.locator(".unread-mark")).to_contain_text("3 unread")
    row.get_by_role("link", name="A damp corner").click()
    page = listed
    rail = page.locator(".rail [data-js-to-new]")
    expect(rail).to_contain_text("3 unread")
    assert page.title().startswith("(3) ")

    page.locator(f"#p{posts[0].pk}").scroll_into_view_if_needed()
    expect_seen(page, posts[0])
    leave(page)
    expect(rail).to_contain_text("2 unread")
    expect(unread_summary(page)).to_contain_text("2 unread")
    assert page.title().startswith("(2) ")

    for post in posts[1:]:
        page.locator(f"#p{post.pk}").evaluate("post => post.scrollIntoView()")
        expect(page.locator(f"#p{post.pk}[data-n]")).to_have_count(0)  # it was in view long enough
    expect(rail).to_be_hidden(timeout=20_000)
    expect(unread_summary(page)).to_contain_text("No unread posts")
    expect(page.get_by_role("button", name="Mark all as read")).to_be_hidden()
    assert page.title().startswith("A damp corner")
    page.go_back()
    expect(row.locator(".unread-mark")).to_have_count(0)
