"""Search finds a member's own pending posts, and nobody else's."""

from __future__ import annotations

from django.test import Client

from forum.models import Board, PendingPost, User
from tests.html import Page
from tests.integration.pending_posts.conftest import hold


def pending_posts_found(client: Client, text: str) -> list[str]:
    page = Page(client.get("/search/", {"q": text}))
    return page.texts('[aria-labelledby="pending"] .last-post')


def test_authors_find_their_pending_posts_by_words_and_titles(
    board: Board, pending: PendingPost, bob: User, as_bob: Client
) -> None:
    hold(bob, board_id=board.pk, title="Slot machines", source="A casino of slots.")
    assert pending_posts_found(as_bob, "casino") == ["A casino of slots.", pending.excerpt]
    assert pending_posts_found(as_bob, "slot machine") == ["A casino of slots."]
    assert pending_posts_found(as_bob, "casino -slots") == [pending.excerpt]
    assert pending_posts_found(as_bob, "moss") == []


def test_others_do_not_find_pending_posts(
    pending: PendingPost, visitor: Client, as_alice: Client, as_carol: Client
) -> None:
    for client in (visitor, as_alice, as_carol):
        assert "No posts match." in Page(client.get("/search/", {"q": "casino"})).find(".lead").text
        assert pending_posts_found(client, "casino") == []
