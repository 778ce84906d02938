"""Removing a branch as one action, and restoring exactly what it hid."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.errors import NotAllowed
from forum.models import ModerationAction, ModerationNotification, Post, Role, Thread
from forum.moderation.actions.branch_hiding import remove_branch, restore_branch
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.undo import undo

REASON = {"reason": "in circles"}


@pytest.fixture
def below(reply, alice, bob):
    """Return bob's reply and a chain of replies below it by alice, bob and alice."""
    posts = [reply]
    for n, author in enumerate((alice, bob, alice)):
        posts.append(reply_to(posts[-1], author=author, source=f"Number {n}."))
    return posts


def hidden_ids():
    return set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))


def ids(posts):
    return {post.pk for post in posts}


def test_removing_a_branch_is_one_action_and_notifies_each_author_once(
    below, opening, alice, bob, carol
):
    action = remove_branch(below[0], actor=carol, reason="in circles")
    assert hidden_ids() == ids(below)
    assert action.effects.count() == len(below)
    assert Thread.objects.get().post_count == 1
    assert {notification.member for notification in ModerationNotification.objects.all()} == {
        alice,
        bob,
    }
    assert ModerationNotification.objects.count() == 2
    restore_branch(below[0], actor=carol, reason="a mistake")
    assert hidden_ids() == set()
    assert Thread.objects.get().post_count == 5


def test_restoring_leaves_posts_that_were_hidden_or_deleted_before(below, alice, bob, carol):
    hide_post(below[2], actor=carol, reason="rude")
    delete_post(below[3], actor=alice)
    action = remove_branch(below[0], actor=carol, reason="in circles")
    assert action.effects.count() == 2
    restored = restore_branch(below[0], actor=carol, reason="a mistake")
    assert restored.undoes == action
    assert hidden_ids() == {below[2].pk}


def test_rest_can_be_undone_after_restoring_a_part(below, carol):
    action = remove_branch(below[0], actor=carol, reason="in circles")
    part = restore_branch(below[2], actor=carol, reason="this was fine")
    assert part.undoes is None
    assert hidden_ids() == ids(below[:2])
    undone = undo(action, actor=carol, reason="all of it was")
    assert hidden_ids() == set()
    assert {target for target, _action in undone.kept} == set(below[2:])


def test_page_counts_the_posts_and_people_affected(as_carol, below):
    page = as_carol.get(reverse("post-remove", args=[below[0].pk])).content.decode()
    assert "This affects 4 posts by 2 people." in page


def test_reply_that_arrived_since_the_page_was_shown_prevents_removal(as_carol, below, alice):
    address = reverse("post-remove", args=[below[0].pk])
    seen = as_carol.get(address).context["form"]["seen"].value()
    reply_to(below[-1], author=alice, source="One more.")
    response = as_carol.post(address, REASON | {"seen": seen})
    assert response.status_code == 409
    assert "alice" in response.content.decode()
    assert hidden_ids() == set()


def test_tombstone_shows_the_reason_and_links_to_the_log(visitor, below, carol):
    reply_to(below[1], author=below[0].author, source="Stays under it.")
    action = hide_post(below[0], actor=carol, reason="in circles")
    page = visitor.get(below[0].thread.get_absolute_url()).content.decode()
    stone = page.split(f'id="p{below[0].pk}"')[1].split("</article>")[0]
    assert "Hidden by a moderator of Gardens on" in stone
    assert "in circles" in stone
    assert action.get_absolute_url() in stone
    assert "4 replies below" in stone


def test_post_of_a_moderator_is_removed_only_by_higher_ranks(reply, board, carol, frank, erin):
    post = reply_to(reply, author=frank, source="As a moderator.")
    grace = type(frank).objects.create_user("grace")
    Role.objects.create(person=grace, board=board, kind=Role.Kind.MODERATOR)
    for person in (grace, frank):
        with pytest.raises(NotAllowed):
            remove_branch(post, actor=person, reason="in circles")
    assert not ModerationAction.objects.exists()
    remove_branch(post, actor=carol, reason="in circles")
