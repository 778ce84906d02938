"""The page of the mail settings, and the request for an address that works."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from forum.actions.bounces import record_bounce, record_complaint
from forum.actions.mail_settings import change_mail_settings
from forum.models import MailSettings, User
from tests.html import Page

PAGE = "/account/mail/"
CHOICES = {"reply": "daily", "mention": "never", "quote": "weekly", "follow": "now", "hour": "21"}


def test_settings_are_saved_and_shown(alice, as_alice):
    response = as_alice.post(PAGE, CHOICES, follow=True)
    assert "Saved." in Page(response)
    choices = MailSettings.objects.get(member=alice)
    assert {name: str(getattr(choices, name)) for name in CHOICES} == CHOICES
    for name, value in CHOICES.items():
        chosen = Page(as_alice.get(PAGE)).find(f'select[name="{name}"] option[selected]')
        assert chosen["value"] == value


def test_page_shows_the_defaults_before_anything_was_saved(as_alice):
    found = Page(as_alice.get(PAGE)).find_all("main option[selected]")
    assert [option.text for option in found] == ["At once", "At once", *["Once a day"] * 2, "08:00"]
    assert not MailSettings.objects.exists()


def test_invalid_choice_is_refused_with_a_message(as_alice):
    for name, value in (("reply", "hourly"), ("hour", "24"), ("hour", "")):
        response = as_alice.post(PAGE, CHOICES | {name: value})
        assert response.status_code == 422
        assert Page(response).has(".summary")
    assert not MailSettings.objects.exists()


@pytest.mark.parametrize("start", ["/inbox/", "/account/settings/"])
def test_page_is_linked_from_the_inbox_and_the_account(as_alice, start):
    assert PAGE in Page(as_alice.get(start)).addresses


def test_page_takes_at_most_twelve_queries(alice, as_alice):
    change_mail_settings(alice, {"reply": "daily"})
    for request in (lambda: as_alice.get(PAGE), lambda: as_alice.post(PAGE, CHOICES)):
        with CaptureQueriesContext(connection) as captured:
            request()
        statements = [query["sql"] for query in captured.captured_queries]
        assert sum("SAVEPOINT" not in statement for statement in statements) <= 12


def test_every_page_asks_for_an_address_after_bounces(alice, as_alice, as_bob):
    for _ in range(3):
        record_bounce(alice, is_permanent=True)
    for path in ("/", "/inbox/"):
        shown = Page(as_alice.get(path))
        assert "Mail to alice@example.org comes back" in shown
        assert "/accounts/email/" in shown.addresses
        assert "comes back" not in Page(as_bob.get(path))
    as_alice.post(PAGE, {"do": "resume"})
    assert "comes back" not in Page(as_alice.get("/"))
    assert User.objects.get(pk=alice.pk).mail_stop_reason == ""


def test_settings_say_that_a_complaint_stopped_mail(alice, as_alice):
    record_complaint(alice)
    assert "reported as spam" in Page(as_alice.get(PAGE))
    assert "reported as spam" not in Page(as_alice.get("/"))
    as_alice.post(PAGE, {"do": "resume"})
    assert "reported as spam" not in Page(as_alice.get(PAGE))
