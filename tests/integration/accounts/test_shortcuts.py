"""Single-key shortcuts: listed on a help page, and turned off in the account or the browser."""

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


def test_page_lists_every_shortcut(visitor: Client) -> None:
    page = Page(visitor.get("/help/keys/"))
    labels = {
        label for group in SHORTCUTS for shortcut in group.shortcuts for label in shortcut.labels
    }
    assert {"j", "Shift n", "[", "Esc", "Ctrl Enter"} <= labels
    assert labels <= set(page.texts("kbd"))


def test_script_receives_the_keys_and_implements_their_actions(visitor: Client) -> None:
    page = Page(visitor.get("/"))
    script_element = page.find("script#key-map")
    assert script_element["type"] == "application/json"
    assert json.loads(script_element.source) == KEY_MAP
    script = (ROOT / "static/js/keys.js").read_text()
    actions = {action for keys in KEY_MAP.values() for action in keys.values()}
    implemented = set(re.findall(r"^  (\w+): ", script, re.MULTILINE))
    assert actions - implemented == {"show_keys", "search"}
    assert implemented <= actions


def test_member_turns_shortcuts_off_on_every_device(
    as_alice: Client, alice: User, reply: Post
) -> None:
    assert as_alice.post("/keys/", {"keys": "off"})["Location"] == "/help/keys/"
    alice.refresh_from_db()
    assert not alice.keys
    other_device = Client()
    other_device.force_login(alice)
    page = Page(other_device.get(reply.thread.get_absolute_url()))
    assert keys_are_off(page)
    assert not page.has("div.keys")
    assert "Single-key shortcuts are off." in Page(other_device.get("/account/settings/"))
    other_device.post("/keys/", {"keys": "on"})
    assert not keys_are_off(Page(other_device.get("/")))


def test_visitor_turns_shortcuts_off_in_this_browser(visitor: Client, reply: Post) -> None:
    assert not keys_are_off(Page(visitor.get("/")))
    response = visitor.post("/keys/", {"keys": "off"})
    assert response.cookies["keys"]["samesite"] == "Lax"
    assert keys_are_off(Page(visitor.get("/")))
    assert not keys_are_off(Page(Client().get("/")))
    visitor.post("/keys/", {"keys": "on"})
    assert not keys_are_off(Page(visitor.get("/")))


def test_account_setting_overrides_the_cookie(as_bob: Client) -> None:
    as_bob.cookies["keys"] = "off"
    assert not keys_are_off(Page(as_bob.get("/")))


def test_htmx_swaps_the_switch(as_alice: Client) -> None:
    response = as_alice.post("/keys/", {"keys": "off"}, headers=HTMX)
    page = Page(response)
    assert response.status_code == 200
    assert page.is_fragment
    assert page.has('[data-js-switch="off"]')
    assert page.texts('button[value="on"][data-focus]') == ["Turn on"]
    assert page.texts("#status[hx-swap-oob]") == ["Single-key shortcuts are off."]


@pytest.mark.parametrize("odd", ["", "OFF", "maybe", "<b>"])
def test_invalid_choice_is_refused_and_changes_nothing(
    as_alice: Client, alice: User, odd: str
) -> None:
    response = as_alice.post("/keys/", {"keys": odd})
    assert response.status_code == 400
    assert "keys" not in response.cookies
    alice.refresh_from_db()
    assert alice.keys
