"""One branch by itself: read to its end without the others, from where a page leaves it."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.actions.read_state import mark_revisions_read
from forum.models import Board, Post, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries import thread_pages
from tests.html import Page


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(thread_pages, "POSTS_PER_PAGE", 7)


@pytest.fixture
def thread(board: Board, alice: User, bob: User) -> Thread:
    """0 ← 1 ← 2 ← 3 … 9, a chain; 2 has ten answers more, 1 five, 0 twelve."""
    parents = [None, *range(9), *[2] * 10, *[1] * 5, *[0] * 12]
    posts = [
        ImportedPost(n, parent, (alice, bob)[n % 2], f"Number {n}.", timezone.now())
        for n, parent in enumerate(parents)
    ]
    return import_thread(board, title="Some branches", posts=posts)


def numbered(thread: Thread, *numbers: int) -> list[int]:
    """The ids of the posts with these numbers in what they say."""
    posts = {post.source: post.pk for post in Post.objects.in_thread(thread)}
    return [posts[f"Number {n}."] for n in numbers]


def links(page: Page) -> dict[str, tuple[str, str]]:
    """What the page's ways on say: where they lead, and what they add in place."""
    return {link.text: (link["href"], link.get("hx-get")) for link in page.find_all("a.btn")}


def read_part(client: Client, address: str) -> Page:
    return Page(client.get(address, headers={"hx-request": "true"}))


def read(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response)


