"""Giving a draft up, and taking that back."""

from __future__ import annotations

import re

from django.test import Client

from forum.models import Draft, Post, User
from tests.integration.drafts.conftest import HTMX, Composer, address_of, kept

WORDS = "Bricks breathe, moss or no moss."


def test_discarding_in_the_composer_can_be_undone(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    response = composer.send(WORDS, "discard")
    assert response.status_code == 302
    assert kept(alice) == []
    page = as_alice.get(response["Location"]).content.decode()
    assert "Draft discarded." in page
    undo = re.search(r'action="(/drafts/\d+/back/)"', page)
    assert undo
    back = as_alice.post(undo[1])
    assert back["Location"] == address_of(reply)
    assert kept(alice) == [WORDS]
    assert f"{WORDS}</textarea>" in as_alice.get(back["Location"]).content.decode()


def test_discarding_with_htmx_leaves_the_way_back_in_its_place(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    fields = composer.fields | {"source": WORDS, "do": "discard"}
    html = as_alice.post(address_of(reply), fields, headers=HTMX).content.decode()
    assert "Draft discarded." in html
    draft = Draft.objects.get()
    response = as_alice.post(f"/drafts/{draft.pk}/back/", headers=HTMX, follow=True)
    assert f"{WORDS}</textarea>" in response.content.decode()


def test_discarding_nothing_goes_back(composer: Composer, reply: Post) -> None:
    response = composer.send("", "discard")
    assert response.status_code == 302
    assert response["Location"].endswith(f"#p{reply.pk}")
    assert not Draft.objects.exists()


def test_discarding_what_another_device_changed_shows_it_first(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    Composer(as_alice, address_of(reply)).save("From the phone.")
    response = composer.send("From the desk.", "discard")
    assert response.status_code == 409
    assert kept(alice) == ["From the phone."]


def test_discarding_where_it_is_offered(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    composer.save(WORDS)
    draft = Draft.objects.get()
    thread = reply.thread.get_absolute_url()
    assert f'formaction="/drafts/{draft.pk}/discard/"' in as_alice.get(thread).content.decode()
    response = as_alice.post(f"/drafts/{draft.pk}/discard/")
    assert response["Location"] == f"/p/{reply.pk}/"
    assert "6 words" not in as_alice.get(thread).content.decode()
    from_list = as_alice.post(f"/drafts/{draft.pk}/discard/", {"list": "1"})
    assert from_list["Location"] == "/drafts/"


def test_nobody_else_finds_it(composer: Composer, as_bob: Client, alice: User) -> None:
    composer.save(WORDS)
    pk = Draft.objects.get().pk
    for deed in ("discard", "back"):
        assert as_bob.post(f"/drafts/{pk}/{deed}/").status_code == 404
        assert as_bob.get(f"/drafts/{pk}/{deed}/").status_code == 405
        assert Client().post(f"/drafts/{pk}/{deed}/").status_code == 401
    assert kept(alice) == [WORDS]
