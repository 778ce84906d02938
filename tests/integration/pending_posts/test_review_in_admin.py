"""What waits, in the review queue and in a list of its own: found, looked at, decided on."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.actions.reports import report_post
from forum.models import Case, ModerationAction, PendingPost, Post
from forum.moderation.actions.post_hiding import hide_post
from tests.integration.pending_posts.conftest import WORDS, wait

QUEUE = "/admin/"
LIST = reverse("admin:forum_pendingpost_changelist")


def rows(client, page=QUEUE, **query):
    answer = client.get(page, query)
    assert answer.status_code == 200, answer.headers
    return list(answer.context["cl"].result_list)


@pytest.fixture
def three(pending, board, reply, bob, rule) -> list[PendingPost]:
    """A reply, a thread and an edit that wait."""
    thread = wait(bob, rule=rule, title="My casinos", board_id=board.pk)
    edit = wait(bob, rule=rule, source="It was the <b>casino</b>.", post_id=reply.pk)
    return [pending, thread, edit]


def test_queue_lists_what_waits_with_the_rule_among_reports(as_carol, three, reply, alice):
    report_post(reply, actor=alice, reason="spam")
    assert len(rows(as_carol)) == 4
    assert [case.pending_post for case in rows(as_carol, kind="pending_post")] == three[:2]
    assert [case.pending_post for case in rows(as_carol, kind="edit")] == three[2:]
    assert [case.post for case in rows(as_carol, kind="reply")] == [reply]
    assert rows(as_carol, kind="opening") == []
    page = as_carol.get(QUEUE).content.decode()
    assert "Pending: Words: casino*" in page
    assert "&lt;b&gt;casino&lt;/b&gt;" in page
    assert "My casinos" in page


def test_queue_finds_what_waits(as_carol, three, board):
    assert len(rows(as_carol, q="@bob")) == 3
    assert rows(as_carol, q="@alice") == []
    assert len(rows(as_carol, q="My CASINOS")) == 1
    assert len(rows(as_carol, board=board.pk)) == 3
    assert len(rows(as_carol, account="new")) == 3
    assert rows(as_carol, state="closed") == []


def test_case_shows_rule_text_difference_and_what_it_answers(as_carol, three, opening):
    answer, thread, edit = (
        as_carol.get(reverse("admin:forum_case_change", args=[pending.case.pk])).content.decode()
        for pending in three
    )
    assert "Words: casino*" in answer
    assert opening.source in answer
    assert WORDS in answer
    assert "My casinos" in thread
    assert "Changes</h2>" in edit
    assert "<ins>" in edit
    assert "<b>casino</b>" not in edit
    for page in (answer, thread, edit):
        assert "approve/" in page
        assert "reject/" in page
        assert "About bob" in page


def test_several_are_decided_on_from_the_queue_with_one_record(as_carol, three, reply, alice):
    report_post(reply, actor=alice, reason="spam")
    chosen = [case.pk for case in Case.objects.all()]
    answer = as_carol.post(QUEUE, {"action": "approve", "_selected_action": chosen})
    assert answer.status_code == 302
    page = as_carol.get(answer["Location"])
    assert "3 posts by 1 person" in page.content.decode()
    seen = page.context["form"]["seen"].value()
    sent = as_carol.post(answer["Location"], {"reason": "fine", "seen": seen})
    assert sent["Location"] == QUEUE
    assert ModerationAction.objects.get().effects.count() == 3
    assert Post.objects.filter(source=WORDS).count() == 2
    answer = as_carol.post(QUEUE, {"action": "approve", "_selected_action": chosen[-1:]})
    assert (
        "None of the selected rows allow this." in as_carol.get(answer["Location"]).content.decode()
    )


def test_what_was_decided_on_meanwhile_is_refused(as_carol, pending, bob, erin):
    from forum.moderation.actions.pending_posts import reject_pending_post

    page = f"/moderate/pending_post/approve/?id={pending.pk}"
    seen = as_carol.get(page).context["form"]["seen"].value()
    reject_pending_post(pending, actor=erin, reason="no")
    answer = as_carol.post(page, {"reason": "fine", "seen": seen})
    assert answer.status_code == 409
    assert "erin changed this" in answer.content.decode()
    assert not Post.objects.filter(author=bob).exists()


def test_what_cannot_be_published_is_left_out_and_said(as_carol, three, reply, bob, carol):
    answer = wait(bob, parent_id=reply.pk)
    hide_post(reply, actor=carol, reason="off the wall")
    ids = "&".join(f"id={pending.pk}" for pending in (three[0], answer))
    page = f"/moderate/pending_post/approve/?{ids}"
    told = as_carol.post(page, {"reason": "fine"}, follow=True).content.decode()
    assert "Post published." in told
    assert "Left out" in told
    assert "stays pending: The post you’re replying to was removed." in told


def test_moderators_elsewhere_see_nothing_of_it(board, three):
    from django.test import Client

    from forum.models import Board, Role, User

    other = Board.objects.create(category=board.category, name="Stones", slug="stones")
    grace = User.objects.create_user("grace")
    Role.objects.create(person=grace, board=other, kind=Role.Kind.MODERATOR)
    client = Client()
    client.force_login(grace)
    assert rows(client) == rows(client, LIST) == []
    for pending in three:
        page = reverse("admin:forum_case_change", args=[pending.case.pk])
        assert client.get(page).status_code == 404
        claim = reverse("admin:forum_case_claim", args=[pending.case.pk])
        assert client.post(claim).status_code == 404


def test_list_is_filtered_and_searched(as_carol, three, bob, carol, board):
    from forum.moderation.actions.pending_posts import reject_pending_post

    reject_pending_post(three[0], actor=carol, reason="no")
    assert rows(as_carol, LIST) == three[::-1]
    assert rows(as_carol, LIST, state__exact="rejected") == [three[0]]
    assert rows(as_carol, LIST, kind__exact="words") == three[::-1]
    assert rows(as_carol, LIST, kind__exact="first") == []
    assert rows(as_carol, LIST, q="my casinos") == [three[1]]
    assert rows(as_carol, LIST, q="@bob") == three[::-1]
    assert rows(as_carol, LIST, board=board.pk) == three[::-1]


@pytest.mark.parametrize("page", [QUEUE, LIST])
def test_a_list_costs_the_same_for_few_and_for_many(as_carol, opening, bob, rule, page):
    def asked():
        with CaptureQueriesContext(connection) as captured:
            as_carol.get(page)
        return len(captured.captured_queries)

    wait(bob, rule=rule, parent_id=opening.pk)
    as_carol.get(page)
    few = asked()
    for n in range(5):
        wait(bob, rule=rule, parent_id=reply_to(opening, author=bob, source=f"{n}").pk)
    assert asked() == few
