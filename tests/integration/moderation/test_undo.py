"""Undo: it reverts exactly what the action changed, except what somebody changed later."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from forum.actions.posts import delete_post, reply_to
from forum.actions.reports import report_post
from forum.errors import Conflict, NotAllowed
from forum.models import Case, ModerationAction, ModerationNotification, Post, Role, Thread, User
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.undo import undo

BRANCH_SIZE = 78
REASON = {"reason": "a mistake"}


@pytest.fixture
def branch(opening, reply, alice, bob):
    """Return bob's reply and the replies below it, by alice and bob in turn."""
    posts = [reply]
    for n in range(BRANCH_SIZE - 1):
        posts.append(reply_to(posts[n // 2], author=(alice, bob)[n % 2], source=f"Number {n}."))
    return posts


def hidden_ids():
    return set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))


def test_action_on_many_posts_is_one_log_entry_and_one_undo(branch, opening, carol):
    before = Thread.objects.values("post_count", "last_post").get()
    outcome = hide_post.together(branch, actor=carol, reason="off the wall")
    action = ModerationAction.objects.get()
    assert action == outcome.action
    assert action.effects.count() == BRANCH_SIZE == len(outcome.done)
    assert hidden_ids() == {post.pk for post in branch}
    assert Thread.objects.get().post_count == 1
    undone = undo(action, actor=carol, reason="a mistake")
    assert (undone.restored, undone.kept) == (BRANCH_SIZE, [])
    assert hidden_ids() == set()
    assert Thread.objects.values("post_count", "last_post").get() == before


def test_each_author_is_notified_once(branch, alice, bob, carol):
    hide_post.together(branch, actor=carol, reason="off the wall")
    notifications = ModerationNotification.objects.order_by("member_id")
    assert [notification.member for notification in notifications] == [alice, bob]
    assert {notification.post for notification in notifications} == {None}, "several posts of each"


def test_undo_leaves_posts_hidden_by_an_earlier_action(branch, carol):
    hide_post(branch[7], actor=carol, reason="rude")
    outcome = hide_post.together(branch, actor=carol, reason="off the wall")
    assert [target for target, _action in outcome.already] == [branch[7]]
    undo(outcome.action, actor=carol, reason="a mistake")
    assert hidden_ids() == {branch[7].pk}


def test_undo_skips_and_lists_posts_changed_since(branch, as_carol, carol, erin):
    action = hide_post.together(branch, actor=carol, reason="off the wall").action
    unhide_post(branch[3], actor=carol, reason="not this one")
    hide_post(branch[3], actor=erin, reason="yes, but for this")
    response = as_carol.post(reverse("log-undo", args=[action.pk]), REASON)
    assert response.status_code == 303
    messages = [str(message) for message in get_messages(response.wsgi_request)]
    assert messages == [
        "Undone.",
        f"#{branch[3].pk} was left unchanged: erin has changed it since.",
    ]
    assert hidden_ids() == {branch[3].pk}


def test_undoing_twice_is_one_action(reply, as_carol, carol):
    action = hide_post(reply, actor=carol, reason="off the wall")
    page = reverse("log-undo", args=[action.pk])
    first, second = (as_carol.post(page, REASON) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.url == second.url
    assert ModerationAction.objects.count() == 2


def test_undo_can_be_undone(reply, carol):
    action = hide_post(reply, actor=carol, reason="off the wall")
    undo_action = undo(action, actor=carol, reason="a mistake").action
    second_action = undo(undo_action, actor=carol, reason="no mistake").action
    assert (second_action.act, second_action.undoes) == (action.act, undo_action)
    assert Post.objects.get(pk=reply.pk).hidden_action == second_action


def test_undo_with_nothing_left_to_restore_is_a_conflict(reply, carol, erin):
    action = hide_post(reply, actor=carol, reason="off the wall")
    unhide_post(reply, actor=erin, reason="so what")
    hide_post(reply, actor=erin, reason="well, yes")
    undo(ModerationAction.objects.first(), actor=erin, reason="no")
    assert undo(action, actor=carol, reason="a mistake").action.actor == erin
    joint_action = hide_post.together([reply, reply.parent], actor=erin, reason="both").action
    for post in (reply, reply.parent):
        unhide_post(post, actor=erin, reason="one by one")
        hide_post(post, actor=erin, reason="one by one")
    count = ModerationAction.objects.count()
    with pytest.raises(Conflict):
        undo(joint_action, actor=erin, reason="a mistake")
    assert ModerationAction.objects.count() == count


def test_undo_does_not_count_a_post_that_its_author_deleted_since(branch, opening, bob, carol):
    action = hide_post.together(branch, actor=carol, reason="off the wall").action
    delete_post(branch[0], actor=bob)
    undo(action, actor=carol, reason="a mistake")
    assert Thread.objects.get().post_count == BRANCH_SIZE
    assert Post.objects.get(pk=branch[0].pk).is_deleted


def test_undo_for_one_member_restores_only_their_posts(branch, alice, bob, carol):
    action = hide_post.together(branch, actor=carol, reason="off the wall").action
    undo(action, actor=carol, reason="alice was right", member=alice)
    assert hidden_ids() == {post.pk for post in branch if post.author_id == bob.pk}
    undo(action, actor=carol, reason="and bob too")
    assert hidden_ids() == set()


def test_number_of_queries_does_not_grow_with_the_posts(
    branch, carol, django_assert_max_num_queries
):
    with django_assert_max_num_queries(40):
        action = hide_post.together(branch, actor=carol, reason="off the wall").action
    with django_assert_max_num_queries(40):
        undo(action, actor=carol, reason="a mistake")


def new_moderator(name, board):
    person = User.objects.create_user(name)
    Role.objects.create(person=person, board=board, kind=Role.Kind.MODERATOR)
    client = Client()
    client.force_login(person)
    return person, client


def test_undo_needs_a_rank_at_least_that_of_the_moderator(
    reply, other_board, alice, carol, erin, as_alice, visitor
):
    action = hide_post(reply, actor=carol, reason="off the wall")
    page = reverse("log-undo", args=[action.pk])
    here, client_here = new_moderator("here", reply.thread.board)
    _there, client_there = new_moderator("there", other_board)
    assert visitor.post(page, REASON).status_code == 401
    assert as_alice.post(page, REASON).status_code == 403
    assert client_there.post(page, REASON).status_code == 404
    assert client_here.post(page, REASON).status_code == 403, "carol stands above"
    for person in (alice, here):
        with pytest.raises(NotAllowed):
            undo(action, actor=person, reason="mine")
    assert ModerationAction.objects.count() == 1
    undo(action, actor=erin, reason="a mistake")


def test_invalid_reason_shows_an_error_and_keeps_the_note(reply, as_carol, carol):
    page = reverse("log-undo", args=[hide_post(reply, actor=carol, reason="off").pk])
    for reason in ("", "\u200b", "x" * 501):
        response = as_carol.post(page, {"reason": reason, "note": "keep me"})
        assert response.status_code == 422
        assert "keep me" in response.content.decode()
    assert hidden_ids() == {reply.pk}


def test_undoing_a_suspension_leaves_a_later_suspension(alice, carol, erin):
    action = suspend_person(alice, actor=carol, reason="spam")
    undo(action, actor=carol, reason="a mistake")
    later = suspend_person(alice, actor=erin, reason="spam again")
    undo(action, actor=carol, reason="a mistake")
    assert User.objects.get(pk=alice.pk).suspended_action == later


def test_undoing_a_hide_reopens_the_reports_that_it_resolved(reply, alice, carol):
    report_post(reply, actor=alice, reason="spam")
    hidden_ids = hide_post(reply, actor=carol, reason="off the wall")
    assert not Case.objects.open().exists()
    undo(hidden_ids, actor=carol, reason="I was wrong")
    report = reply.reports.get()
    assert (report.is_open, report.outcome, report.action) == (True, "", None)
    assert Case.objects.open().get().post == reply
    assert not ModerationNotification.objects.filter(member=alice, cause="report").exists()