def test_page_that_ends_inside_a_branch_says_how_much_more_there_is(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    found = links(read(visitor, thread.get_absolute_url()))
    # The page shows 0 to 6; 7 to 9 hang below 6, and fifteen more below 1.
    assert "Continue this branch: 3 more replies" in found
    assert "Continue the parent branch: 18 more replies" in found
    assert "Show 30 more replies" in found


def test_page_of_a_branch_shows_it_to_its_end_and_nothing_else(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    (head,) = numbered(thread, 2)
    address: str | None = f"/p/{head}/branch/"
    seen: list[int] = []
    while address:
        page = read(visitor, address)
        fragment = read_part(visitor, address)
        posts = fragment.post_ids
        assert set(posts).isdisjoint(seen)
        assert page.post_ids[0] == head
        seen += posts
        address = next((link["href"] for link in page.find_all('[rel="next"]')), None)
    assert seen == [post.pk for post in Post.objects.below(Post.objects.get(pk=head))]
    assert "End of this branch." in page


def test_branch_is_read_back_as_well(thread: Thread, visitor: Client, small_pages: None) -> None:
    head, last = numbered(thread, 2, 19)
    address: str | None = f"/p/{head}/branch/?before=p{last}"
    seen: list[int] = []
    while address:
        part = read_part(visitor, address)
        seen = part.post_ids + seen
        address = next((link["href"] for link in part.find_all('[rel="prev"]')), None)
    below = [post.pk for post in Post.objects.below(Post.objects.get(pk=head))]
    assert seen == below[: below.index(last)]


def test_page_of_a_branch_says_what_leads_there_and_back_to_where_one_was(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    page = read(visitor, thread.get_absolute_url())
    address, _part = links(page)["Continue this branch: 3 more replies"]
    there = read(visitor, address)
    six, five, *_ = numbered(thread, 6, 5)
    assert f"/p/{five}/" in there.find("ol.steps").addresses
    assert there.link("Back to where you were")["href"] == f"/p/{six}/"
    assert there.post_ids == numbered(thread, 6, 7, 8, 9)
    assert "isn’t on this page" not in there.html


def test_continued_branch_is_added_in_place_and_the_rest_follows(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    page = read(visitor, thread.get_absolute_url())
    seen = page.post_ids
    part = links(page)["Continue this branch: 3 more replies"][1]
    page = read_part(visitor, part)
    assert page.post_ids == numbered(thread, 7, 8, 9)
    assert "3 more replies shown." in page
    seen += numbered(thread, 7, 8, 9)
    while part:
        found = links(page)
        assert "Continue this branch: 0 more replies" not in found
        part = next((part for words, (_href, part) in found.items() if words[:4] == "Show"), "")
        if part:
            page = read_part(visitor, part)
            seen += page.post_ids
    assert seen == [post.pk for post in Post.objects.in_thread(thread)]


@pytest.mark.parametrize("order", ["newest", "active"])
def test_other_orders_leave_branches_unfinished_too(
    thread: Thread, visitor: Client, small_pages: None, order: str
) -> None:
    address = f"{thread.get_absolute_url()}?order={order}"
    found: dict[str, tuple[str, str]] = {}
    while "Continue this branch: 3 more replies" not in found:
        found = links(read(visitor, address))
        following = [href for words, (href, _part) in found.items() if words[:4] == "Show"]
        assert following, "the chain is cut somewhere"
        address = following[0]
        if any(words.startswith("Continue") for words in found):
            break
    words = next(words for words in found if words.startswith("Continue this branch"))
    part = read_part(visitor, found[words][1])
    assert f"order={order}" in found[words][1]
    count = int(re.search(r"(\d+) more", words)[1])  # type: ignore[index]
    assert len(part.post_ids) == min(count, 7)


def test_links_and_folds_count_the_unread_below_them(
    thread: Thread, as_bob: Client, bob: User, small_pages: None
) -> None:
    new = numbered(thread, 4, 8, 12, 14, 20, 30)  # alice's
    numbers = Post.objects.in_thread(thread).exclude(pk__in=new).values_list("number", flat=True)
    mark_revisions_read(thread, member=bob, numbers=numbers)
    page = read(as_bob, thread.get_absolute_url())
    found = links(page)
    assert "Continue this branch: 3 more replies, 1 unread" in found
    assert "Continue the parent branch: 18 more replies, 4 unread" in found
    assert "Show 30 more replies, 5 unread" in found
    assert any(text.endswith("alice and bob, 1 unread") for text in page.texts("summary"))
    assert "6 unread" in page
    branch = read(as_bob, f"/p/{numbered(thread, 2)[0]}/branch/")
    assert "more replies, 2 unread" in branch


def test_continuation_counts_leave_out_removed_posts(
    thread: Thread, visitor: Client, alice: User, bob: User, small_pages: None
) -> None:
    for pk in numbered(thread, 9, 19):
        post = Post.objects.get(pk=pk)
        delete_post(post, actor=post.author)
    found = links(read(visitor, thread.get_absolute_url()))
    assert "Continue this branch: 2 more replies" in found
    assert "Show 28 more replies" in found


def test_branch_as_deep_as_you_like_is_continued(
    board: Board, visitor: Client, alice: User
) -> None:
    posts = [
        ImportedPost(n, n - 1 if n else None, alice, f"Number {n}.", timezone.now())
        for n in range(100)
    ]
    thread = import_thread(board, title="Deep", posts=posts)
    found = links(read(visitor, thread.get_absolute_url()))
    words = next(words for words in found if words.startswith("Continue this branch"))
    left = int(re.search(r"(\d+) more", words)[1])  # type: ignore[index]
    there = read(visitor, found[words][0])
    assert len(there.post_ids) == left + 1
    assert f"{99 - left - thread_pages.MAX_POSTS_ABOVE} more posts between" in there


def test_branch_of_the_opening_post_is_the_thread(thread: Thread, visitor: Client) -> None:
    opening = Post.objects.opening_of(thread.pk).get()
    response = visitor.get(f"/p/{opening.pk}/branch/")
    assert response["Location"] == thread.get_absolute_url()


def test_branch_without_replies_is_its_head(reply: Post, visitor: Client) -> None:
    page = read(visitor, f"/p/{reply.pk}/branch/")
    assert page.post_ids == [reply.pk]


def test_removed_head_stands_above_its_replies_and_alone_is_gone(
    reply: Post, visitor: Client, alice: User, bob: User, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    gone = visitor.get(f"/p/{reply.pk}/branch/", follow=True)
    assert gone.status_code == 410
    other = reply_to(reply.parent, author=bob, source="Another.")  # type: ignore[arg-type]
    answer = reply_to(other, author=alice, source="An answer.")
    hide_post(other, actor=carol, reason="off topic")
    page = read(visitor, f"/p/{other.pk}/branch/")
    assert "Hidden by a moderator" in page
    assert "Another." not in page.html
    assert "An answer." in page
    assert "bob" not in page.html
    below = read(visitor, f"/p/{answer.pk}/branch/")
    assert below.links["A removed post"] == f"/p/{other.pk}/"
    assert "bob" not in below.html


@pytest.mark.parametrize(
    "query", ["after=p99999999", "before=1", "from=x", "until=p01", "through=9", "at=p1'"]
)
def test_odd_addresses_are_not_found(reply: Post, visitor: Client, query: str) -> None:
    assert visitor.get(f"/p/{reply.pk}/branch/?{query}").status_code == 404


def test_page_goes_on_to_where_parts_were_added(
    thread: Thread, visitor: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten, last = numbered(thread, 10, 30)
    in_order = [post.pk for post in Post.objects.in_thread(thread)]
    address = thread.get_absolute_url()
    shown = read(visitor, f"{address}?through=p{ten}").post_ids
    assert shown == in_order[: in_order.index(ten) + 1]
    page = read(visitor, f"{address}?at=p{in_order[3]}&through=p{ten}")
    assert "Show 26 more replies" in page or any(
        f"after=p{ten}" in address for address in page.addresses
    )
    monkeypatch.setattr(thread_pages, "MAX_POSTS_ON_PAGE", 10)
    assert len(read(visitor, f"{address}?through=p{last}").post_ids) <= 10


def test_page_of_a_branch_asks_the_same_for_little_and_for_much(
    thread: Thread,
    visitor: Client,
    as_bob: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for head in numbered(thread, 9, 1):
        visitor.get(f"/p/{head}/branch/")
        with django_assert_num_queries(6 + 2):
            visitor.get(f"/p/{head}/branch/")
        with django_assert_num_queries(9 + 2):
            as_bob.get(f"/p/{head}/branch/")
