"""Review rules: configured by administrators, logged, and visible to moderators."""

from __future__ import annotations

import pytest
from django.urls import reverse

from forum.models import ModerationAction, PendingPost, ReviewRule
from forum.moderation.configuration import set_up
from forum.moderation.undo import undo

LIST = "admin:forum_reviewrule"
FORM = {"kind": "words", "terms": " casino*\r\n\r\njackpot \r\ncasino*", "about": "everybody"}
FORM |= {"is_active": "on", "number": "", "minutes": "", "note": "Spam"}


def entries():
    return ModerationAction.objects.filter(act="configure")


def test_administrator_adds_changes_and_deletes_rules_with_one_entry_each(as_erin, erin, pending):
    assert as_erin.post(reverse(f"{LIST}_add"), FORM).status_code == 302
    rule = ReviewRule.objects.latest("pk")
    assert (rule.terms, str(rule)) == ("casino*\njackpot", "Words: casino*, jackpot")
    page = reverse(f"{LIST}_change", args=[rule.pk])
    form = FORM | {"kind": "domains", "terms": "https://WWW.Evil.example/x\n*.bad.example"}
    assert as_erin.post(page, form).status_code == 302
    rule.refresh_from_db()
    assert rule.terms == "www.evil.example\nbad.example"
    page = reverse(f"{LIST}_delete", args=[pending.rule.pk])
    assert as_erin.post(page, {"post": "yes"}).status_code == 302
    assert entries().count() == 3
    pending.refresh_from_db()
    assert (pending.rule, pending.why) == (None, "Words: casino*"), "what it was held for is known"
    undo(entries()[0], actor=erin, reason="No")
    assert ReviewRule.objects.filter(terms="casino*").exists()


def test_rule_that_cannot_match_or_is_incomplete_is_refused_with_the_reason(as_erin):
    for bad_data, message in (
        (
            {"terms": ""},
            "Enter what to look for: words or domains, a number, or a number and minutes.",
        ),
        ({"terms": "casino\n…"}, "“…” can’t match any post."),
        ({"terms": "x\n" * 1001 + "\n".join(map(str, range(1001)))}, "Too many for one rule"),
        ({"terms": "x" * 20_001}, "at most 20000"),
        ({"kind": "domains", "terms": "evil"}, "“evil” can’t match any post."),
        (
            {"kind": "links"},
            "Enter what to look for: words or domains, a number, or a number and minutes.",
        ),
        (
            {"kind": "pace", "number": "3"},
            "Enter what to look for: words or domains, a number, or a number and minutes.",
        ),
        ({"kind": "first", "number": "-1"}, "greater than or equal"),
        ({"kind": "nonsense"}, "not one of the available"),
    ):
        response = as_erin.post(reverse(f"{LIST}_add"), FORM | bad_data)
        assert response.status_code == 200
        assert message in response.content.decode(), bad_data
    assert not ReviewRule.objects.exists()
    assert not entries().exists()


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"kind": "links", "number": 2}, "More than 2 links"),
        ({"kind": "pace", "number": 3, "minutes": 10}, "More than 3 posts in 10 minutes"),
        ({"kind": "first", "number": 1}, "First 1 posts of an account"),
    ],
)
def test_rules_are_named_by_their_condition(fields, name):
    assert str(ReviewRule(**fields)) == name


def test_site_moderators_see_rules_but_cannot_change_them(as_carol, as_alice, erin, rule):
    assert "casino*" in as_carol.get(reverse(f"{LIST}_changelist")).content.decode()
    page = reverse(f"{LIST}_change", args=[rule.pk])
    assert as_carol.get(page).status_code == 200
    for address in (page, reverse(f"{LIST}_add"), reverse(f"{LIST}_delete", args=[rule.pk])):
        assert as_carol.post(address, FORM).status_code == 403
    assert as_alice.get(page).status_code == 403
    rule.refresh_from_db()
    assert rule.terms == "casino*"


def test_inactive_rule_holds_nothing(as_bob, erin, opening, rule):
    rule.is_active = False
    set_up(rule, actor=erin)
    response = as_bob.post(f"/p/{opening.pk}/reply/", {"source": "My casino."})
    assert response.status_code == 302
    assert not PendingPost.objects.exists()
