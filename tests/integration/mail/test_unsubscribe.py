"""Unsubscribing by the link in a mail: without logging in, by mail providers, and undone."""

from __future__ import annotations

import re
import time
from types import SimpleNamespace

import pytest
from django.core import signing
from django.test import Client

from forum.actions.mail_settings import UNSUBSCRIBE_SALT, change_mail_settings, unsubscribe_url
from forum.models import MailSettings, User
from tests.html import Page

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def path_of(member: User, *causes: str) -> str:
    return unsubscribe_url(member, causes).removeprefix("http://localhost:8000")


def reply_frequency(member: User) -> str:
    return MailSettings.objects.for_member(member).frequency_of("reply")


@pytest.fixture
def client() -> Client:
    """Return the client of nobody in particular, as strict about CSRF as the site."""
    return Client(enforce_csrf_checks=True)


def test_one_click_stops_what_the_mail_was_about(reply, alice, deliver, client):
    [message] = deliver()
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.findall("<(https?:[^>]*)>", message["List-Unsubscribe"])[0]
    path = address.removeprefix("http://localhost:8000")
    response = client.post(path, ONE_CLICK)
    assert response.status_code == 200
    choices = MailSettings.objects.get(member=alice)
    assert (choices.reply, choices.mention) == ("never", "now")
    assert "sessionid" not in response.cookies


def test_opening_the_page_changes_nothing(alice, client):
    response = client.get(path_of(alice, "reply"))
    assert "replies to you" in Page(response).find("main").text
    assert reply_frequency(alice) == "now"


def test_page_offers_once_a_day_and_nothing_at_all(alice, client):
    path = path_of(alice, "reply")
    buttons = {
        button.text: button["value"] for button in Page(client.get(path)).find_all("main button")
    }
    assert set(buttons.values()) == {"stop", "daily", "all"}
    client.post(path, {"do": "daily"})
    assert reply_frequency(alice) == "daily"
    client.post(path, {"do": "all"})
    assert MailSettings.objects.get(member=alice).is_off


@pytest.mark.parametrize("do", ["stop", "daily", "all"])
@pytest.mark.parametrize("before", ["now", "weekly"])
def test_each_choice_can_be_undone_on_the_same_page(alice, client, do, before):
    change_mail_settings(alice, {"reply": before})
    path = path_of(alice, "reply")
    sent = Page(client.get(path)).find('main input[name="before"]')["value"]
    response = client.post(path, {"do": do, "before": sent})
    again = Page(response).find('main input[name="before"]')["value"]
    client.post(path, {"do": "undo", "before": again})
    assert reply_frequency(alice) == before


def test_mail_that_was_stopped_by_one_click_can_be_had_again(alice, client):
    path = path_of(alice, "reply")
    client.post(path, ONE_CLICK)
    assert "You no longer get mail about replies to you." in Page(client.get(path)).find("main")
    client.post(path, {"do": "undo", "before": ""})
    assert reply_frequency(alice) == "now"


def pass_days(days: int, monkeypatch) -> None:
    """Let days pass since the tokens were made."""
    later = time.time() + days * 86400
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: later))


def test_token_is_valid_for_a_year(alice, client, monkeypatch):
    path = path_of(alice, "reply")
    pass_days(364, monkeypatch)
    client.post(path, ONE_CLICK)
    assert reply_frequency(alice) == "never"


def test_older_token_stops_nothing_and_has_the_same_answer(alice, client, monkeypatch):
    path = path_of(alice, "reply")
    pass_days(366, monkeypatch)
    assert client.post(path, ONE_CLICK).status_code == 200
    assert reply_frequency(alice) == "now"


@pytest.mark.parametrize(
    "key",
    [
        "nonsense",
        "a:b:c",
        signing.dumps([1, "reply"], salt="something else"),
        signing.dumps([10**9, "reply"], salt=UNSUBSCRIBE_SALT),
        signing.dumps([1], salt=UNSUBSCRIBE_SALT),
        signing.dumps([1, "unknown"], salt=UNSUBSCRIBE_SALT),
    ],
    ids=["word", "parts", "other salt", "no member", "no kind", "unknown kind"],
)
def test_unknown_token_is_answered_like_any_other(db, client, key):
    assert client.post(f"/mail/stop/{key}/", ONE_CLICK).status_code == 200
    response = client.get(f"/mail/stop/{key}/")
    assert response.status_code == 200
    assert not Page(response).has("main form")
    assert not MailSettings.objects.exists()


def test_token_of_an_erased_member_does_nothing(alice, client):
    path = path_of(alice, "reply")
    User.objects.filter(pk=alice.pk).update(erased_at="2026-01-01T00:00Z")
    assert client.post(path, ONE_CLICK).status_code == 200
    assert not MailSettings.objects.exists()


def test_token_opens_nothing_else(alice, client):
    path = path_of(alice, "reply")
    response = client.post(
        path, {"do": "stop", "hour": "3", "mention": "never", "zone": "Asia/Tokyo"}
    )
    assert not response.cookies.get("sessionid")
    choices = MailSettings.objects.get(member=alice)
    assert (choices.mention, choices.hour) == ("now", 8)
    assert client.get("/account/mail/").status_code == 302
    assert "alice" not in Page(response).text


def test_odd_forms_are_answered_and_stop_the_mail(alice, client):
    path = path_of(alice, "reply")
    for form in ({"do": "undo", "before": "often"}, {"do": "undo", "before": "now now"}):
        assert client.post(path, form).status_code == 200
        assert reply_frequency(alice) == "now"
    assert client.post(path, {"do": "\0", "before": "\uffff"}).status_code == 200
    assert reply_frequency(alice) == "never"
