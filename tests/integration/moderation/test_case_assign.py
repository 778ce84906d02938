"""A case is given to a moderator, who hears of it, keeps it, and may give it away."""

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
from tests.moderation_actions import waiting


@pytest.fixture
def case(reply, alice) -> Case:
    report_post(reply, actor=alice, reason="spam")
    return Case.objects.get()


@pytest.fixture
def mona(board) -> User:
    mona = User.objects.create_user("mona")
    Role.objects.create(person=mona, board=board, kind=Role.Kind.MODERATOR)
    return mona


def given(case: Case) -> User | None:
    return Case.objects.get(pk=case.pk).worked_on_by


def words_for(person: User) -> list[str]:
    notifications = ModerationNotification.objects.filter(member=person, cause="case")
    return [notification.action.reason for notification in notifications]


def test_given_from_the_page_and_from_the_desk(as_carol, case, mona, reply):
    of_a_selection = f"/moderate/post/assign/?id={reply.pk}"
    for page in (reverse("post-assign", args=[reply.pk]), of_a_selection):
        sent = {"to": str(mona.pk), "reason": "You know her"}
        assert as_carol.post(page, sent).status_code == 303
        assert given(case) == mona
    assert ModerationAction.objects.get().act == "assign-case", "twice is once"
    assert words_for(mona) == ["You know her"]
    client = Client()
    client.force_login(mona)
    told = client.get("/inbox/moderators/").content.decode()
    assert "carol assigned a case to you." in told
    assert reverse("admin:forum_case_change", args=[case.pk]) in told


def test_filters_find_whose_it_is(as_carol, case, carol, mona, reply):
    def listed(actor):
        return list(as_carol.get("/admin/", {"by": actor}).context["cl"].result_list)

    assert (listed("me"), listed("nobody"), listed("")) == ([], [case], [case])
    assign_case(reply, to=mona, actor=carol, reason="You")
    assert (listed("me"), listed("nobody"), listed("")) == ([], [], [case])
    assign_case(reply, to=carol, actor=carol, reason="Me")
    assert (listed("me"), listed("nobody"), listed("")) == ([case], [], [case])
    assert words_for(carol) == [], "nobody hears what they did themselves"


def test_it_stays_theirs_until_somebody_takes_it_over(case, carol, erin, mona, reply):
    assign_case(reply, to=mona, actor=carol, reason="You")
    Case.objects.update(claimed_at=timezone.now() - timedelta(days=3))
    assert claim_case(case, actor=mona)
    release_case(case, actor=mona)
    assert given(case) == mona
    assert not claim_case(case, actor=erin)
    assert claim_case(case, actor=erin, take_over=True)
    assert given(case) == erin
    release_case(case, actor=erin)
    assert given(case) is None


def test_given_away_again_who_had_it_need_not_hear_of_it(case, carol, erin, mona, reply):
    assign_case(reply, to=mona, actor=carol, reason="You")
    assign_case(reply, to=erin, actor=carol, reason="You rather")
    assert (words_for(mona), words_for(erin)) == ([], ["You rather"])
    assign_case(reply, to=None, actor=erin, reason="Whoever comes")
    assert given(case) is None
    assert words_for(erin) == []
    assert ModerationAction.objects.filter(act="assign-case").count() == 3


def test_undone_it_is_whose_it_was(case, carol, erin, mona, reply):
    assign_case(reply, to=mona, actor=carol, reason="You")
    second = assign_case(reply, to=erin, actor=carol, reason="You rather")
    undo(second, actor=carol, reason="No")
    assert given(case) == mona
    third = assign_case(reply, to=erin, actor=carol, reason="After all")
    dismiss_reports(reply, actor=erin, reason="Fine")
    assert given(case) is None
    with pytest.raises(Conflict):
        undo(third, actor=carol, reason="Too late")


def test_only_those_who_may_decide_give_it_and_get_it(case, carol, mona, alice, bob, reply):
    with pytest.raises(NotAllowed):
        assign_case(reply, to=mona, actor=alice, reason="No")
    Role.objects.create(person=bob, kind=Role.Kind.MODERATOR)
    for person in (alice, User.objects.get(pk=bob.pk)):  # no moderator; author of the post
        with pytest.raises(Invalid):
            assign_case(reply, to=person, actor=carol, reason="No")
    assert given(case) is None
    assert not ModerationAction.objects.exists()


def test_bad_input_is_answered_on_the_form(as_carol, case, alice, reply):
    page = reverse("post-assign", args=[reply.pk])
    for odd in ({"to": "x"}, {"to": str(alice.pk)}, {"to": "", "reason": ""}):
        assert as_carol.post(page, {"reason": "Because"} | odd).status_code == 422
    assert given(case) is None


def test_what_waits_is_given_likewise(as_carol, reply, alice, carol, mona):
    pending = waiting(reply, alice)
    case = Case.objects.get()
    page = reverse("pending_post-give", args=[pending.pk])
    for _ in range(2):
        sent = {"to": str(mona.pk), "reason": "You know her"}
        assert as_carol.post(page, sent).status_code == 303
    assert given(case) == mona
    assert words_for(mona) == ["You know her"]
    client = Client()
    client.force_login(mona)
    told = client.get("/inbox/moderators/").content.decode()
    assert f'href="{reverse("admin:index")}?by=me"' in told
    assert list(client.get("/admin/", {"by": "me"}).context["cl"].result_list) == [case]
    undo(ModerationAction.objects.get(), actor=carol, reason="Somebody else")
    assert given(case) is None
    assert words_for(mona) == []


def test_what_waits_is_given_to_those_who_may_decide_on_it(reply, alice, carol, board):
    pending = waiting(reply, alice)
    stranger = User.objects.create_user("stranger")
    with pytest.raises(Invalid):
        assign_pending_post(pending, to=stranger, actor=carol, reason="You")
    with pytest.raises(NotAllowed):
        assign_pending_post(pending, to=carol, actor=stranger, reason="Me")
