"""Who answers whom: an outline beside a small thread, and the branches of a large one."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post
from forum.models import Board, Post, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.presenters.outline import MAX_POSTS_WITH_FULL_OUTLINE
from forum.queries.outline import BRANCHES_PER_PAGE
from tests.html import Element, Page
from tests.integration.threads.conftest import open_page, say, see_all


def outline(page: Page) -> Element:
    """The part of a page that is the outline."""
    return page.find_all(".map")[0]


def depths(page: Page) -> dict[int, int]:
    """How deep each line stands."""
    found: dict[int, int] = {}
    for depth in range(1, 100):
        lines = outline(page).find_all(" ".join(["ol"] * depth) + " li")
        if not lines:
            break
        found |= {_number(line): depth for line in lines}
    return {_number(line): found[_number(line)] for line in outline(page).find_all("li")}


def _number(line: Element) -> int:
    """The post that a line is about."""
    return int(line.addresses[0].strip("#p/"))


def grown(board: Board, author: User, parents: list[int | None]) -> list[Post]:
    """A thread, each of whose posts answers the one with that number; in the order of arrival."""
    now = timezone.now()
    written = [ImportedPost(n, of, author, f"Number {n}.", now) for n, of in enumerate(parents)]
    thread = import_thread(board, title="A long one", posts=written)
    return list(Post.objects.by_number(thread).select_related("thread"))


def test_outline_has_a_line_for_each_post_at_its_true_depth(
    visitor: Client, board: Board, alice: User
) -> None:
    posts = grown(board, alice, [None, 0, 1, 2, 3, 1, 0])
    for order in ("tree", "time"):
        page = open_page(visitor, posts[0].thread, f"?order={order}")
        assert depths(page) == {post.pk: post.level + 1 for post in posts}
        assert list(depths(page)) == list(
            Post.objects.in_thread(posts[0].thread).values_list("pk", flat=True)
        )
    assert outline(page).links["alice A long one"] == f"#p{posts[0].pk}"


def test_outline_marks_what_is_new(
    as_alice: Client, alice: User, bob: User, opening: Post, reply: Post
) -> None:
    see_all(opening.thread, alice)
    new = say(reply, bob)
    [line] = outline(open_page(as_alice, opening.thread)).find_all("li.is-new")
    assert line.addresses == [f"#p{new.pk}"]
    assert "(unread)" in line


def test_outline_leaves_out_removed_text(
    visitor: Client, reply: Post, alice: User, carol: User
) -> None:
    say(reply, alice)
    hide_post(reply, actor=carol, reason="Rude")
    page = outline(open_page(visitor, reply.thread))
    assert page.links["A removed post"] == f"#p{reply.pk}"
    assert "Only where" not in page


def test_words_of_an_outline_are_text(visitor: Client, reply: Post, alice: User) -> None:
    say(reply, alice, "<img src=x onerror=alert(1)> & more")
    page = outline(open_page(visitor, reply.thread))
    assert not page.has("img")
    assert "<img src=x" in page


@pytest.mark.parametrize(
    ("count", "is_whole"),
    [(MAX_POSTS_WITH_FULL_OUTLINE, True), (MAX_POSTS_WITH_FULL_OUTLINE + 1, False)],
)
def test_larger_threads_lead_to_their_branches(
    visitor: Client, board: Board, alice: User, count: int, is_whole: bool
) -> None:
    posts = grown(board, alice, [None, *[0] * (count - 1)])
    page = outline(open_page(visitor, posts[0].thread))
    assert (f"/t/{posts[0].thread_id}/map/" in page.addresses) is not is_whole
    assert len(page.find_all("li")) == (count if is_whole else 0)


# -- The branches of a large thread ---------------------------------------------------------------


@pytest.fixture
def large(board: Board, alice: User) -> list[Post]:
    """A hundred branches; that of the second head is a chain of thirty."""
    chain = [2, *range(101, 130)]
    return grown(board, alice, [None, *[0] * 100, *chain])


def branches(client: Client, thread: Thread, query: str = "") -> Page:
    response = client.get(f"/t/{thread.pk}/map/{query}")
    assert response.status_code == 200
    return Page(response)


def test_branches_come_by_keyset_both_ways(visitor: Client, large: list[Post]) -> None:
    thread = large[0].thread
    heads = [post.pk for post in large if post.level == 1]
    page = branches(visitor, thread)
    walked = list(depths(page))
    for _page in range(2):
        following = page.links["Later branches"]
        page = branches(visitor, thread, following.partition("/map/")[2])
        walked += depths(page)
    assert walked == heads
    assert "Later branches" not in page
    earlier = page.links["Earlier branches"].partition("/map/")[2]
    assert (
        list(depths(branches(visitor, thread, earlier)))
        == heads[BRANCHES_PER_PAGE : 2 * BRANCHES_PER_PAGE]
    )


def test_branch_tells_how_much_is_in_it_and_how_much_is_new(
    as_bob: Client, large: list[Post], bob: User, alice: User
) -> None:
    thread = large[0].thread
    see_all(thread, bob)
    say(large[-1], alice)
    say(large[3], alice)
    page = branches(as_bob, thread)
    assert sorted(page.texts("small")) == ["1 reply, 1 unread", "31 replies, 1 unread"]


def test_way_to_a_post_is_shown_under_its_branch(visitor: Client, large: list[Post]) -> None:
    thread = large[0].thread
    page = branches(visitor, thread, f"?at=p{large[105].pk}")
    lines = list(depths(page))
    assert lines[:2] == [large[2].pk, large[101].pk]
    assert depths(page)[large[105].pk] == 6
    assert "Earlier branches" in page
    deep = branches(visitor, thread, f"?at=p{large[-1].pk}")
    assert "20 posts between" in deep
    assert len(depths(deep)) < BRANCHES_PER_PAGE + 12
    first = branches(visitor, thread, f"?at=p{large[0].pk}")
    assert "Earlier branches" not in first


def test_branch_in_which_nothing_stands_is_left_out(
    visitor: Client, large: list[Post], alice: User
) -> None:
    delete_post(large[1], actor=alice)
    delete_post(large[2], actor=alice)
    assert list(depths(branches(visitor, large[0].thread)))[:2] == [large[2].pk, large[3].pk]


@pytest.mark.parametrize("query", ["?at=p0", "?after=t1", "?before=p99999999", "?at=p9<b>"])
def test_odd_place_is_not_found(visitor: Client, large: list[Post], query: str) -> None:
    assert visitor.get(f"/t/{large[0].thread_id}/map/{query}").status_code == 404


def test_post_of_another_thread_is_not_found(
    visitor: Client, large: list[Post], reply: Post
) -> None:
    assert visitor.get(f"/t/{large[0].thread_id}/map/?at=p{reply.pk}").status_code == 404


def test_branches_cost_the_same_for_little_and_for_much(
    visitor: Client,
    as_bob: Client,
    bob: User,
    large: list[Post],
    reply: Post,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for post in (reply, large[-1]):
        see_all(post.thread, bob)
        address = f"/t/{post.thread_id}/map/?at=p{post.pk}"
        # The transaction and its limit of time are two of them, and two for its beginning and end.
        with django_assert_num_queries(8):
            visitor.get(address)
        with django_assert_num_queries(12):
            as_bob.get(address)
