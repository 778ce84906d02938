"""Sort orders of a thread: their definitions, and paging in both directions."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.models import Board, Post, Thread, User
from forum.queries import sort_orders, thread_pages
from forum.queries.sort_orders import SORT_ORDERS, SortOrder
from tests.html import Page

LATER, EARLIER = 'a.button[rel="next"]', 'a.button[rel="prev"]'
SIZE = 36


@pytest.fixture(params=[("POSTS_PER_PAGE", 5), ("MAX_PAGE_BYTES", 5 * len("<p>Number 12.</p>"))])
def small_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pages end after five posts, or after as many bytes."""
    monkeypatch.setattr(thread_pages, *request.param)


@pytest.fixture(params=range(2))
def any_tree(request: pytest.FixtureRequest, board: Board, alice: User, bob: User) -> Thread:
    """Import a random thread of several branches that grew at the same time."""
    rng = random.Random(request.param)
    posts = [
        ImportedPost(
            n,
            None if n == 0 else rng.choice([0, rng.randrange(n), max(0, n - 1)]),
            rng.choice([alice, bob]),
            f"Number {n}.",
            timezone.now(),
        )
        for n in range(SIZE)
    ]
    return import_thread(board, title="Any tree", posts=posts)


def expected_order(thread: Thread, order: SortOrder) -> list[int]:
    """Return the replies in sort order, computed from parents and numbers only."""
    posts = list(Post.objects.by_number(thread))
    if order == "time":
        return [post.pk for post in posts[1:]]
    children: dict[int | None, list[Post]] = {}
    for post in posts:
        children.setdefault(post.parent_id, []).append(post)

    def branch(post: Post) -> list[Post]:
        below = [one for child in children.get(post.pk, []) for one in branch(child)]
        return [post, *below]

    branches = [branch(head) for head in children[posts[0].pk]]
    if order == "newest":
        branches.sort(key=lambda posts: -posts[0].number)
    elif order == "active":
        branches.sort(key=lambda posts: -max(post.number for post in posts))
    return [post.pk for posts in branches for post in posts]


def fetch_pages(client: Client, address: str | None, link: str) -> Iterator[list[int]]:
    """Yield the replies on each page, starting at an address, without posts shown for context."""
    while address:
        part = Page(client.get(address, headers={"hx-request": "true"}))
        yield part.post_ids
        address = next((each["href"] for each in part.find_all(link)), None)


def current_order(page: Page) -> str:
    return page.find('nav.tabs a[aria-current="true"]')["href"].rpartition("/")[2]


@pytest.mark.slow
@pytest.mark.parametrize("order", SORT_ORDERS)
def test_pages_follow_the_sort_order(
    any_tree: Thread, order: SortOrder, visitor: Client, small_pages: None
) -> None:
    expected = expected_order(any_tree, order)
    opening = Post.objects.opening_of(any_tree.pk).get().pk
    pages = list(fetch_pages(visitor, f"{any_tree.get_absolute_url()}?order={order}", LATER))
    assert [pk for page in pages for pk in page if pk != opening] == expected
    assert len(pages) > SIZE // 8


@pytest.mark.slow
@pytest.mark.parametrize("order", SORT_ORDERS)
def test_pages_read_backwards_contain_the_same_posts(
    any_tree: Thread, order: SortOrder, visitor: Client, small_pages: None
) -> None:
    expected = expected_order(any_tree, order)
    last = expected[-1]
    address = f"{any_tree.get_absolute_url()}?order={order}&before=p{last}"
    pages = fetch_pages(visitor, address, EARLIER)
    read = [pk for page in reversed([*pages]) for pk in page if pk in set(expected)]
    assert read == expected[:-1]


