"""What is new: seen as it is on the screen, walked by button, link and without scripts."""

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
from tests.browser.world import World

NEW_AT = (30, 31, 150, 300, 777, 1500, 1999)  # of which three are on the first page


@pytest.fixture
def prepared(world: World) -> tuple[Thread, list[int]]:
    """2,000 posts, all of which alice has seen but for 7; three of those are on the first page."""
    chance = random.Random(7)
    start = timezone.now() - timedelta(days=30)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else chance.choice([0, max(0, n - 1), chance.randrange(n)]),
            world.bob,
            f"Number {n} of many.",
            start + timedelta(minutes=n),
        )
        for n in range(2000)
    ]
    thread = import_thread(world.yard, title="Two thousand", posts=posts)
    tree = list(Post.objects.in_thread(thread))
    new = [tree[at] for at in NEW_AT]
    numbers = {post.number for post in new}
    mark_revisions_read(
        thread, member=world.alice, numbers=set(range(1, thread.next_number)) - numbers
    )
    return thread, [post.pk for post in new]


def summary(page: Page) -> Locator:
    """What the head of the thread says of new posts."""
    return page.locator(".news").filter(has_text="unread")


def landed(page: Page) -> int:
    """The post that the reader was led to."""
    return int(
        page.evaluate(
            "document.activeElement.closest('article')?.id"
            " ?? document.querySelector('article:target')?.id"
        )[1:]
    )


def test_seven_presses_visit_seven_new_posts_in_order_through_folds_and_pages(
    visit, prepared: tuple[Thread, list[int]], world: World
) -> None:
    thread, new = prepared
    page = visit(thread.get_absolute_url(), world.alice)
    expect(summary(page)).to_contain_text("7 unread")
    # The first ones are folded away.
    page.locator("details.branch[open]").evaluate_all("all => all.forEach(one => one.open = false)")
    walked = []
    for _press in range(7):
        page.get_by_role("link", name="unread Next").first.click()
        page.wait_for_function(
            "last => { const id = (document.activeElement.closest('article')"
            " ?? document.querySelector('article:target'))?.id; return id && id !== last; }",
            arg=f"p{walked[-1]}" if walked else "",
        )
        expect(page.locator(f"#p{landed(page)}")).to_be_in_viewport()
        walked.append(landed(page))
    assert walked == new


