"""Folded branches: all or one by a parameter of the address, but never above the linked post."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import reply_to
from forum.models import Post, User
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page
from tests.integration.threads.conftest import open_page, write_reply


def find_folds(page: Page) -> dict[int, bool]:
    """Return the posts whose replies can be folded, and whether they are open."""
    found = {}
    for fold in page.find_all("details.branch"):
        head = page.parents[int(fold.find_all("article")[0]["id"][1:])]
        assert head is not None
        found[head] = "open" in fold.attributes
    return found


def fold_all_links(page: Page) -> list[tuple[str, str]]:
    return [(link["href"], link.text) for link in page.find_all("a[data-js-fold-all]")]


@pytest.fixture
def branch(reply: Post, alice: User, bob: User) -> list[Post]:
    """Return a head with a chain of four posts below it, and another head with one reply."""
    posts = [reply]
    for n in range(4):
        posts.append(write_reply(posts[-1], (alice, bob)[n % 2], f"Number {n}."))
    other = write_reply(reply.parent, bob, "Another head.")
    return [*posts, other, write_reply(other, alice)]


def test_all_branches_are_open_by_default(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread)
    assert find_folds(page) == {branch[0].pk: True, branch[5].pk: True}


def test_all_branches_can_be_folded(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread, "?fold=all")
    assert find_folds(page) == {branch[0].pk: False, branch[5].pk: False}


def test_any_branch_can_be_folded_even_inside_a_chain(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread, f"?fold=p{branch[2].pk}")
    assert find_folds(page) == {branch[0].pk: True, branch[2].pk: False, branch[5].pk: True}
    assert "2 replies from alice and bob" in page or "2 replies from bob and alice" in page


def test_fold_does_not_name_authors_of_hidden_replies(
    visitor: Client, reply: Post, alice: User, bob: User, carol: User
) -> None:
    hidden = write_reply(reply, alice)
    hide_post(hidden, actor=carol, reason="rude")
    page = open_page(visitor, reply.thread)
    assert "1 reply" in page.texts("summary")
    write_reply(reply, bob)
    assert "2 replies from bob" in open_page(visitor, reply.thread).texts("summary")


def test_branches_above_a_linked_post_are_not_folded(visitor: Client, branch: list[Post]) -> None:
    thread, target = branch[0].thread, branch[3]
    assert find_folds(open_page(visitor, thread, f"?at=p{target.pk}&fold=all"))[branch[0].pk]
    for folded in branch[:3]:
        page = open_page(visitor, thread, f"?at=p{target.pk}&fold=p{folded.pk}")
        assert find_folds(page).get(folded.pk, True)
    # Replies to the post itself may be folded.
    assert not find_folds(open_page(visitor, thread, f"?at=p{target.pk}&fold=p{target.pk}"))[
        target.pk
    ]


def test_fold_all_is_offered_in_long_threads_and_keeps_the_page(
    visitor: Client, opening: Post, bob: User
) -> None:
    for n in range(20):
        write_reply(opening, bob, f"Number {n}.")
    thread = opening.thread
    assert "Fold all" not in open_page(visitor, thread)
    last = write_reply(opening, bob)
    page = open_page(visitor, thread, f"?order=newest&at=p{last.pk}")
    address = f"{thread.get_absolute_url()}?order=newest&at=p{last.pk}"
    assert fold_all_links(page) == [(f"{address}&fold=all", "Fold all")]
    assert "Fold all" not in open_page(visitor, thread, "?order=time")
    folded = open_page(visitor, thread, "?order=tree&fold=all")
    assert fold_all_links(folded) == [(f"{thread.get_absolute_url()}?order=tree", "Unfold all")]


@pytest.mark.parametrize("fold", ["p0", "t1", "p1x", "ALL", "p99999999999999999999", "<b>"])
def test_invalid_fold_returns_404(visitor: Client, reply: Post, fold: str) -> None:
    assert visitor.get(reply.thread.get_absolute_url(), {"fold": fold}).status_code == 404


def test_fold_of_a_post_of_another_thread_is_ignored(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread, "?fold=p999999")
    assert all(find_folds(page).values())


def test_menu_offers_folding_for_posts_with_replies(visitor: Client, branch: list[Post]) -> None:
    inside, leaf = branch[2], branch[4]
    page = Page(visitor.get(f"/p/{inside.pk}/menu/"))
    address = f"{inside.thread.get_absolute_url()}?fold=p{inside.pk}#p{inside.pk}"
    assert page.link("Fold replies")["href"] == address
    assert page.link("Fold replies")["data-js-relation"] == "fold"
    assert "Fold replies" not in Page(visitor.get(f"/p/{leaf.pk}/menu/"))


def test_fold_counts_the_unread_posts_inside(
    as_alice: Client, branch: list[Post], alice: User, bob: User
) -> None:
    as_alice.post(f"/t/{branch[0].thread_id}/seen/", {"all": 1})
    reply_to(branch[3], author=bob, source="Just now.")
    page = open_page(as_alice, branch[0].thread, f"?fold=p{branch[2].pk}")
    [closed] = [fold for fold in page.find_all("details.branch") if "open" not in fold.attributes]
    assert closed.texts("summary")[0].endswith(", 1 unread")
