"""Permissions by role for each action and target; each action needs a row in the table."""

from __future__ import annotations

from typing import Any

import pytest

from forum.actions.limits import check_new_member_limits
from forum.actions.posts import reply_to
from forum.errors import Invalid
from forum.markup.rendered_post import render
from forum.models import Post, Role, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.silencing import silence_person
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.base import Action
from forum.permissions import (
    can_delete,
    can_edit,
    can_reply_to,
    can_report,
    can_start_thread,
    can_undo,
)
from tests.expected_permissions import EXPECTED, HERE
from tests.moderation_actions import EACH, IDS, page_name
from tests.scene import PEOPLE, Scene, undone

pytestmark = pytest.mark.django_db


@pytest.mark.slow
@pytest.mark.parametrize("action", EACH, ids=IDS)
def test_each_role_has_the_permissions_of_the_table(scene: Scene, action: Action[Any]) -> None:
    for author, allowed in EXPECTED[page_name(action)].items():
        with undone():
            target = get_target_by(scene, action.kind.kind, author)
            assert people_allowed(scene, action, target) == allowed, author


def test_every_action_has_a_row_of_expected_permissions() -> None:
    assert set(EXPECTED) == set(IDS)


def get_target_by(scene: Scene, kind: str, name: str) -> Any:
    """Return the member, or a post, pending post or thread by that member."""
    if kind == "person":
        return scene.reader(name)
    if kind == "pending_post":
        scene.pending_post.author = scene.people[name]
        return scene.pending_post
    post = scene.posts["visible"]
    Post.objects.filter(pk=post.pk).update(author=scene.people[name])
    Thread.objects.filter(pk=post.thread_id).update(author=scene.people[name])
    post = Post.objects.select_related("author", "thread__board").get(pk=post.pk)
    return post if kind == "post" else post.thread


def people_allowed(scene: Scene, action: Action[Any], target: Any) -> set[str]:
    """Return the people with the permission that the page, the admin and the action check."""
    return {name for name in PEOPLE if action.permission(scene.reader(name), target)}


def test_new_member_has_limits_that_end_with_a_published_post(scene: Scene, settings: Any) -> None:
    """New members have no moderation action and all actions of members."""
    settings.NEW_MEMBER_POSTS, settings.NEW_MEMBER_LINKS = 1, 0
    link = render("See https://elsewhere.example/ for that.")
    with undone():
        nina = User.objects.create_user("nina")
        post = scene.posts["visible"]
        targets = {
            "post": post,
            "thread": post.thread,
            "person": scene.people["bob"],
            "pending_post": scene.pending_post,
        }
        assert not [
            page_name(each) for each in EACH if each.permission(nina, targets[each.kind.kind])
        ]
        for rule in (can_reply_to, can_report):
            assert rule(nina, post)
        assert can_start_thread(nina, scene.board)
        with pytest.raises(Invalid, match="New members can post 0 links"):
            check_new_member_limits(nina, link)
        check_new_member_limits(nina, render("Without a link."))
        own_reply = reply_to(post, author=nina, source="Without a link.")
        assert can_edit(nina, own_reply)
        assert can_delete(nina, own_reply)
        check_new_member_limits(nina, link)  # the limit has ended: she has a published post
        for name in set(PEOPLE) - {"visitor", "alice", "bob", "dan"}:
            check_new_member_limits(scene.people[name], link)


def test_moderator_cannot_undo_actions_of_a_higher_role(scene: Scene) -> None:
    expected = {"mona": HERE, "carol": {"carol", "erin"}, "erin": {"erin"}}
    for actor, allowed in expected.items():
        with undone():
            entry = hide_post(scene.posts["visible"], actor=scene.people[actor], reason="Because")
            found = {name for name in PEOPLE if can_undo(scene.reader(name), entry)}
            assert found == allowed, actor


def test_suspended_moderator_cannot_moderate_but_a_silenced_one_can(scene: Scene) -> None:
    for sanction, allowed in ((suspend_person, False), (silence_person, True)):
        with undone():
            sanction(scene.people["mona"], actor=scene.people["erin"], reason="Because")
            mona = User.objects.get(username="mona")
            assert bool(hide_post.permission(mona, scene.posts["visible"])) is allowed


def test_every_active_member_can_report_posts_of_others(scene: Scene) -> None:
    post = scene.posts["visible"]
    found = {name for name in PEOPLE if can_report(scene.reader(name), post)}
    assert found == set(PEOPLE) - {"visitor", "alice", "dan"}


def test_moderator_without_a_role_row_cannot_moderate(scene: Scene) -> None:
    with undone():
        Role.objects.filter(person=scene.people["mona"]).delete()
        assert "mona" not in people_allowed(scene, hide_post, scene.posts["visible"])
