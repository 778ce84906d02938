"""A composer that sends forms as a browser does, and helpers for draft tests."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from forum.models import Draft, Post, User

HTMX = {"hx-request": "true"}


class Composer:
    """A form at an address, open in one browser; it keeps the fields that the page gave it."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address = client, address
        self.fields = {"nonce": str(uuid4())}
        self.autosave_seq = 0

    def open(self) -> str:
        response = self.client.get(self.address)
        return self._learn(response)

    def send(self, source: str, do: str = "", **other_fields: Any) -> HttpResponse:
        fields = self.fields | {"source": source, "do": do} | other_fields
        response = self.client.post(self.address, fields)
        self._learn(response)
        return response

    def save(self, source: str) -> HttpResponse:
        """Send an autosave, as the script does a second after the last key."""
        self.autosave_seq += 1
        return self.send(source, "save", autosave_seq=self.autosave_seq)

    def _learn(self, response: HttpResponse) -> str:
        html = response.content.decode()
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html)
        self.fields |= {name: value for name, value in hidden if name != "csrfmiddlewaretoken"}
        return html


def address_of(post: Post) -> str:
    return f"/p/{post.pk}/reply/"


def draft_texts(member: User) -> list[str]:
    """Return the texts of a member's drafts, the latest first."""
    return [draft.source for draft in Draft.objects.of_member(member).kept().latest()]


@pytest.fixture
def composer(as_alice: Client, reply: Post) -> Composer:
    """Return alice's open composer for a reply to bob."""
    composer = Composer(as_alice, address_of(reply))
    composer.open()
    return composer
