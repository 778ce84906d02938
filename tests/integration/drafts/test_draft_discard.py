"""Discarding drafts, and undoing that."""

from __future__ import annotations

import re

from django.test import Client

from forum.models import Draft, Post, User
from tests.integration.drafts.conftest import HTMX, Composer, address_of, draft_texts

TEXT = "Bricks breathe, moss or no moss."


def test_discarding_in_the_composer_can_be_undone(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    response = composer.send(TEXT, "discard")
    assert response.status_code == 302
    assert draft_texts(alice) == []
    page = as_alice.get(response["Location"]).content.decode()
    assert "Draft discarded." in page
    undo = re.search(r'action="(/drafts/\d+/back/)"', page)
    assert undo
    response_of_undo = as_alice.post(undo[1])
    assert response_of_undo["Location"] == address_of(reply)
    assert draft_texts(alice) == [TEXT]
    assert f"{TEXT}</textarea>" in as_alice.get(response_of_undo["Location"]).content.decode()


def test_discarding_with_htmx_can_be_undone(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    fields = composer.fields | {"source": TEXT, "do": "discard"}
    html = as_alice.post(address_of(reply), fields, headers=HTMX).content.decode()
    assert "Draft discarded." in html
    draft = Draft.objects.get()
    response = as_alice.post(f"/drafts/{draft.pk}/back/", headers=HTMX, follow=True)
    assert f"{TEXT}</textarea>" in response.content.decode()


def test_discarding_nothing_redirects_to_the_parent_post(composer: Composer, reply: Post) -> None:
    response = composer.send("", "discard")
    assert response.status_code == 302
    assert response["Location"].endswith(f"#p{reply.pk}")
    assert not Draft.objects.exists()


def test_discarding_a_draft_that_another_device_changed_is_a_conflict(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    Composer(as_alice, address_of(reply)).save("From the phone.")
    response = composer.send("From the desk.", "discard")
    assert response.status_code == 409
    assert draft_texts(alice) == ["From the phone."]


def test_draft_is_discarded_from_the_thread_and_from_the_list(
    composer: Composer, as_alice: Client, alice: User, reply: Post
) -> None:
    composer.save(TEXT)
    draft = Draft.objects.get()
    thread = reply.thread.get_absolute_url()
    assert f'formaction="/drafts/{draft.pk}/discard/"' in as_alice.get(thread).content.decode()
    response = as_alice.post(f"/drafts/{draft.pk}/discard/")
    assert response["Location"] == f"/p/{reply.pk}/"
    assert "6 words" not in as_alice.get(thread).content.decode()
    response_in_list = as_alice.post(f"/drafts/{draft.pk}/discard/", {"list": "1"})
    assert response_in_list["Location"] == "/drafts/"


def test_members_cannot_discard_or_restore_drafts_of_others(
    composer: Composer, as_bob: Client, alice: User
) -> None:
    composer.save(TEXT)
    pk = Draft.objects.get().pk
    for action in ("discard", "back"):
        assert as_bob.post(f"/drafts/{pk}/{action}/").status_code == 404
        assert as_bob.get(f"/drafts/{pk}/{action}/").status_code == 405
        assert Client().post(f"/drafts/{pk}/{action}/").status_code == 401
    assert draft_texts(alice) == [TEXT]
