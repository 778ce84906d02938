"""Pending posts in the review queue and in their own list: searching, viewing and deciding."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.actions.reports import report_post
from forum.models import Case, ModerationAction, PendingPost, Post
from forum.moderation.actions.post_hiding import hide_post
from tests.integration.pending_posts.conftest import TEXT, hold

QUEUE = "/admin/"
LIST = reverse("admin:forum_pendingpost_changelist")


def list_rows(client, page=QUEUE, **query):
    response = client.get(page, query)
    assert response.status_code == 200, response.headers
    return list(response.context["cl"].result_list)


@pytest.fixture
def pending_posts(pending, board, reply, bob, rule) -> list[PendingPost]:
    """Return a pending reply, a pending thread and a pending edit."""
    thread = hold(bob, rule=rule, title="My casinos", board_id=board.pk)
    edit = hold(bob, rule=rule, source="It was the <b>casino</b>.", post_id=reply.pk)
    return [pending, thread, edit]


def test_queue_lists_pending_posts_with_their_rules_and_reports(
    as_carol, pending_posts, reply, alice
):
    report_post(reply, actor=alice, reason="spam")
    assert len(list_rows(as_carol)) == 4
    assert [
        case.pending_post for case in list_rows(as_carol, kind="pending_post")
    ] == pending_posts[:2]
    assert [case.pending_post for case in list_rows(as_carol, kind="edit")] == pending_posts[2:]
    assert [case.post for case in list_rows(as_carol, kind="reply")] == [reply]
    assert list_rows(as_carol, kind="opening") == []
    page = as_carol.get(QUEUE).content.decode()
    assert "Pending: Words: casino*" in page
    assert "&lt;b&gt;casino&lt;/b&gt;" in page
    assert "My casinos" in page


def test_queue_finds_pending_posts(as_carol, pending_posts, board):
    assert len(list_rows(as_carol, q="@bob")) == 3
    assert list_rows(as_carol, q="@alice") == []
    assert len(list_rows(as_carol, q="My CASINOS")) == 1
    assert len(list_rows(as_carol, board=board.pk)) == 3
    assert len(list_rows(as_carol, account="new")) == 3
    assert list_rows(as_carol, state="closed") == []


def test_case_shows_the_rule_the_text_the_changes_and_the_parent_post(
    as_carol, pending_posts, opening
):
    reply_page, thread_page, edit_page = (
        as_carol.get(reverse("admin:forum_case_change", args=[pending.case.pk])).content.decode()
        for pending in pending_posts
    )
    assert "Words: casino*" in reply_page
    assert opening.source in reply_page
    assert TEXT in reply_page
    assert "My casinos" in thread_page
    assert "Changes</h2>" in edit_page
    assert "<ins>" in edit_page
    assert "<b>casino</b>" not in edit_page
    for page in (reply_page, thread_page, edit_page):
        assert "approve/" in page
        assert "reject/" in page
        assert "About bob" in page


def test_bulk_approval_in_the_queue_writes_one_log_entry(as_carol, pending_posts, reply, alice):
    report_post(reply, actor=alice, reason="spam")
    selected = [case.pk for case in Case.objects.all()]
    response = as_carol.post(QUEUE, {"action": "approve", "_selected_action": selected})
    assert response.status_code == 302
    page = as_carol.get(response["Location"])
    assert "3 posts by 1 person" in page.content.decode()
    seen = page.context["form"]["seen"].value()
    response = as_carol.post(response["Location"], {"reason": "fine", "seen": seen})
    assert response["Location"] == QUEUE
    assert ModerationAction.objects.get().effects.count() == 3
    assert Post.objects.filter(source=TEXT).count() == 2
    response = as_carol.post(QUEUE, {"action": "approve", "_selected_action": selected[-1:]})
    assert (
        "None of the selected rows allow this."
        in as_carol.get(response["Location"]).content.decode()
    )


def test_decision_of_another_moderator_prevents_approval(as_carol, pending, bob, erin):
    from forum.moderation.actions.pending_posts import reject_pending_post

    page = f"/moderate/pending_post/approve/?id={pending.pk}"
    seen = as_carol.get(page).context["form"]["seen"].value()
    reject_pending_post(pending, actor=erin, reason="no")
    response = as_carol.post(page, {"reason": "fine", "seen": seen})
    assert response.status_code == 409
    assert "erin changed this" in response.content.decode()
    assert not Post.objects.filter(author=bob).exists()


def test_posts_that_cannot_be_published_are_listed_as_left_out(
    as_carol, pending_posts, reply, bob, carol
):
    unpublishable = hold(bob, parent_id=reply.pk)
    hide_post(reply, actor=carol, reason="off the wall")
    ids = "&".join(f"id={pending.pk}" for pending in (pending_posts[0], unpublishable))
    page = f"/moderate/pending_post/approve/?{ids}"
    html = as_carol.post(page, {"reason": "fine"}, follow=True).content.decode()
    assert "Post published." in html
    assert "Left out" in html
    assert "stays pending: The post you’re replying to was removed." in html


def test_moderators_of_other_boards_cannot_see_pending_posts(board, pending_posts):
    from django.test import Client

    from forum.models import Board, Role, User

    other = Board.objects.create(category=board.category, name="Stones", slug="stones")
    grace = User.objects.create_user("grace")
    Role.objects.create(person=grace, board=other, kind=Role.Kind.MODERATOR)
    client = Client()
    client.force_login(grace)
    assert list_rows(client) == list_rows(client, LIST) == []
    for pending in pending_posts:
        page = reverse("admin:forum_case_change", args=[pending.case.pk])
        assert client.get(page).status_code == 404
        claim_page = reverse("admin:forum_case_claim", args=[pending.case.pk])
        assert client.post(claim_page).status_code == 404


def test_list_can_be_filtered_and_searched(as_carol, pending_posts, bob, carol, board):
    from forum.moderation.actions.pending_posts import reject_pending_post

    reject_pending_post(pending_posts[0], actor=carol, reason="no")
    assert list_rows(as_carol, LIST) == pending_posts[::-1]
    assert list_rows(as_carol, LIST, state__exact="rejected") == [pending_posts[0]]
    assert list_rows(as_carol, LIST, kind__exact="words") == pending_posts[::-1]
    assert list_rows(as_carol, LIST, kind__exact="first") == []
    assert list_rows(as_carol, LIST, q="my casinos") == [pending_posts[1]]
    assert list_rows(as_carol, LIST, q="@bob") == pending_posts[::-1]
    assert list_rows(as_carol, LIST, board=board.pk) == pending_posts[::-1]


@pytest.mark.parametrize("page", [QUEUE, LIST])
def test_queries_of_lists_do_not_grow_with_the_pending_posts(as_carol, opening, bob, rule, page):
    def count_queries():
        with CaptureQueriesContext(connection) as captured:
            as_carol.get(page)
        return len(captured.captured_queries)

    hold(bob, rule=rule, parent_id=opening.pk)
    as_carol.get(page)
    first_count = count_queries()
    for n in range(5):
        hold(bob, rule=rule, parent_id=reply_to(opening, author=bob, source=f"{n}").pk)
    assert count_queries() == first_count
