"""The system clock set back by a day: nobody has to wait until it has caught up.

Timestamps from before then lie a day ahead, and so the tests write them.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.test import Client
from django.urls import reverse

from forum.actions.limits import Limit, spend
from forum.actions.outbox import queue_mail
from forum.actions.posts import edit_post, reply_to
from forum.actions.reports import report_post
from forum.errors import RateLimited
from forum.models import (
    Case,
    ModerationAction,
    OutgoingMail,
    PendingPost,
    Post,
    RateLimit,
    ReviewRule,
    Revision,
)
from forum.moderation.actions.member_notes import note_person
from forum.moderation.actions.slow_mode import enable_branch_slow_mode, enable_thread_slow_mode
from forum.permissions import can_undo

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAY = timedelta(days=1)


def set_clock_back() -> None:
    """Move all timestamps a day ahead, as if the clock was set back."""
    for model, field in [
        (Post, "created_at"),
        (Revision, "created_at"),
        (RateLimit, "updated_at"),
        (Case, "claimed_at"),
        (OutgoingMail, "due_at"),
    ]:
        model.objects.update(**{field: F(field) + DAY})
    with connection.cursor() as cursor:  # the log is protected by triggers
        cursor.execute("SET LOCAL session_replication_role = replica")
        ModerationAction.objects.update(created_at=F("created_at") + DAY)
        cursor.execute("SET LOCAL session_replication_role = origin")


def post_reply(client: Client, post: Post, source: str) -> int:
    return client.post(f"/p/{post.pk}/reply/", {"source": source}).status_code


def test_rate_limit_is_refilled_and_then_works_as_usual():
    limit = Limit("tries", burst=2, per_seconds=60)
    spend("alice", limit)
    spend("alice", limit)
    set_clock_back()
    spend("alice", limit)
    spend("alice", limit)
    with pytest.raises(RateLimited) as error:
        spend("alice", limit)
    assert error.value.retry_after <= 60


@pytest.mark.parametrize(
    "slow", [enable_thread_slow_mode, enable_branch_slow_mode], ids=["thread", "branch"]
)
def test_slow_mode_allows_one_post_and_counts_from_it(slow, reply, bob, carol):
    target = reply if slow is enable_branch_slow_mode else reply.thread
    slow(target, minutes=10, actor=carol, reason="calm down")
    set_clock_back()
    reply_to(reply, author=bob, source="At once.")
    with pytest.raises(RateLimited) as error:
        reply_to(reply, author=bob, source="Too soon.")
    assert error.value.retry_after <= 600


def test_new_member_can_post_at_once(as_bob, opening, settings):
    settings.NEW_MEMBER_DAYS, settings.NEW_MEMBER_HOURLY = 1, 2
    assert [post_reply(as_bob, opening, f"Number {n}.") for n in range(3)] == [302, 302, 429]
    set_clock_back()
    assert [post_reply(as_bob, opening, f"Later {n}.") for n in range(3)] == [302, 302, 429]


def test_rate_rule_ignores_earlier_posts(as_bob, opening):
    ReviewRule.objects.create(kind="pace", number=1, minutes=10)
    assert post_reply(as_bob, opening, "The first.") == 302
    set_clock_back()
    assert post_reply(as_bob, opening, "The second.") == 302
    assert not PendingPost.objects.exists()


def test_edit_makes_a_revision(reply, bob):
    set_clock_back()
    edit_post(Post.objects.get(pk=reply.pk), actor=bob, source="Something quite different.")
    assert Revision.objects.filter(post=reply).count() == 2


def test_claim_does_not_block_other_moderators(as_carol, as_erin, erin, bob, opening):
    report_post(opening, actor=bob, reason="spam")
    claim_page = reverse("admin:forum_case_claim", args=[Case.objects.get().pk])
    as_carol.post(claim_page)
    set_clock_back()
    assert "claimed by" not in as_erin.get(reverse("admin:index")).content.decode()
    as_erin.post(claim_page)
    assert Case.objects.get().assignee == erin


def test_same_note_is_added_again(as_carol, bob):
    note = reverse("person-note", args=[bob.username])
    as_carol.post(note, {"reason": "Asked him to calm down."})
    set_clock_back()
    as_carol.post(note, {"reason": "Asked him to calm down."})
    assert ModerationAction.objects.count() == 2


def test_time_to_delete_a_note_is_not_extended(bob, carol):
    note = note_person(bob, actor=carol, reason="Asked him to calm down.")
    set_clock_back()
    assert not can_undo(carol, ModerationAction.objects.get(pk=note.pk))


def test_unsent_mail_is_sent(settings):
    settings.EMAIL_SERVER = settings.EMAIL_SERVER | {
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"
    }
    queue_mail(recipients=["alice@example.org"], sender="forum@localhost", message=b"Hello")
    set_clock_back()
    call_command("worker", "--once")
    assert OutgoingMail.objects.get().sent_at


def test_login_limits_are_cleared_by_housekeeping():
    """Check that the hourly housekeeping also clears the counters of django-allauth."""
    cache.set("before", [1], timeout=DAY.total_seconds() + 300)
    cache.set("now", [1], timeout=3600)
    call_command("worker", "--once")
    assert cache.get("before") is None
    assert cache.get("now") == [1]