@pytest.mark.slow
@pytest.mark.parametrize("order", SORT_ORDERS)
def test_page_can_begin_at_any_post(
    any_tree: Thread, order: SortOrder, visitor: Client, small_pages: None
) -> None:
    expected = expected_order(any_tree, order)
    for place in (0, 1, SIZE // 2, SIZE - 2):
        address = f"{any_tree.get_absolute_url()}?order={order}&at=p{expected[place]}"
        page = Page(visitor.get(address))
        assert expected[place] in page.post_ids
        first_page = next(fetch_pages(visitor, address, LATER))
        shown = [pk for pk in first_page if pk in set(expected[place:])]
        assert shown[:3] == expected[place:][:3]
        assert page.has('[rel="prev"]') is (place > 0)


@pytest.mark.parametrize("order", SORT_ORDERS)
def test_every_sort_order_needs_few_queries(
    any_tree: Thread,
    order: SortOrder,
    visitor: Client,
    django_assert_max_num_queries: pytest.FixtureRequest,
) -> None:
    with django_assert_max_num_queries(6 + 2):  # type: ignore[operator]
        visitor.get(f"{any_tree.get_absolute_url()}?order={order}")


def test_reply_makes_its_branch_most_recently_active_but_not_newest(
    opening: Post, visitor: Client, bob: User
) -> None:
    first = reply_to(opening, author=bob, source="One.")
    second = reply_to(opening, author=bob, source="Two.")
    below = reply_to(first, author=bob, source="Below one.")

    def shown(order: str) -> list[int]:
        page = Page(visitor.get(f"{opening.thread.get_absolute_url()}?order={order}"))
        return page.post_ids

    assert shown("active") == [opening.pk, first.pk, below.pk, second.pk]
    assert shown("newest") == [opening.pk, second.pk, first.pk, below.pk]
    assert shown("time") == [opening.pk, first.pk, second.pk, below.pk]


def test_link_to_an_order_changes_no_other_page(opening: Post, as_bob: Client, bob: User) -> None:
    for n in range(3):
        reply_to(opening, author=bob, source=f"Number {n}.")
    address = opening.thread.get_absolute_url()
    asked = as_bob.get(f"{address}?order=time")
    assert current_order(Page(asked)) == "?order=time"
    assert "order" not in asked.cookies
    assert current_order(Page(as_bob.get(address))) == "?order=tree"


def test_chosen_sort_order_is_remembered_and_marked(
    opening: Post, as_bob: Client, bob: User
) -> None:
    for n in range(3):
        reply_to(opening, author=bob, source=f"Number {n}.")
    address = opening.thread.get_absolute_url()
    assert current_order(Page(as_bob.get(address))) == "?order=tree"
    page = Page(as_bob.get(f"{address}?order=time"))
    form = page.form("Open all threads in this order")
    chosen = as_bob.post(form.action, {"order": "time"}, headers={"referer": address})
    assert chosen["Location"] == address
    again = Page(as_bob.get(address))
    assert current_order(again) == "?order=time"
    assert again.has("ol.replies.top-level.flat")
    assert "Threads now open in this order." in again.messages
    assert "Open all threads in this order" not in again
    odd = as_bob.get(f"{address}?order=nonsense")
    assert odd.status_code == 200
    assert "order" not in odd.cookies


def test_flat_order_names_the_parent_of_every_reply(
    opening: Post, visitor: Client, bob: User, alice: User
) -> None:
    first = reply_to(opening, author=bob, source="The first words.")
    reply_to(opening, author=alice, source="Something else.")
    reply_to(first, author=alice, source="To the first.")
    deleted = reply_to(first, author=alice, source="Taken back.")
    delete_post(deleted, actor=alice)
    page = Page(visitor.get(f"{opening.thread.get_absolute_url()}?order=time"))
    assert "to bob: The first words." in page
    assert deleted.pk not in page.post_ids
    assert not page.has("ol.replies details")


@pytest.mark.slow
@pytest.mark.parametrize("small", [1, 1000], ids=["large branches", "small ones"])
def test_pages_keep_the_order_of_branches_of_the_first_page(
    any_tree: Thread,
    visitor: Client,
    bob: User,
    small_pages: None,
    small: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sort_orders, "SMALL_BRANCH", small)
    before = expected_order(any_tree, "active")
    first = next(fetch_pages(visitor, f"{any_tree.get_absolute_url()}?order=active", LATER))
    page = Page(visitor.get(f"{any_tree.get_absolute_url()}?order=active"))
    following = page.find(LATER)["href"]
    last = Post.objects.get(pk=before[-1])
    added = [
        reply_to(last, author=bob, source="The last branch, moved to the front.").pk,
        reply_to(Post.objects.opening_of(any_tree.pk).get(), author=bob, source="A new one.").pk,
    ]
    rest = [pk for page in fetch_pages(visitor, following, LATER) for pk in page]
    assert first + [pk for pk in rest if pk not in added] == before
    assert added[1] not in rest, "what has begun since stands in front"
    *_later, back = fetch_pages(visitor, following.replace("after", "before"), EARLIER)
    assert back[0] == added[1]
    anew = fetch_pages(visitor, f"{any_tree.get_absolute_url()}?order=active", LATER)
    assert [pk for page in anew for pk in page] == expected_order(any_tree, "active")


@pytest.mark.parametrize("moment", ["", "x", "-1", "0", "9" * 18, "9" * 40])
def test_invalid_moment_means_now(
    any_tree: Thread, visitor: Client, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_pages, "ACTIVITY_ORDER_LIFETIME", 10)
    page = Page(visitor.get(f"{any_tree.get_absolute_url()}?order=active&asof={moment}"))
    found = page.post_ids
    assert found[-SIZE + 1 :] == expected_order(any_tree, "active")
