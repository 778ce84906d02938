"""Assigning cases: the assignee is notified, keeps the case, and may assign it to somebody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from forum.actions.case_assignment import claim_case, release_case
from forum.actions.reports import report_post
from forum.errors import Conflict, Invalid, NotAllowed
from forum.models import Case, ModerationAction, ModerationNotification, Role, User
from forum.moderation.actions.case_assignment import assign_case, assign_pending_post
from forum.moderation.actions.report_answers import dismiss_reports
from forum.moderation.undo import undo
from tests.moderation_actions import create_pending_post


@pytest.fixture
def case(reply, alice) -> Case:
    report_post(reply, actor=alice, reason="spam")
    return Case.objects.get()


@pytest.fixture
def mona(board) -> User:
    mona = User.objects.create_user("mona")
    Role.objects.create(person=mona, board=board, kind=Role.Kind.MODERATOR)
    return mona


def assignee_of(case: Case) -> User | None:
    return Case.objects.get(pk=case.pk).worked_on_by


def assignment_reasons_for(person: User) -> list[str]:
    notifications = ModerationNotification.objects.filter(member=person, cause="case")
    return [notification.action.reason for notification in notifications]


def test_case_is_assigned_from_the_post_page_and_from_the_admin(as_carol, case, mona, reply):
    selection_page = f"/moderate/post/assign/?id={reply.pk}"
    for page in (reverse("post-assign", args=[reply.pk]), selection_page):
        data = {"to": str(mona.pk), "reason": "You know her"}
        assert as_carol.post(page, data).status_code == 303
        assert assignee_of(case) == mona
    assert ModerationAction.objects.get().act == "assign-case", "twice is once"
    assert assignment_reasons_for(mona) == ["You know her"]
    client = Client()
    client.force_login(mona)
    html = client.get("/inbox/moderators/").content.decode()
    assert "carol assigned a case to you." in html
    assert reverse("admin:forum_case_change", args=[case.pk]) in html


def test_queue_filters_by_assignee(as_carol, case, carol, mona, reply):
    def listed_cases(actor):
        return list(as_carol.get("/admin/", {"by": actor}).context["cl"].result_list)

    assert (listed_cases("me"), listed_cases("nobody"), listed_cases("")) == ([], [case], [case])
    assign_case(reply, to=mona, actor=carol, reason="You")
    assert (listed_cases("me"), listed_cases("nobody"), listed_cases("")) == ([], [], [case])
    assign_case(reply, to=carol, actor=carol, reason="Me")
    assert (listed_cases("me"), listed_cases("nobody"), listed_cases("")) == ([case], [], [case])
    assert assignment_reasons_for(carol) == [], "nobody hears what they did themselves"


def test_assignment_lasts_until_somebody_takes_the_case_over(case, carol, erin, mona, reply):
    assign_case(reply, to=mona, actor=carol, reason="You")
    Case.objects.update(claimed_at=timezone.now() - timedelta(days=3))
    assert claim_case(case, actor=mona)
    release_case(case, actor=mona)
    assert assignee_of(case) == mona
    assert not claim_case(case, actor=erin)
    assert claim_case(case, actor=erin, take_over=True)
    assert assignee_of(case) == erin
    release_case(case, actor=erin)
    assert assignee_of(case) is None


def test_reassignment_removes_the_notification_of_the_previous_assignee(
    case, carol, erin, mona, reply
):
    assign_case(reply, to=mona, actor=carol, reason="You")
    assign_case(reply, to=erin, actor=carol, reason="You rather")
    assert (assignment_reasons_for(mona), assignment_reasons_for(erin)) == ([], ["You rather"])
    assign_case(reply, to=None, actor=erin, reason="Whoever comes")
    assert assignee_of(case) is None
    assert assignment_reasons_for(erin) == []
    assert ModerationAction.objects.filter(act="assign-case").count() == 3


def test_undo_restores_the_previous_assignee_while_the_case_is_open(case, carol, erin, mona, reply):
    assign_case(reply, to=mona, actor=carol, reason="You")
    second = assign_case(reply, to=erin, actor=carol, reason="You rather")
    undo(second, actor=carol, reason="No")
    assert assignee_of(case) == mona
    third = assign_case(reply, to=erin, actor=carol, reason="After all")
    dismiss_reports(reply, actor=erin, reason="Fine")
    assert assignee_of(case) is None
    with pytest.raises(Conflict):
        undo(third, actor=carol, reason="Too late")


def test_only_moderators_of_the_post_assign_and_are_assigned(case, carol, mona, alice, bob, reply):
    with pytest.raises(NotAllowed):
        assign_case(reply, to=mona, actor=alice, reason="No")
    Role.objects.create(person=bob, kind=Role.Kind.MODERATOR)
    for person in (alice, User.objects.get(pk=bob.pk)):  # no moderator; author of the post
        with pytest.raises(Invalid):
            assign_case(reply, to=person, actor=carol, reason="No")
    assert assignee_of(case) is None
    assert not ModerationAction.objects.exists()


def test_invalid_input_shows_the_form_again(as_carol, case, alice, reply):
    page = reverse("post-assign", args=[reply.pk])
    for bad_data in ({"to": "x"}, {"to": str(alice.pk)}, {"to": "", "reason": ""}):
        assert as_carol.post(page, {"reason": "Because"} | bad_data).status_code == 422
    assert assignee_of(case) is None


def test_pending_post_is_assigned_like_a_case(as_carol, reply, alice, carol, mona):
    pending = create_pending_post(reply, alice)
    case = Case.objects.get()
    page = reverse("pending_post-give", args=[pending.pk])
    for _ in range(2):
        data = {"to": str(mona.pk), "reason": "You know her"}
        assert as_carol.post(page, data).status_code == 303
    assert assignee_of(case) == mona
    assert assignment_reasons_for(mona) == ["You know her"]
    client = Client()
    client.force_login(mona)
    html = client.get("/inbox/moderators/").content.decode()
    assert f'href="{reverse("admin:index")}?by=me"' in html
    assert list(client.get("/admin/", {"by": "me"}).context["cl"].result_list) == [case]
    undo(ModerationAction.objects.get(), actor=carol, reason="Somebody else")
    assert assignee_of(case) is None
    assert assignment_reasons_for(mona) == []


def test_only_moderators_assign_and_are_assigned_pending_posts(reply, alice, carol, board):
    pending = create_pending_post(reply, alice)
    stranger = User.objects.create_user("stranger")
    with pytest.raises(Invalid):
        assign_pending_post(pending, to=stranger, actor=carol, reason="You")
    with pytest.raises(NotAllowed):
        assign_pending_post(pending, to=carol, actor=stranger, reason="Me")
