"""Removing a post with everything below it, as one act; and bringing exactly that back."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.errors import NotAllowed
from forum.models import ModerationAction, ModerationNotification, Post, Role, Thread
from forum.moderation.actions.branch_hiding import remove_branch, restore_branch
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.undo import undo

WHY = {"reason": "in circles"}


@pytest.fixture
def below(reply, alice, bob):
    """Below bob's reply: alice, bob, alice, each answering the one before."""
    posts = [reply]
    for n, author in enumerate((alice, bob, alice)):
        posts.append(reply_to(posts[-1], author=author, source=f"Number {n}."))
    return posts


def hidden():
    return set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))


def ids(posts):
    return {post.pk for post in posts}


def test_everything_below_goes_as_one_act_and_each_author_is_told_once(
    below, opening, alice, bob, carol
):
    action = remove_branch(below[0], actor=carol, reason="in circles")
    assert hidden() == ids(below)
    assert action.effects.count() == len(below)
    assert Thread.objects.get().post_count == 1
    assert {notification.member for notification in ModerationNotification.objects.all()} == {
        alice,
        bob,
    }
    assert ModerationNotification.objects.count() == 2
    restore_branch(below[0], actor=carol, reason="a mistake")
    assert hidden() == set()
    assert Thread.objects.get().post_count == 5


def test_what_was_removed_before_stays_removed(below, alice, bob, carol):
    hide_post(below[2], actor=carol, reason="rude")
    delete_post(below[3], actor=alice)
    action = remove_branch(below[0], actor=carol, reason="in circles")
    assert action.effects.count() == 2
    restored = restore_branch(below[0], actor=carol, reason="a mistake")
    assert restored.undoes == action
    assert hidden() == {below[2].pk}


def test_restoring_a_part_leaves_the_rest_to_undo(below, carol):
    action = remove_branch(below[0], actor=carol, reason="in circles")
    part = restore_branch(below[2], actor=carol, reason="this was fine")
    assert part.undoes is None
    assert hidden() == ids(below[:2])
    undone = undo(action, actor=carol, reason="all of it was")
    assert hidden() == set()
    assert {target for target, _action in undone.kept} == set(below[2:])


def test_the_page_says_how_much_it_concerns(as_carol, below):
    page = as_carol.get(reverse("post-remove", args=[below[0].pk])).content.decode()
    assert "This affects 4 posts by 2 people." in page


def test_an_answer_that_came_meanwhile_is_not_removed_unseen(as_carol, below, alice):
    address = reverse("post-remove", args=[below[0].pk])
    seen = as_carol.get(address).context["form"]["seen"].value()
    reply_to(below[-1], author=alice, source="One more.")
    answer = as_carol.post(address, WHY | {"seen": seen})
    assert answer.status_code == 409
    assert "alice" in answer.content.decode()
    assert hidden() == set()


def test_tombstone_tells_reason_and_leads_to_the_log(visitor, below, carol):
    reply_to(below[1], author=below[0].author, source="Stays under it.")
    action = hide_post(below[0], actor=carol, reason="in circles")
    page = visitor.get(below[0].thread.get_absolute_url()).content.decode()
    stone = page.split(f'id="p{below[0].pk}"')[1].split("</article>")[0]
    assert "Hidden by a moderator on" in stone
    assert "in circles" in stone
    assert action.get_absolute_url() in stone
    assert "4 replies below" in stone


def test_a_moderators_post_is_removed_by_those_above_only(reply, board, carol, frank, erin):
    post = reply_to(reply, author=frank, source="As a moderator.")
    other = type(frank).objects.create_user("grace")
    Role.objects.create(person=other, board=board, kind=Role.Kind.MODERATOR)
    for person in (other, frank):
        with pytest.raises(NotAllowed):
            remove_branch(post, actor=person, reason="in circles")
    assert not ModerationAction.objects.exists()
    remove_branch(post, actor=carol, reason="in circles")
