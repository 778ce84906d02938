"""Bounces and complaints: when no notifications are mailed to an address any more."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from forum.actions.bounces import (
    forget_old_bounces,
    record_bounce,
    record_complaint,
    resume_mail,
)
from forum.models import Bounce, User
from forum.models.accounts import MailStop


def stop_reason(member: User) -> str:
    return User.objects.get(pk=member.pk).mail_stop_reason


def test_third_permanent_bounce_stops_mail(alice):
    for _ in range(2):
        record_bounce(alice, is_permanent=True)
    assert stop_reason(alice) == ""
    record_bounce(alice, is_permanent=True)
    assert stop_reason(alice) == MailStop.BOUNCES


def test_temporary_bounces_do_not_stop_mail(alice):
    for _ in range(5):
        record_bounce(alice, is_permanent=False)
    assert stop_reason(alice) == ""


def test_bounces_before_two_weeks_do_not_count_and_are_deleted(alice):
    for _ in range(2):
        record_bounce(alice, is_permanent=True)
    Bounce.objects.update(created_at=timezone.now() - timedelta(days=14))
    record_bounce(alice, is_permanent=True)
    assert stop_reason(alice) == ""
    assert forget_old_bounces() == 2


def test_complaint_stops_mail_at_once(alice):
    record_complaint(alice)
    assert stop_reason(alice) == MailStop.COMPLAINT


@pytest.mark.parametrize("stop", ["bounces", "complaint"])
def test_another_address_starts_anew(alice, stop):
    for _ in range(3):
        record_bounce(alice, is_permanent=True)
    if stop == "complaint":
        record_complaint(alice)
    User.objects.filter(pk=alice.pk).update(email="new@example.org")
    assert stop_reason(alice) == ""
    for _ in range(2):
        record_bounce(alice, is_permanent=True)
    assert stop_reason(alice) == ""


def test_member_who_says_that_the_address_works_gets_mail_again(alice):
    for _ in range(3):
        record_bounce(alice, is_permanent=True)
    resume_mail(alice)
    assert stop_reason(alice) == ""
    record_bounce(alice, is_permanent=True)
    assert stop_reason(alice) == ""
