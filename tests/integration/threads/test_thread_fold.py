"""Branches folded away by the address: all of them, or one, and never the post one is led to."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import reply_to
from forum.models import Post, User
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page
from tests.integration.threads.conftest import open_page, say


def folds(page: Page) -> dict[int, bool]:
    """The posts whose replies can be folded, and whether they are open."""
    found = {}
    for fold in page.find_all("details.branch"):
        head = page.parents[int(fold.find_all("article")[0]["id"][1:])]
        assert head is not None
        found[head] = "open" in fold.attributes
    return found


def fold_all(page: Page) -> list[tuple[str, str]]:
    return [(link["href"], link.text) for link in page.find_all("a[data-js-fold-all]")]


@pytest.fixture
def branch(reply: Post, alice: User, bob: User) -> list[Post]:
    """A head with a chain of four below it, and another head with one answer."""
    posts = [reply]
    for n in range(4):
        posts.append(say(posts[-1], (alice, bob)[n % 2], f"Number {n}."))
    other = say(reply.parent, bob, "Another head.")
    return [*posts, other, say(other, alice)]


def test_all_branches_are_open_unless_asked(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread)
    assert folds(page) == {branch[0].pk: True, branch[5].pk: True}


def test_all_can_be_folded(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread, "?fold=all")
    assert folds(page) == {branch[0].pk: False, branch[5].pk: False}


def test_any_one_can_be_folded_inside_a_chain_too(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread, f"?fold=p{branch[2].pk}")
    assert folds(page) == {branch[0].pk: True, branch[2].pk: False, branch[5].pk: True}
    assert "2 replies from alice and bob" in page or "2 replies from bob and alice" in page


def test_fold_names_nobody_whose_reply_was_removed(
    visitor: Client, reply: Post, alice: User, bob: User, carol: User
) -> None:
    hidden = say(reply, alice)
    hide_post(hidden, actor=carol, reason="rude")
    page = open_page(visitor, reply.thread)
    assert "1 reply" in page.texts("summary")
    say(reply, bob)
    assert "2 replies from bob" in open_page(visitor, reply.thread).texts("summary")


def test_permalink_never_lands_in_a_fold(visitor: Client, branch: list[Post]) -> None:
    thread, target = branch[0].thread, branch[3]
    assert folds(open_page(visitor, thread, f"?at=p{target.pk}&fold=all"))[branch[0].pk]
    for folded in branch[:3]:
        page = open_page(visitor, thread, f"?at=p{target.pk}&fold=p{folded.pk}")
        assert folds(page).get(folded.pk, True)
    # What answers the post itself may be folded away.
    assert not folds(open_page(visitor, thread, f"?at=p{target.pk}&fold=p{target.pk}"))[target.pk]


def test_way_to_fold_all_is_offered_in_long_threads_and_keeps_the_page(
    visitor: Client, opening: Post, bob: User
) -> None:
    for n in range(20):
        say(opening, bob, f"Number {n}.")
    thread = opening.thread
    assert "Fold all" not in open_page(visitor, thread)
    last = say(opening, bob)
    page = open_page(visitor, thread, f"?order=newest&at=p{last.pk}")
    address = f"{thread.get_absolute_url()}?order=newest&at=p{last.pk}"
    assert fold_all(page) == [(f"{address}&fold=all", "Fold all")]
    assert "Fold all" not in open_page(visitor, thread, "?order=time")
    folded = open_page(visitor, thread, "?order=tree&fold=all")
    assert fold_all(folded) == [(f"{thread.get_absolute_url()}?order=tree", "Unfold all")]


@pytest.mark.parametrize("fold", ["p0", "t1", "p1x", "ALL", "p99999999999999999999", "<b>"])
def test_odd_fold_is_not_found(visitor: Client, reply: Post, fold: str) -> None:
    assert visitor.get(reply.thread.get_absolute_url(), {"fold": fold}).status_code == 404


def test_fold_of_a_post_elsewhere_changes_nothing(visitor: Client, branch: list[Post]) -> None:
    page = open_page(visitor, branch[0].thread, "?fold=p999999")
    assert all(folds(page).values())


def test_menu_offers_to_fold_what_has_answers(visitor: Client, branch: list[Post]) -> None:
    inside, leaf = branch[2], branch[4]
    page = Page(visitor.get(f"/p/{inside.pk}/menu/"))
    address = f"{inside.thread.get_absolute_url()}?fold=p{inside.pk}#p{inside.pk}"
    assert page.link("Fold replies")["href"] == address
    assert page.link("Fold replies")["data-js-way"] == "fold"
    assert "Fold replies" not in Page(visitor.get(f"/p/{leaf.pk}/menu/"))


def test_fold_says_how_many_are_new_below(
    as_alice: Client, branch: list[Post], alice: User, bob: User
) -> None:
    as_alice.post(f"/t/{branch[0].thread_id}/seen/", {"all": 1})
    reply_to(branch[3], author=bob, source="Just now.")
    page = open_page(as_alice, branch[0].thread, f"?fold=p{branch[2].pk}")
    [closed] = [fold for fold in page.find_all("details.branch") if "open" not in fold.attributes]
    assert closed.texts("summary")[0].endswith(", 1 unread")
