"""Single keys are listed on a page of their own, and turned off: in the account, or the browser."""

from __future__ import annotations

import json
import re

import pytest
from django.test import Client

from forum.models import Post, User
from forum.presenters.keys import KEY_MAP, SHORTCUTS
from tests.architecture.test_assets import ROOT
from tests.html import Page

HTMX = {"hx-request": "true"}


def keys_are_off(page: Page) -> bool:
    return page.has('html[data-keys="off"]')


def test_page_lists_every_key_that_does_something(visitor: Client) -> None:
    page = Page(visitor.get("/help/keys/"))
    labels = {
        label for group in SHORTCUTS for shortcut in group.shortcuts for label in shortcut.labels
    }
    assert {"j", "Shift n", "[", "Esc", "Ctrl Enter"} <= labels
    assert labels <= set(page.texts("kbd"))


def test_script_is_given_the_keys_and_has_their_actions(visitor: Client) -> None:
    page = Page(visitor.get("/"))
    given = page.find("script#key-map")
    assert given["type"] == "application/json"
    assert json.loads(given.source) == KEY_MAP
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
    page = Page(elsewhere.get(reply.thread.get_absolute_url()))
    assert keys_are_off(page)
    assert not page.has("div.keys")
    assert "Single-key shortcuts are off." in Page(elsewhere.get("/account/settings/"))
    elsewhere.post("/keys/", {"keys": "on"})
    assert not keys_are_off(Page(elsewhere.get("/")))


def test_visitor_turns_them_off_in_this_browser(visitor: Client, reply: Post) -> None:
    assert not keys_are_off(Page(visitor.get("/")))
    answer = visitor.post("/keys/", {"keys": "off"})
    assert answer.cookies["keys"]["samesite"] == "Lax"
    assert keys_are_off(Page(visitor.get("/")))
    assert not keys_are_off(Page(Client().get("/")))
    visitor.post("/keys/", {"keys": "on"})
    assert not keys_are_off(Page(visitor.get("/")))


def test_account_decides_for_a_member_whatever_the_browser_says(as_bob: Client) -> None:
    as_bob.cookies["keys"] = "off"
    assert not keys_are_off(Page(as_bob.get("/")))


def test_in_place_the_switch_comes_back_turned(as_alice: Client) -> None:
    answer = as_alice.post("/keys/", {"keys": "off"}, headers=HTMX)
    page = Page(answer)
    assert answer.status_code == 200
    assert page.is_fragment
    assert page.has('[data-js-switch="off"]')
    assert page.texts('button[value="on"][data-focus]') == ["Turn on"]
    assert page.texts("#status[hx-swap-oob]") == ["Single-key shortcuts are off."]


@pytest.mark.parametrize("odd", ["", "OFF", "maybe", "<b>"])
def test_odd_choice_is_refused_and_changes_nothing(as_alice: Client, alice: User, odd: str) -> None:
    answer = as_alice.post("/keys/", {"keys": odd})
    assert answer.status_code == 400
    assert "keys" not in answer.cookies
    alice.refresh_from_db()
    assert alice.keys
