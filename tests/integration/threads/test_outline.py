"""Outlines: beside a small thread, and as a list of branches for a large one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post
from forum.models import Board, Post, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries import thread_pages
from forum.queries.branch_outline import BRANCHES_PER_PAGE
from tests.html import Element, Page
from tests.integration.threads.conftest import mark_all_read, open_page, write_reply


def outline(page: Page) -> Element:
    """Return the outline of a page."""
    return page.find_all(".outline")[0]


def depths(page: Page) -> dict[int, int]:
    """Return how deep each line of the outline is nested, by the id of its post."""
    found: dict[int, int] = {}
    for depth in range(1, 100):
        lines = outline(page).find_all(" ".join(["ol"] * depth) + " li")
        if not lines:
            break
        found |= {_post_id(line): depth for line in lines}
    return {_post_id(line): found[_post_id(line)] for line in outline(page).find_all("li")}


def _post_id(line: Element) -> int:
    """Return the id of the post that a line links to."""
    return int(line.addresses[0].strip("#p/"))


def import_posts(board: Board, author: User, parents: list[int | None]) -> list[Post]:
    """Import a thread and return its posts in order of arrival; `parents` are indexes of posts."""
    now = timezone.now()
    posts = [
        ImportedPost(n, parent, author, f"Number {n}.", now) for n, parent in enumerate(parents)
    ]
    thread = import_thread(board, title="A long one", posts=posts)
    return list(Post.objects.by_number(thread).select_related("thread"))


def test_outline_has_a_line_for_each_post_at_its_true_depth(
    visitor: Client, board: Board, alice: User
) -> None:
    posts = import_posts(board, alice, [None, 0, 1, 2, 3, 1, 0])
    for order in ("tree", "time"):
        page = open_page(visitor, posts[0].thread, f"?order={order}")
        assert depths(page) == {post.pk: post.level + 1 for post in posts}
        assert list(depths(page)) == list(
            Post.objects.in_thread(posts[0].thread).values_list("pk", flat=True)
        )
    assert outline(page).links["alice A long one"] == f"#p{posts[0].pk}"


def test_outline_marks_unread_posts(
    as_alice: Client, alice: User, bob: User, opening: Post, reply: Post
) -> None:
    mark_all_read(opening.thread, alice)
    new = write_reply(reply, bob)
    [line] = outline(open_page(as_alice, opening.thread)).find_all("li.is-unread")
    assert line.addresses == [f"#p{new.pk}"]
    assert "(unread)" in line


def test_outline_leaves_out_removed_text(
    visitor: Client, reply: Post, alice: User, carol: User
) -> None:
    write_reply(reply, alice)
    hide_post(reply, actor=carol, reason="Rude")
    page = outline(open_page(visitor, reply.thread))
    assert page.links["A removed post"] == f"#p{reply.pk}"
    assert "Only where" not in page


def test_outline_escapes_html(visitor: Client, reply: Post, alice: User) -> None:
    write_reply(reply, alice, "<img src=x onerror=alert(1)> & more")
    page = outline(open_page(visitor, reply.thread))
    assert not page.has("img")
    assert "<img src=x" in page


def test_outline_says_enough_to_recognise_a_post(visitor: Client, reply: Post, alice: User) -> None:
    words = "Lime wash keeps the wall dry and lets it breathe, unlike cement."
    write_reply(reply, alice, words)
    assert "Lime wash keeps the wall dry and lets it breathe" in outline(
        open_page(visitor, reply.thread)
    )


def test_branches_of_an_outline_fold(as_bob: Client, board: Board, alice: User, bob: User) -> None:
    posts = import_posts(board, alice, [None, 0, 1, 2, 1, 0])
    mark_all_read(posts[0].thread, bob)
    write_reply(posts[3], alice)
    page = outline(open_page(as_bob, posts[0].thread))
    assert page.texts("summary") == ["4 replies, 1 unread"]
    assert len(page.find_all("details[open] li")) == 4


def test_outline_of_a_page_leads_to_the_branches_before_and_after(
    visitor: Client, board: Board, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thread_pages, "POSTS_PER_PAGE", 3)
    posts = import_posts(board, alice, [None, *[0] * 8])
    page = outline(open_page(visitor, posts[0].thread, f"?after=p{posts[3].pk}"))
    shown = [_post_id(line) for line in page.find_all("li")]
    assert shown == [posts[0].pk, *(post.pk for post in posts[4:7])]
    earlier, later = page.links["Earlier branches"], page.links["Later branches"]
    assert list(depths(Page(visitor.get(earlier)))) == [post.pk for post in posts[1:4]]
    assert list(depths(Page(visitor.get(later)))) == [post.pk for post in posts[7:]]


# -- The branches of a large thread ---------------------------------------------------------------


@pytest.fixture
def large_thread(board: Board, alice: User) -> list[Post]:
    """Import a thread of a hundred branches; the second branch is a chain of thirty posts."""
    chain = [2, *range(101, 130)]
    return import_posts(board, alice, [None, *[0] * 100, *chain])


def open_branches(client: Client, thread: Thread, query: str = "") -> Page:
    response = client.get(f"/t/{thread.pk}/map/{query}")
    assert response.status_code == 200
    return Page(response)


def test_branches_are_paged_in_both_directions(visitor: Client, large_thread: list[Post]) -> None:
    thread = large_thread[0].thread
    heads = [post.pk for post in large_thread if post.level == 1]
    page = open_branches(visitor, thread)
    listed = list(depths(page))
    for _page in range(2):
        following = page.links["Later branches"]
        page = open_branches(visitor, thread, following.partition("/map/")[2])
        listed += depths(page)
    assert listed == heads
    assert "Later branches" not in page
    earlier = page.links["Earlier branches"].partition("/map/")[2]
    assert (
        list(depths(open_branches(visitor, thread, earlier)))
        == heads[BRANCHES_PER_PAGE : 2 * BRANCHES_PER_PAGE]
    )


def test_branch_shows_its_replies_and_unread_posts(
    as_bob: Client, large_thread: list[Post], bob: User, alice: User
) -> None:
    thread = large_thread[0].thread
    mark_all_read(thread, bob)
    write_reply(large_thread[-1], alice)
    write_reply(large_thread[3], alice)
    page = open_branches(as_bob, thread)
    assert sorted(page.texts("small")) == ["1 reply, 1 unread", "31 replies, 1 unread"]


def test_ancestors_of_a_post_are_listed_below_its_branch(
    visitor: Client, large_thread: list[Post]
) -> None:
    thread = large_thread[0].thread
    page = open_branches(visitor, thread, f"?at=p{large_thread[105].pk}")
    lines = list(depths(page))
    assert lines[:2] == [large_thread[2].pk, large_thread[101].pk]
    assert depths(page)[large_thread[105].pk] == 6
    assert "Earlier branches" in page
    deep = open_branches(visitor, thread, f"?at=p{large_thread[-1].pk}")
    assert "20 posts between" in deep
    assert len(depths(deep)) < BRANCHES_PER_PAGE + 12
    first = open_branches(visitor, thread, f"?at=p{large_thread[0].pk}")
    assert "Earlier branches" not in first


def test_branch_of_deleted_posts_only_is_left_out(
    visitor: Client, large_thread: list[Post], alice: User
) -> None:
    delete_post(large_thread[1], actor=alice)
    delete_post(large_thread[2], actor=alice)
    assert list(depths(open_branches(visitor, large_thread[0].thread)))[:2] == [
        large_thread[2].pk,
        large_thread[3].pk,
    ]


@pytest.mark.parametrize("query", ["?at=p0", "?after=t1", "?before=p99999999", "?at=p9<b>"])
def test_invalid_parameters_return_404(
    visitor: Client, large_thread: list[Post], query: str
) -> None:
    assert visitor.get(f"/t/{large_thread[0].thread_id}/map/{query}").status_code == 404


def test_post_of_another_thread_returns_404(
    visitor: Client, large_thread: list[Post], reply: Post
) -> None:
    assert visitor.get(f"/t/{large_thread[0].thread_id}/map/?at=p{reply.pk}").status_code == 404


def test_number_of_queries_is_the_same_for_small_and_large_threads(
    visitor: Client,
    as_bob: Client,
    bob: User,
    large_thread: list[Post],
    reply: Post,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for post in (reply, large_thread[-1]):
        mark_all_read(post.thread, bob)
        address = f"/t/{post.thread_id}/map/?at=p{post.pk}"
        # Including the time limit, and the savepoint that is the page's transaction in a test.
        with django_assert_num_queries(8):
            visitor.get(address)
        with django_assert_num_queries(11):
            as_bob.get(address)
