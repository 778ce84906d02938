"""Taking an act back: exactly what it did, but for what somebody changed since."""

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

MANY = 78
WHY = {"reason": "a mistake"}


@pytest.fixture
def branch(opening, reply, alice, bob):
    """Bob's reply and so many answers below, by turns."""
    posts = [reply]
    for n in range(MANY - 1):
        posts.append(reply_to(posts[n // 2], author=(alice, bob)[n % 2], source=f"Number {n}."))
    return posts


def hidden():
    return set(Post.objects.exclude(hidden_at=None).values_list("pk", flat=True))


def test_one_act_on_many_posts_is_one_record_and_undone_as_one(branch, opening, carol):
    before = Thread.objects.values("post_count", "last_post").get()
    outcome = hide_post.together(branch, actor=carol, reason="off the wall")
    action = ModerationAction.objects.get()
    assert action == outcome.action
    assert action.effects.count() == MANY == len(outcome.done)
    assert hidden() == {post.pk for post in branch}
    assert Thread.objects.get().post_count == 1
    undone = undo(action, actor=carol, reason="a mistake")
    assert (undone.restored, undone.kept) == (MANY, [])
    assert hidden() == set()
    assert Thread.objects.values("post_count", "last_post").get() == before


def test_each_author_is_told_once(branch, alice, bob, carol):
    hide_post.together(branch, actor=carol, reason="off the wall")
    notifications = ModerationNotification.objects.order_by("member_id")
    assert [notification.member for notification in notifications] == [alice, bob]
    assert {notification.post for notification in notifications} == {None}, "several posts of each"


def test_what_was_hidden_before_for_another_reason_stays_hidden(branch, carol):
    hide_post(branch[7], actor=carol, reason="rude")
    outcome = hide_post.together(branch, actor=carol, reason="off the wall")
    assert [target for target, _action in outcome.already] == [branch[7]]
    undo(outcome.action, actor=carol, reason="a mistake")
    assert hidden() == {branch[7].pk}


def test_what_was_changed_since_stays_and_is_said(branch, as_carol, carol, erin):
    action = hide_post.together(branch, actor=carol, reason="off the wall").action
    unhide_post(branch[3], actor=carol, reason="not this one")
    hide_post(branch[3], actor=erin, reason="yes, but for this")
    answer = as_carol.post(reverse("log-undo", args=[action.pk]), WHY)
    assert answer.status_code == 303
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == [
        "Undone.",
        f"#{branch[3].pk} was left unchanged: erin has changed it since.",
    ]
    assert hidden() == {branch[3].pk}


def test_undone_twice_is_one_act(reply, as_carol, carol):
    action = hide_post(reply, actor=carol, reason="off the wall")
    page = reverse("log-undo", args=[action.pk])
    first, second = (as_carol.post(page, WHY) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.url == second.url
    assert ModerationAction.objects.count() == 2


def test_undoing_is_undone(reply, carol):
    action = hide_post(reply, actor=carol, reason="off the wall")
    back = undo(action, actor=carol, reason="a mistake").action
    again = undo(back, actor=carol, reason="no mistake").action
    assert (again.act, again.undoes) == (action.act, back)
    assert Post.objects.get(pk=reply.pk).hidden_action == again


def test_nothing_left_to_undo_is_said(reply, carol, erin):
    action = hide_post(reply, actor=carol, reason="off the wall")
    unhide_post(reply, actor=erin, reason="so what")
    hide_post(reply, actor=erin, reason="well, yes")
    undo(ModerationAction.objects.first(), actor=erin, reason="no")
    assert undo(action, actor=carol, reason="a mistake").action.actor == erin
    lone = hide_post.together([reply, reply.parent], actor=erin, reason="both").action
    for post in (reply, reply.parent):
        unhide_post(post, actor=erin, reason="one by one")
        hide_post(post, actor=erin, reason="one by one")
    count = ModerationAction.objects.count()
    with pytest.raises(Conflict):
        undo(lone, actor=erin, reason="a mistake")
    assert ModerationAction.objects.count() == count


def test_a_post_that_its_author_deleted_since_is_not_counted_again(branch, opening, bob, carol):
    action = hide_post.together(branch, actor=carol, reason="off the wall").action
    delete_post(branch[0], actor=bob)
    undo(action, actor=carol, reason="a mistake")
    assert Thread.objects.get().post_count == MANY
    assert Post.objects.get(pk=branch[0].pk).is_deleted


def test_one_persons_part_is_undone_alone(branch, alice, bob, carol):
    action = hide_post.together(branch, actor=carol, reason="off the wall").action
    undo(action, actor=carol, reason="alice was right", member=alice)
    assert hidden() == {post.pk for post in branch if post.author_id == bob.pk}
    undo(action, actor=carol, reason="and bob too")
    assert hidden() == set()


def test_cost_does_not_grow_with_the_posts(branch, carol, django_assert_max_num_queries):
    with django_assert_max_num_queries(40):
        action = hide_post.together(branch, actor=carol, reason="off the wall").action
    with django_assert_max_num_queries(40):
        undo(action, actor=carol, reason="a mistake")


def as_moderator(name, board):
    person = User.objects.create_user(name)
    Role.objects.create(person=person, board=board, kind=Role.Kind.MODERATOR)
    client = Client()
    client.force_login(person)
    return person, client


def test_only_those_above_the_act_undo_it(reply, elsewhere, alice, carol, erin, as_alice, visitor):
    action = hide_post(reply, actor=carol, reason="off the wall")
    page = reverse("log-undo", args=[action.pk])
    here, as_here = as_moderator("here", reply.thread.board)
    _there, as_there = as_moderator("there", elsewhere)
    assert visitor.post(page, WHY).status_code == 401
    assert as_alice.post(page, WHY).status_code == 403
    assert as_there.post(page, WHY).status_code == 404
    assert as_here.post(page, WHY).status_code == 403, "carol stands above"
    for person in (alice, here):
        with pytest.raises(NotAllowed):
            undo(action, actor=person, reason="mine")
    assert ModerationAction.objects.count() == 1
    undo(action, actor=erin, reason="a mistake")


def test_bad_reason_is_said_and_the_note_kept(reply, as_carol, carol):
    page = reverse("log-undo", args=[hide_post(reply, actor=carol, reason="off").pk])
    for reason in ("", "\u200b", "x" * 501):
        answer = as_carol.post(page, {"reason": reason, "note": "keep me"})
        assert answer.status_code == 422
        assert "keep me" in answer.content.decode()
    assert hidden() == {reply.pk}


def test_lifting_by_undo_leaves_a_later_suspension(alice, carol, erin):
    action = suspend_person(alice, actor=carol, reason="spam")
    undo(action, actor=carol, reason="a mistake")
    later = suspend_person(alice, actor=erin, reason="spam again")
    undo(action, actor=carol, reason="a mistake")
    assert User.objects.get(pk=alice.pk).suspended_action == later


def test_undoing_a_hide_opens_the_reports_again_that_it_answered(reply, alice, carol):
    report_post(reply, actor=alice, reason="spam")
    hidden = hide_post(reply, actor=carol, reason="off the wall")
    assert not Case.objects.open().exists()
    undo(hidden, actor=carol, reason="I was wrong")
    report = reply.reports.get()
    assert (report.is_open, report.outcome, report.action) == (True, "", None)
    assert Case.objects.open().get().post == reply
    assert not ModerationNotification.objects.filter(member=alice, cause="report").exists()