def test_posts_on_the_screen_become_read_and_others_stay_unread(
    visit, thread: Thread, opening: Post, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    long = "\n\n".join(["A long paragraph about walls, to fill the screen."] * 8)
    posts = [reply_to(opening, author=world.bob, source=long) for _n in range(6)]
    page = visit(thread.get_absolute_url(), world.alice)
    page.locator(f"#p{posts[1].pk}").scroll_into_view_if_needed()
    with page.expect_response("**/seen/") as answer:
        pass
    assert answer.value.status == 200
    seen = ReadState.objects.get(member=world.alice, thread=thread).numbers
    assert any(posts[1].number in range(run.lower, run.upper) for run in seen)
    assert not any(posts[-1].number in range(run.lower, run.upper) for run in seen)
    elsewhere = visit(thread.get_absolute_url(), world.alice)
    expect(elsewhere.locator(f"#p{posts[-1].pk}")).to_have_attribute(
        "data-n", str(posts[-1].number)
    )
    expect(elsewhere.locator(f"#p{posts[1].pk}[data-n]")).to_have_count(0)


def test_leaving_at_once_leaves_all_as_it_was(
    visit, thread: Thread, opening: Post, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    reply_to(opening, author=world.bob, source="Seen by nobody.")
    page = visit(thread.get_absolute_url(), world.alice)
    page.goto("/")
    page.goto(thread.get_absolute_url())
    expect(summary(page)).to_contain_text("1 unread")


def test_post_of_many_screens_is_seen_on_a_phone(
    visit, thread: Thread, opening: Post, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    post = reply_to(opening, author=world.bob, source="A line about walls.\n\n" * 900)
    phone = {"width": 390, "height": 700}
    page = visit(f"{thread.get_absolute_url()}#p{post.pk}", world.alice, viewport=phone)
    assert page.locator(f"#p{post.pk}").bounding_box()["height"] > 30 * 700
    with page.expect_response("**/seen/") as answer:
        pass
    assert answer.value.status == 200
    expect(page.locator(f"#p{post.pk}[data-n]")).to_have_count(0)


def test_posts_seen_after_the_session_expired_stay_unread(
    visit, thread: Thread, opening: Post, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    post = reply_to(opening, author=world.bob, source="Seen by who was signed out meanwhile.")
    page = visit(thread.get_absolute_url(), world.alice)
    page.context.clear_cookies()
    with page.expect_response("**/seen/") as answer:
        page.locator(f"#p{post.pk}").scroll_into_view_if_needed()
    assert answer.value.status == 403
    expect(page.locator(f"#p{post.pk}")).to_contain_text("signed out meanwhile")
    again = visit(thread.get_absolute_url(), world.alice)
    expect(summary(again)).to_contain_text("1 unread")


def say(page: Page, **detail: bool) -> None:
    """What the keys n and Shift+n say."""
    page.evaluate(
        "detail => document.dispatchEvent(new CustomEvent('forum:next-new', { detail }))", detail
    )


def test_keys_walk_on_and_back_and_show_what_changed(
    visit, thread: Thread, reply: Post, opening: Post, bob: User, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    Revision.objects.filter(post=reply).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    later = reply_to(opening, author=bob, source="And lime helps.")
    page = visit(thread.get_absolute_url(), world.alice)
    page.wait_for_load_state("networkidle")  # the module is there
    status = page.locator("#status")
    say(page)
    note = page.locator(f"#p{reply.pk}").get_by_role("group", name="Changes since you read it")
    expect(note).to_be_focused()
    expect(note.locator("del")).to_contain_text("wet")
    say(page)
    expect(page.locator(f"#p{later.pk}")).to_be_focused()
    say(page, back=True)
    expect(page.locator(f"#p{reply.pk}")).to_be_focused()
    expect(page.locator(f"#p{reply.pk}").get_by_role("group")).to_have_count(1)
    say(page, back=True)
    expect(status).to_have_text("No unread posts above on this page.")
    say(page)
    expect(page.locator(f"#p{later.pk}")).to_be_focused()
    say(page)
    expect(page.locator(".messages")).to_contain_text("No more unread posts.")


def test_keys_say_that_nothing_is_new(visit, thread: Thread, world: World) -> None:
    mark_thread_read(thread, member=world.alice)
    page = visit(thread.get_absolute_url(), world.alice)
    page.wait_for_load_state("networkidle")
    say(page)
    expect(page.locator("#status")).to_have_text("No more unread posts.")


def test_walk_goes_on_in_what_was_loaded_below(
    visit, prepared: tuple[Thread, list[int]], world: World
) -> None:
    thread, new = prepared
    page = visit(thread.get_absolute_url(), world.alice)
    page.locator(".more-row a[rel=next]").click()
    expect(page.locator(f"#p{new[3]}")).to_be_attached()
    page.evaluate("window.isSamePage = true")
    page.locator(f"#p{new[2]}").focus()
    say(page)
    expect(page.locator(f"#p{new[3]}")).to_be_focused()
    assert page.evaluate("window.isSamePage")


def test_difference_of_an_edit_opens_above_the_text(
    visit, thread: Thread, reply: Post, bob: User, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    Revision.objects.filter(post=reply).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only where the bricks stay dry all winter.")
    page = visit(thread.get_absolute_url(), world.alice)
    page.get_by_role("link", name="edited since you read it").click()
    note = page.get_by_role("group", name="Changes since you read it")
    expect(note).to_be_focused()
    expect(note.locator("del")).to_contain_text("wet")
    expect(note.locator("ins")).to_contain_text("dry")


# -- Without scripts ------------------------------------------------------------------------------


def test_walk_without_scripts_goes_by_links_and_what_is_served_is_seen(
    visit, prepared: tuple[Thread, list[int]], world: World
) -> None:
    thread, new = prepared
    page = visit(thread.get_absolute_url(), world.alice, java_script_enabled=False)
    page.get_by_role("link", name="Go to first unread").click()
    walked = [int(page.url.rpartition("#p")[2])]
    for _step in range(6):
        page.locator(f"#p{walked[-1]} a.new").click()
        page.wait_for_load_state()
        walked.append(int(page.url.rpartition("#p")[2]))
    assert walked == new
    page.locator(f"#p{walked[-1]} a.new").click()
    expect(page.locator(".messages")).to_contain_text("No more unread posts.")
    page.goto(thread.get_absolute_url())
    expect(summary(page)).to_contain_text("No unread posts")


def test_marked_as_new_from_the_menu_stays_new(
    visit, thread: Thread, reply: Post, world: World
) -> None:
    mark_thread_read(thread, member=world.alice)
    page = visit(f"/p/{reply.pk}/menu/", world.alice, java_script_enabled=False)
    page.get_by_role("button", name="Mark as unread from here").click()
    expect(page.locator(".messages")).to_contain_text("Marked as unread")
    page.goto(thread.get_absolute_url())
    expect(page.locator(f"#p{reply.pk} .new")).to_be_visible()
