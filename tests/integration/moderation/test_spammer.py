"""A spammer is gone in one act, with counts before and one undo."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.urls import reverse

from forum.actions.drafts import Writing
from forum.actions.limits import count_published_posts
from forum.actions.posts import delete_post, reply_to
from forum.actions.premoderation import RuleMatch, hold_post
from forum.actions.reports import report_post
from forum.actions.threads import start_thread
from forum.models import Case, ModerationAction, PendingPost, Post, ReviewRule, Thread, User
from forum.models.drafts import Purpose
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.spammers import remove_spammer
from forum.moderation.actions.suspensions import suspend_person
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.undo import undo
from tests.html import Page, press

WHY = {"reason": "selling pills"}


@pytest.fixture
def spam(board, other_board, opening, reply, alice, bob, carol, erin):
    """Three threads of bob's with an answer, three replies of which one is hidden, one pending."""
    threads = [
        start_thread(place, author=bob, title=f"Cheap pills {n}", source="Buy these.")
        for n, place in enumerate((board, other_board, board))
    ]
    pills = Post.objects.get(thread=threads[0])
    report_post(reply_to(pills, author=alice, source="Is this spam?"), actor=erin, reason="other")
    report_post(pills, actor=erin, reason="spam")
    report_post(reply, actor=erin, reason="spam")
    hide_post(reply_to(opening, author=bob, source="Earlier."), actor=carol, reason="rude")
    reply_to(opening, author=bob, source="More.")
    match = RuleMatch(ReviewRule(kind=ReviewRule.Kind.FIRST, number=1), "1")
    purpose = Purpose(parent_id=opening.pk)
    hold_post(purpose, author=bob, written=Writing("It waits."), match=match)
    return threads


COUNTED = "5 posts, 3 threads with 1 reply by others, 1 pending post, 3 open cases"


def states():
    return {
        "posts": list(Post.objects.order_by("pk").values_list("pk", "hidden_at")),
        "threads": list(
            Thread.objects.order_by("pk").values_list("pk", "removed_at", "post_count")
        ),
        "pending": list(PendingPost.objects.values_list("pk", "state")),
        "cases": list(Case.objects.order_by("pk").values_list("pk", "closed_at")),
        "suspended": list(User.objects.suspended().values_list("pk", flat=True)),
    }


def test_everything_goes_in_one_record_and_comes_back_with_one_undo(
    spam, board, other_board, bob, carol, visitor
):
    before, count = states(), ModerationAction.objects.count()
    action = remove_spammer(bob, actor=carol, **WHY)
    assert ModerationAction.objects.count() == count + 1
    assert User.objects.get(pk=bob.pk).is_suspended
    assert not Case.objects.open().exists()
    for address in (board.get_absolute_url(), other_board.get_absolute_url(), "/", "/u/bob/"):
        assert "Cheap pills" not in Page(visitor.get(address)).text
        assert "Buy these." not in Page(visitor.get(address)).text
    undo(action, actor=carol, reason="the wrong bob")
    assert states() == before


def test_page_shows_the_counts_before_and_the_message_after(spam, as_carol):
    page = reverse("person-spammer", args=["bob"])
    assert f"Also affected: {COUNTED}." in Page(as_carol.get(page)).text
    done = press(as_carol, page, "Remove spammer", **WHY)
    assert done.status_code == 303
    said = str(*get_messages(done.wsgi_request))
    assert "Spammer removed. 5 posts were hidden. 3 threads were removed." in said


def test_counts_that_changed_since_the_page_are_shown_first(spam, opening, bob, as_carol):
    page = reverse("person-spammer", args=["bob"])
    form = Page(as_carol.get(page)).form("Remove spammer").fields | WHY
    reply_to(opening, author=bob, source="One more.")
    again = as_carol.post(page, form)
    assert again.status_code == 200
    assert "Also affected: 6 posts" in Page(again).text
    assert not User.objects.get(pk=bob.pk).is_suspended


def test_it_is_offered_on_profile_post_case_and_in_the_list_of_members(spam, reply, as_carol):
    address = reverse("person-spammer", args=["bob"])
    case = Case.objects.get(post=reply)
    for page in (
        "/u/bob/",
        f"/p/{reply.pk}/menu/",
        reverse("admin:forum_case_change", args=[case.pk]),
    ):
        assert any(found.startswith(address) for found in Page(as_carol.get(page)).addresses), page
    members = Page(as_carol.get(reverse("admin:forum_user_changelist")))
    assert members.has('option[value="spammer"]')


def test_suspending_with_posts_takes_threads_along_though_others_answered(
    spam, board, bob, carol, visitor
):
    action = suspend_person(bob, since=spam[0].created_at, actor=carol, **WHY)
    assert "Cheap pills" not in Page(visitor.get(board.get_absolute_url())).text
    assert visitor.get(spam[0].get_absolute_url()).status_code == 410
    undo(action, actor=carol, reason="the wrong bob")
    assert "Cheap pills 0" in Page(visitor.get(board.get_absolute_url())).text


def test_case_of_a_post_that_the_spammer_deleted_is_closed_too_and_opened_by_undo(
    opening, alice, bob, carol, erin, as_carol
):
    sent = reply_to(opening, author=bob, source="Pills.")
    report_post(sent, actor=erin, reason="spam")
    delete_post(sent, actor=bob)
    page = reverse("person-spammer", args=["bob"])
    assert "Also affected: 1 open case." in Page(as_carol.get(page)).text
    done = press(as_carol, page, "Remove spammer", **WHY)
    assert "hidden" not in str(*get_messages(done.wsgi_request))
    assert not Case.objects.open().exists()
    undo(ModerationAction.objects.latest("pk"), actor=carol, reason="the wrong bob")
    assert Case.objects.open().get().post == sent


def test_posts_in_removed_threads_do_not_end_the_limits_of_new_members(spam, bob, carol):
    before = count_published_posts(bob, 100)
    remove_thread.together(spam, actor=carol, **WHY)
    assert count_published_posts(bob, 100) == before - 3


def test_spammer_is_removed_again_without_effect(spam, bob, carol):
    first = remove_spammer(bob, actor=carol, **WHY)
    assert remove_spammer(User.objects.get(pk=bob.pk), actor=carol, **WHY) == first
