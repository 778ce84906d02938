"""Pressing a button that a page shows, with the fields of its form, as a browser does."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client


@dataclass
class Form:
    """A form of a page: where it goes, its fields as they stand, and its submit buttons by text."""

    action: str
    fields: dict[str, Any] = field(default_factory=dict)
    buttons: dict[str, dict[str, str]] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)  # of each select


class _Forms(HTMLParser):
    """Collect the forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._in_form = False
        self._select = ""
        self._open: tuple[str, dict[str, str]] | None = None  # a textarea or button being read
        self._text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
            self._in_form = True
        elif not self._in_form:
            return
        elif tag == "input":
            self._add_input(given)
        elif tag == "select":
            self._select = given.get("name", "")
        elif tag == "option":
            self._add_option(given)
        elif tag in ("textarea", "button"):
            self._open, self._text = (tag, given), ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._in_form = False
        elif self._open and tag == self._open[0]:
            given, self._open = self._open[1], None
            if tag == "button":
                self._add_button(self._text.strip(), given)
            else:
                self.forms[-1].fields[given["name"]] = self._text.removeprefix("\n")

    def _add_input(self, given: dict[str, str]) -> None:
        kind = given.get("type", "text")
        if kind == "submit":
            self._add_button(given.get("value", ""), given)
        elif "name" in given and (kind not in ("checkbox", "radio") or "checked" in given):
            self.forms[-1].fields[given["name"]] = given.get("value", "")

    def _add_option(self, given: dict[str, str]) -> None:
        value = given.get("value", "")
        self.forms[-1].options.setdefault(self._select, []).append(value)
        if "selected" in given:
            self.forms[-1].fields[self._select] = value

    def _add_button(self, text: str, given: dict[str, str]) -> None:
        name = given.get("name")
        self.forms[-1].buttons[text] = {name: given.get("value", "")} if name else {}


def forms_in(response: HttpResponse) -> list[Form]:
    """Return the forms of this page, in order."""
    return _Forms(response.content.decode()).forms


def press(client: Client, page: str, button: str, **fields: Any) -> HttpResponse:
    """Open `page`, fill in `fields` and press `button`; fail when the page has no such button."""
    response = client.get(page)
    assert response.status_code == 200, (page, response.status_code)
    return press_in(client, response, button, **fields)


def press_in(client: Client, response: HttpResponse, button: str, **fields: Any) -> HttpResponse:
    """Fill in `fields` in a page that was just answered and press `button`."""
    forms = forms_in(response)
    form = next((form for form in forms if button in form.buttons), None)
    assert form, f"no button {button!r} among {[list(form.buttons) for form in forms]}"
    sent = form.fields | fields | form.buttons[button]
    return client.post(form.action or response.request["PATH_INFO"] + _query(response), sent)


def _query(response: HttpResponse) -> str:
    query = response.request["QUERY_STRING"]
    return f"?{query}" if query else ""
