"""Branch pages: one branch read to its end, and the links that continue a branch."""

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
    """Import a chain of posts 0 to 9; post 2 has ten more replies, post 1 five, post 0 twelve."""
    parents = [None, *range(9), *[2] * 10, *[1] * 5, *[0] * 12]
    posts = [
        ImportedPost(n, parent, (alice, bob)[n % 2], f"Number {n}.", timezone.now())
        for n, parent in enumerate(parents)
    ]
    return import_thread(board, title="Some branches", posts=posts)


def ids_of(thread: Thread, *numbers: int) -> list[int]:
    """Return the ids of the posts with these numbers in their text."""
    posts = {post.source: post.pk for post in Post.objects.in_thread(thread)}
    return [posts[f"Number {n}."] for n in numbers]


def find_links(page: Page) -> dict[str, tuple[str, str]]:
    """Return the address and the HTMX address of each button-like link, by its text."""
    return {link.text: (link["href"], link.get("hx-get")) for link in page.find_all("a.button")}


def open_fragment(client: Client, address: str) -> Page:
    return Page(client.get(address, headers={"hx-request": "true"}))


def open_page(client: Client, address: str) -> Page:
    response = client.get(address)
    assert response.status_code == 200
    return Page(response)


def test_page_that_ends_inside_a_branch_counts_the_replies_left(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    found = find_links(open_page(visitor, thread.get_absolute_url()))
    # The page shows 0 to 6; 7 to 9 are below 6, and fifteen more below 1.
    assert "Continue this branch: 3 more replies" in found
    assert "Continue the parent branch: 18 more replies" in found
    assert "Show 30 more replies" in found


@pytest.mark.parametrize(
    ("posts", "words"),
    [
        (210, "Show 10 more replies"),
        (400, "Show 200 more replies"),
        (401, "Show 200 of 201 more replies"),
        (1_021, "Show 200 of 821 more replies"),
        (1_400, "Show more replies"),
    ],
)
def test_link_to_more_replies_says_how_many_it_shows(
    board: Board, alice: User, visitor: Client, posts: int, words: str
) -> None:
    now = timezone.now()
    parents = [None, *[0] * (posts - 1)]
    thread = import_thread(
        board,
        title="Many",
        posts=[ImportedPost(n, parent, alice, "Yes.", now) for n, parent in enumerate(parents)],
    )
    assert words in find_links(open_page(visitor, thread.get_absolute_url()))


def test_branch_pages_show_the_whole_branch_and_nothing_else(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    (head,) = ids_of(thread, 2)
    address: str | None = f"/p/{head}/branch/"
    shown: list[int] = []
    while address:
        page = open_page(visitor, address)
        part = open_fragment(visitor, address)
        posts = part.post_ids
        assert set(posts).isdisjoint(shown)
        assert page.post_ids[0] == head
        shown += posts
        address = next((link["href"] for link in page.find_all('[rel="next"]')), None)
    assert shown == [post.pk for post in Post.objects.below(Post.objects.get(pk=head))]
    assert "End of this branch." in page


def test_branch_can_be_paged_backwards(thread: Thread, visitor: Client, small_pages: None) -> None:
    head, last = ids_of(thread, 2, 19)
    address: str | None = f"/p/{head}/branch/?before=p{last}"
    shown: list[int] = []
    while address:
        fragment = open_fragment(visitor, address)
        shown = fragment.post_ids + shown
        address = next((link["href"] for link in fragment.find_all('[rel="prev"]')), None)
    below = [post.pk for post in Post.objects.below(Post.objects.get(pk=head))]
    assert shown == below[: below.index(last)]


def test_branch_page_shows_ancestors_and_a_link_back(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    page = open_page(visitor, thread.get_absolute_url())
    address, _fragment = find_links(page)["Continue this branch: 3 more replies"]
    branch_page = open_page(visitor, address)
    six, five, *_ = ids_of(thread, 6, 5)
    assert f"/p/{five}/" in branch_page.find("ol.path").addresses
    assert branch_page.link("Back to where you were")["href"] == f"/p/{six}/"
    assert branch_page.post_ids == ids_of(thread, 6, 7, 8, 9)
    assert "isn’t on this page" not in branch_page.html


def test_continued_branch_is_inserted_in_place_and_the_rest_can_be_loaded(
    thread: Thread, visitor: Client, small_pages: None
) -> None:
    page = open_page(visitor, thread.get_absolute_url())
    shown = page.post_ids
    fragment = find_links(page)["Continue this branch: 3 more replies"][1]
    page = open_fragment(visitor, fragment)
    assert page.post_ids == ids_of(thread, 7, 8, 9)
    assert "3 more replies shown." in page
    shown += ids_of(thread, 7, 8, 9)
    while fragment:
        found = find_links(page)
        assert "Continue this branch: 0 more replies" not in found
        fragment = next(
            (fragment for words, (_href, fragment) in found.items() if words[:4] == "Show"), ""
        )
        if fragment:
            page = open_fragment(visitor, fragment)
            shown += page.post_ids
    assert shown == [post.pk for post in Post.objects.in_thread(thread)]


@pytest.mark.parametrize("order", ["newest", "active"])
def test_other_sort_orders_offer_to_continue_branches(
    thread: Thread, visitor: Client, small_pages: None, order: str
) -> None:
    address = f"{thread.get_absolute_url()}?order={order}"
    found: dict[str, tuple[str, str]] = {}
    while "Continue this branch: 3 more replies" not in found:
        found = find_links(open_page(visitor, address))
        following = [href for words, (href, _fragment) in found.items() if words[:4] == "Show"]
        assert following, "the chain is cut somewhere"
        address = following[0]
        if any(words.startswith("Continue") for words in found):
            break
    words = next(words for words in found if words.startswith("Continue this branch"))
    fragment = open_fragment(visitor, found[words][1])
    assert f"order={order}" in found[words][1]
    count = int(re.search(r"(\d+) more", words)[1])  # type: ignore[index]
    assert len(fragment.post_ids) == min(count, 7)


def test_links_and_folds_count_the_unread_posts_below(
    thread: Thread, as_bob: Client, bob: User, small_pages: None
) -> None:
    new = ids_of(thread, 4, 8, 12, 14, 20, 30)  # by alice
    numbers = Post.objects.in_thread(thread).exclude(pk__in=new).values_list("number", flat=True)
    mark_revisions_read(thread, member=bob, numbers=numbers)
    page = open_page(as_bob, thread.get_absolute_url())
    found = find_links(page)
    assert "Continue this branch: 3 more replies, 1 unread" in found
    assert "Continue the parent branch: 18 more replies, 4 unread" in found
    assert "Show 30 more replies, 5 unread" in found
    assert any(text.endswith("alice and bob, 1 unread") for text in page.texts("summary"))
    assert "6 unread" in page
    branch = open_page(as_bob, f"/p/{ids_of(thread, 2)[0]}/branch/")
    assert "more replies, 2 unread" in branch


def test_counts_of_remaining_replies_leave_out_deleted_posts(
    thread: Thread, visitor: Client, alice: User, bob: User, small_pages: None
) -> None:
    for pk in ids_of(thread, 9, 19):
        post = Post.objects.get(pk=pk)
        delete_post(post, actor=post.author)
    found = find_links(open_page(visitor, thread.get_absolute_url()))
    assert "Continue this branch: 2 more replies" in found
    assert "Show 28 more replies" in found


def test_very_deep_branch_can_be_continued(board: Board, visitor: Client, alice: User) -> None:
    posts = [
        ImportedPost(n, n - 1 if n else None, alice, f"Number {n}.", timezone.now())
        for n in range(100)
    ]
    thread = import_thread(board, title="Deep", posts=posts)
    found = find_links(open_page(visitor, thread.get_absolute_url()))
    words = next(words for words in found if words.startswith("Continue this branch"))
    remaining = int(re.search(r"(\d+) more", words)[1])  # type: ignore[index]
    branch_page = open_page(visitor, found[words][0])
    assert len(branch_page.post_ids) == remaining + 1
    assert f"{99 - remaining - thread_pages.MAX_POSTS_ABOVE} more posts between" in branch_page


def test_branch_of_the_opening_post_redirects_to_the_thread(
    thread: Thread, visitor: Client
) -> None:
    opening = Post.objects.opening_of(thread.pk).get()
    response = visitor.get(f"/p/{opening.pk}/branch/")
    assert response["Location"] == thread.get_absolute_url()


def test_branch_without_replies_shows_its_head(reply: Post, visitor: Client) -> None:
    page = open_page(visitor, f"/p/{reply.pk}/branch/")
    assert page.post_ids == [reply.pk]


def test_hidden_head_is_a_tombstone_above_its_replies_and_returns_410_without_any(
    reply: Post, visitor: Client, alice: User, bob: User, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    gone = visitor.get(f"/p/{reply.pk}/branch/", follow=True)
    assert gone.status_code == 410
    other = reply_to(reply.parent, author=bob, source="Another.")  # type: ignore[arg-type]
    below_other = reply_to(other, author=alice, source="An answer.")
    hide_post(other, actor=carol, reason="off topic")
    page = open_page(visitor, f"/p/{other.pk}/branch/")
    assert "Hidden by a moderator" in page
    assert "Another." not in page.html
    assert "An answer." in page
    assert "bob" not in page.html
    below = open_page(visitor, f"/p/{below_other.pk}/branch/")
    assert below.links["A removed post"] == f"/p/{other.pk}/"
    assert "bob" not in below.html


@pytest.mark.parametrize(
    "query", ["after=p99999999", "before=1", "from=x", "until=p01", "through=9", "at=p1'"]
)
def test_invalid_parameters_return_404(reply: Post, visitor: Client, query: str) -> None:
    assert visitor.get(f"/p/{reply.pk}/branch/?{query}").status_code == 404


def test_page_can_be_loaded_with_the_parts_added_before(
    thread: Thread, visitor: Client, small_pages: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    ten, last = ids_of(thread, 10, 30)
    in_order = [post.pk for post in Post.objects.in_thread(thread)]
    address = thread.get_absolute_url()
    shown = open_page(visitor, f"{address}?through=p{ten}").post_ids
    assert shown == in_order[: in_order.index(ten) + 1]
    page = open_page(visitor, f"{address}?at=p{in_order[3]}&through=p{ten}")
    assert "Show 26 more replies" in page or any(
        f"after=p{ten}" in address for address in page.addresses
    )
    monkeypatch.setattr(thread_pages, "MAX_POSTS_ON_PAGE", 10)
    assert len(open_page(visitor, f"{address}?through=p{last}").post_ids) <= 10


def test_number_of_queries_is_the_same_for_small_and_large_branches(
    thread: Thread,
    visitor: Client,
    as_bob: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for head in ids_of(thread, 9, 1):
        visitor.get(f"/p/{head}/branch/")
        with django_assert_num_queries(4 + 2):
            visitor.get(f"/p/{head}/branch/")
        with django_assert_num_queries(7 + 2):
            as_bob.get(f"/p/{head}/branch/")
