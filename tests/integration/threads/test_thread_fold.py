"""Branches folded away by the address: all of them, or one, and never the post one is led to."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from forum.actions.posts import reply_to
from forum.models import Post, User
from forum.moderation.actions.post_hiding import hide_post
from tests.integration.threads.conftest import page, say

FOLD = re.compile(
    r'<article class="post" id="p(\d+)"(?:(?!<article).)*?<details class="branch"( open)?'
)
FOLD_ALL = re.compile(r'<a href="([^"]*)" data-js-fold-all="Fold all"[^>]*>\s*([^<]*)</a>')


def folds(html: str) -> dict[int, bool]:
    """The posts whose answers can be folded, and whether they are open."""
    return {int(post): bool(is_open) for post, is_open in FOLD.findall(html.replace("\n", " "))}


@pytest.fixture
def branch(reply: Post, alice: User, bob: User) -> list[Post]:
    """A head with a chain of four below it, and another head with one answer."""
    posts = [reply]
    for n in range(4):
        posts.append(say(posts[-1], (alice, bob)[n % 2], f"Number {n}."))
    other = say(reply.parent, bob, "Another head.")
    return [*posts, other, say(other, alice)]


def test_all_branches_are_open_unless_asked(visitor: Client, branch: list[Post]) -> None:
    html = page(visitor, branch[0].thread)
    assert folds(html) == {branch[0].pk: True, branch[5].pk: True}


def test_all_can_be_folded(visitor: Client, branch: list[Post]) -> None:
    html = page(visitor, branch[0].thread, "?fold=all")
    assert folds(html) == {branch[0].pk: False, branch[5].pk: False}


def test_any_one_can_be_folded_inside_a_chain_too(visitor: Client, branch: list[Post]) -> None:
    html = page(visitor, branch[0].thread, f"?fold=p{branch[2].pk}")
    assert folds(html) == {branch[0].pk: True, branch[2].pk: False, branch[5].pk: True}
    assert "2 replies from alice and bob" in html or "2 replies from bob and alice" in html


def test_fold_names_nobody_whose_reply_was_removed(
    visitor: Client, reply: Post, alice: User, bob: User, carol: User
) -> None:
    hidden = say(reply, alice)
    hide_post(hidden, actor=carol, reason="rude")
    html = page(visitor, reply.thread)
    assert "<summary>1 reply</summary>" in html
    say(reply, bob)
    assert "2 replies from bob</summary>" in page(visitor, reply.thread)


def test_permalink_never_lands_in_a_fold(visitor: Client, branch: list[Post]) -> None:
    thread, target = branch[0].thread, branch[3]
    assert folds(page(visitor, thread, f"?at=p{target.pk}&fold=all"))[branch[0].pk]
    for folded in branch[:3]:
        html = page(visitor, thread, f"?at=p{target.pk}&fold=p{folded.pk}")
        assert folds(html).get(folded.pk, True)
    # What answers the post itself may be folded away.
    assert not folds(page(visitor, thread, f"?at=p{target.pk}&fold=p{target.pk}"))[target.pk]


def test_way_to_fold_all_is_offered_in_long_threads_and_keeps_the_page(
    visitor: Client, opening: Post, bob: User
) -> None:
    for n in range(20):
        say(opening, bob, f"Number {n}.")
    thread = opening.thread
    assert "Fold all" not in page(visitor, thread)
    last = say(opening, bob)
    html = page(visitor, thread, f"?order=newest&at=p{last.pk}")
    address = f"{thread.get_absolute_url()}?order=newest&amp;at=p{last.pk}"
    assert FOLD_ALL.findall(html) == [(f"{address}&amp;fold=all", "Fold all")]
    assert "Fold all" not in page(visitor, thread, "?order=time")
    folded = page(visitor, thread, "?order=tree&fold=all")
    assert FOLD_ALL.findall(folded) == [(f"{thread.get_absolute_url()}?order=tree", "Unfold all")]


@pytest.mark.parametrize("fold", ["p0", "t1", "p1x", "ALL", "p99999999999999999999", "<b>"])
def test_odd_fold_is_not_found(visitor: Client, reply: Post, fold: str) -> None:
    assert visitor.get(reply.thread.get_absolute_url(), {"fold": fold}).status_code == 404


def test_fold_of_a_post_elsewhere_changes_nothing(visitor: Client, branch: list[Post]) -> None:
    html = page(visitor, branch[0].thread, "?fold=p999999")
    assert all(folds(html).values())


def test_menu_offers_to_fold_what_has_answers(visitor: Client, branch: list[Post]) -> None:
    inside, leaf = branch[2], branch[4]
    html = visitor.get(f"/p/{inside.pk}/menu/").content.decode()
    address = f"{inside.thread.get_absolute_url()}?fold=p{inside.pk}#p{inside.pk}"
    assert f'<a href="{address}" data-js-way="fold">Fold replies</a>' in html
    assert "Fold replies" not in visitor.get(f"/p/{leaf.pk}/menu/").content.decode()


def test_fold_says_how_many_are_new_below(
    as_alice: Client, branch: list[Post], alice: User, bob: User
) -> None:
    as_alice.post(f"/t/{branch[0].thread_id}/seen/", {"all": 1})
    reply_to(branch[3], author=bob, source="Just now.")
    html = page(as_alice, branch[0].thread, f"?fold=p{branch[2].pk}")
    closed = re.search(r'<details class="branch"><summary>([^<]*)', html)
    assert closed
    assert closed[1].endswith(", 1 unread")
