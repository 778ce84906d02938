"""Single keys are listed on a page of their own, and turned off: in the account, or the browser."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from forum.models import Post, User
from forum.presenters.keys import KEY_MAP, SHORTCUTS
from tests.architecture.test_assets import ROOT

HTMX = {"hx-request": "true"}
OFF = '<html lang="en" data-keys="off">'


def test_page_lists_every_key_that_does_something(visitor: Client) -> None:
    html = visitor.get("/help/keys/").content.decode()
    labels = {
        label for group in SHORTCUTS for shortcut in group.shortcuts for label in shortcut.labels
    }
    assert {"j", "Shift n", "[", "Esc", "Ctrl Enter"} <= labels
    assert all(f"<kbd>{label}</kbd>" in html for label in labels)


def test_script_is_given_the_keys_and_has_their_actions(visitor: Client) -> None:
    html = visitor.get("/").content.decode()
    given = re.search(r'<script id="key-map" type="application/json">(.*?)</script>', html)
    assert given
    assert json.loads(given[1]) == KEY_MAP
    script = (ROOT / "static/js/keys.js").read_text()
    actions = {action for keys in KEY_MAP.values() for action in keys.values()}
    named = set(re.findall(r"^  (\w+): ", script, re.MULTILINE))
    assert actions - named == {"show_keys"}
    assert named <= actions


def test_member_turns_them_off_on_every_device(as_alice: Client, alice: User, reply: Post) -> None:
    assert as_alice.post("/keys/", {"keys": "off"})["Location"] == "/help/keys/"
    alice.refresh_from_db()
    assert not alice.keys
    elsewhere = Client()
    elsewhere.force_login(alice)
    html = elsewhere.get(reply.thread.get_absolute_url()).content.decode()
    assert OFF in html
    assert '<div class="keys">' not in html
    assert "Single-key shortcuts are off." in elsewhere.get("/account/settings/").content.decode()
    elsewhere.post("/keys/", {"keys": "on"})
    assert OFF not in elsewhere.get("/").content.decode()


def test_visitor_turns_them_off_in_this_browser(visitor: Client, reply: Post) -> None:
    assert OFF not in visitor.get("/").content.decode()
    answer = visitor.post("/keys/", {"keys": "off"})
    assert answer.cookies["keys"]["samesite"] == "Lax"
    assert OFF in visitor.get("/").content.decode()
    assert OFF not in Client().get("/").content.decode()
    visitor.post("/keys/", {"keys": "on"})
    assert OFF not in visitor.get("/").content.decode()


def test_account_decides_for_a_member_whatever_the_browser_says(as_bob: Client) -> None:
    as_bob.cookies["keys"] = "off"
    assert OFF not in as_bob.get("/").content.decode()


def test_in_place_the_switch_comes_back_turned(as_alice: Client) -> None:
    answer = as_alice.post("/keys/", {"keys": "off"}, headers=HTMX)
    html = answer.content.decode()
    assert answer.status_code == 200
    assert html.lstrip().startswith("<form")
    assert 'data-js-switch="off"' in html
    assert 'value="on" data-focus>Turn on</button>' in html
    assert '<div id="status" hx-swap-oob="innerHTML">Single-key shortcuts are off.</div>' in html


@pytest.mark.parametrize("odd", ["", "OFF", "maybe", "<b>"])
def test_odd_choice_is_refused_and_changes_nothing(as_alice: Client, alice: User, odd: str) -> None:
    answer = as_alice.post("/keys/", {"keys": odd})
    assert answer.status_code == 400
    assert "keys" not in answer.cookies
    alice.refresh_from_db()
    assert alice.keys
