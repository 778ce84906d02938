"""The clock of the machine set back by a day: nobody is kept waiting until it has caught up.

What was written before seems to be of tomorrow then, and so the tests write it.
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

from forum.actions.limits import spend
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
from forum.models.limits import Limit
from forum.moderation.actions.member_notes import note_person
from forum.moderation.actions.slow_mode import enable_branch_slow_mode, enable_thread_slow_mode
from forum.permissions import can_undo

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

DAY = timedelta(days=1)


def set_clock_back() -> None:
    """Let everything have happened a day later than it did."""
    for model, field in [
        (Post, "created_at"),
        (Revision, "created_at"),
        (RateLimit, "updated_at"),
        (Case, "claimed_at"),
        (OutgoingMail, "due_at"),
    ]:
        model.objects.update(**{field: F(field) + DAY})
    with connection.cursor() as cursor:  # the log takes no change
        cursor.execute("SET LOCAL session_replication_role = replica")
        ModerationAction.objects.update(created_at=F("created_at") + DAY)
        cursor.execute("SET LOCAL session_replication_role = origin")


def send(client: Client, post: Post, source: str) -> int:
    return client.post(f"/p/{post.pk}/reply/", {"source": source}).status_code


def test_spent_limit_is_full_at_once_and_then_holds_as_ever():
    limit = Limit("tries", burst=2, per_seconds=60)
    spend("alice", limit)
    spend("alice", limit)
    set_clock_back()
    spend("alice", limit)
    spend("alice", limit)
    with pytest.raises(RateLimited) as refused:
        spend("alice", limit)
    assert refused.value.retry_after <= 60


@pytest.mark.parametrize(
    "slow", [enable_thread_slow_mode, enable_branch_slow_mode], ids=["thread", "branch"]
)
def test_slow_mode_lets_one_post_and_waits_from_that_one(slow, reply, bob, carol):
    target = reply if slow is enable_branch_slow_mode else reply.thread
    slow(target, minutes=10, actor=carol, reason="calm down")
    set_clock_back()
    reply_to(reply, author=bob, source="At once.")
    with pytest.raises(RateLimited) as refused:
        reply_to(reply, author=bob, source="Too soon.")
    assert refused.value.retry_after <= 600


def test_new_member_posts_at_once(as_bob, opening, settings):
    settings.NEW_MEMBER_DAYS, settings.NEW_MEMBER_HOURLY = 1, 2
    assert [send(as_bob, opening, f"Number {n}.") for n in range(3)] == [302, 302, 429]
    set_clock_back()
    assert [send(as_bob, opening, f"Later {n}.") for n in range(3)] == [302, 302, 429]


def test_rule_about_pace_holds_nothing_for_what_was_before(as_bob, opening):
    ReviewRule.objects.create(kind="pace", number=1, minutes=10)
    assert send(as_bob, opening, "The first.") == 302
    set_clock_back()
    assert send(as_bob, opening, "The second.") == 302
    assert not PendingPost.objects.exists()


def test_edit_is_a_revision_of_its_own(reply, bob):
    set_clock_back()
    edit_post(Post.objects.get(pk=reply.pk), actor=bob, source="Something quite different.")
    assert Revision.objects.filter(post=reply).count() == 2


def test_claim_holds_no_other_moderator_off(as_carol, as_erin, erin, bob, opening):
    report_post(opening, actor=bob, reason="spam")
    claim = reverse("admin:forum_case_claim", args=[Case.objects.get().pk])
    as_carol.post(claim)
    set_clock_back()
    assert "claimed by" not in as_erin.get(reverse("admin:index")).content.decode()
    as_erin.post(claim)
    assert Case.objects.get().assignee == erin


def test_same_note_is_no_form_sent_twice_and_is_kept(as_carol, bob):
    note = reverse("person-note", args=[bob.username])
    as_carol.post(note, {"reason": "Asked him to calm down."})
    set_clock_back()
    as_carol.post(note, {"reason": "Asked him to calm down."})
    assert ModerationAction.objects.count() == 2


def test_note_can_be_deleted_for_no_longer_than_ever(bob, carol):
    note = note_person(bob, actor=carol, reason="Asked him to calm down.")
    set_clock_back()
    assert not can_undo(carol, ModerationAction.objects.get(pk=note.pk))


def test_mail_that_was_never_tried_goes_out(settings):
    settings.EMAIL_SERVER = settings.EMAIL_SERVER | {
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"
    }
    queue_mail(recipients=["alice@example.org"], sender="forum@localhost", message=b"Hello")
    set_clock_back()
    call_command("worker", "--once")
    assert OutgoingMail.objects.get().sent_at


def test_limits_of_logging_in_are_swept_up():
    """What django-allauth counts ends with the sweep of the hour."""
    cache.set("before", [1], timeout=DAY.total_seconds() + 300)
    cache.set("now", [1], timeout=3600)
    call_command("worker", "--once")
    assert cache.get("before") is None
    assert cache.get("now") == [1]
