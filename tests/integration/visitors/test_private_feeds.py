"""Private feeds: their secret addresses are shown once, and work until they are revoked."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from forum.actions.ignores import ignore_person
from forum.actions.posts import reply_to
from forum.actions.subscriptions import subscribe
from forum.actions.threads import start_thread
from forum.models import Board, FeedToken, Post, Subscription, User
from forum.models.feed_tokens import MAX_FEED_TOKENS
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from tests.html import Page

pytestmark = pytest.mark.django_db

ATOM = {"": "http://www.w3.org/2005/Atom", "at": "http://purl.org/atompub/tombstones/1.0"}


@pytest.fixture(autouse=True)
def site_url(settings) -> None:
    settings.SITE_URL = "http://testserver"


@pytest.fixture
def address(as_alice: Client, reply: Post) -> str:
    """Return the path of the feed of alice's inbox, in which bob's reply is."""
    page = Page(as_alice.post("/account/feeds/"))
    return page.find("#inbox-address")["value"].removeprefix("http://testserver")


def ids(client: Client, address: str) -> list[str]:
    feed = ET.fromstring(client.get(address).content)
    return [entry.findtext("id", "", ATOM) for entry in feed.iterfind("entry", ATOM)]


def test_it_has_the_posts_that_a_member_was_notified_of(
    visitor: Client, address: str, reply: Post, opening: Post, alice: User, bob: User, carol: User
) -> None:
    other = reply_to(reply, author=alice, source="Words of her own.")
    assert ids(visitor, address) == [f"tag:testserver,2026:/p/{reply.pk}"]
    mentioned = reply_to(other, author=carol, source="What do you think, @alice?")
    assert ids(visitor, address)[0] == f"tag:testserver,2026:/p/{mentioned.pk}"
    hide_post(reply, actor=carol, reason="Rude")
    response = visitor.get(address).content.decode()
    assert "stay wet all winter" not in response
    remove_thread(opening.thread, actor=carol, reason="Spam")
    assert ids(visitor, address) == []


def test_it_is_kept_and_indexed_nowhere(visitor: Client, address: str) -> None:
    response = visitor.get(address)
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex"
    secret = address.split("/")[2]
    assert secret not in visitor.get("/").content.decode()
    assert not FeedToken.objects.filter(token_hash__contains=secret).exists()


def test_its_address_is_shown_once(as_alice: Client, address: str) -> None:
    secret = address.split("/")[2]
    page = as_alice.get("/account/feeds/").content.decode()
    assert secret not in page
    assert "never used" in page


def test_the_last_use_is_shown_and_a_revoked_address_stops_working(
    visitor: Client, as_alice: Client, as_bob: Client, address: str
) -> None:
    visitor.get(address)
    assert "last used" in as_alice.get("/account/feeds/").content.decode()
    token = FeedToken.objects.get()
    assert as_bob.post(f"/account/feeds/{token.pk}/revoke/").status_code == 404
    assert visitor.get(address).status_code == 200
    as_alice.post(f"/account/feeds/{token.pk}/revoke/")
    assert visitor.get(address).status_code == 404


def test_it_ends_with_the_account(visitor: Client, address: str, alice: User) -> None:
    alice.is_active = False
    alice.save(update_fields=["is_active"])
    assert visitor.get(address).status_code == 404


def test_a_guess_finds_nothing(visitor: Client, address: str) -> None:
    for guess in ("x", "x" * 32, "0" * 500):
        assert visitor.get(f"/feeds/{guess}/inbox.atom").status_code == 404


def test_there_is_a_limit_of_addresses(as_alice: Client, alice: User) -> None:
    for _each in range(MAX_FEED_TOKENS):
        assert as_alice.post("/account/feeds/").status_code == 200
    assert as_alice.post("/account/feeds/").status_code == 409
    assert FeedToken.objects.filter(member=alice).count() == MAX_FEED_TOKENS


def test_posts_in_what_a_member_follows_are_in_a_feed_of_their_own(
    visitor: Client,
    address: str,
    board: Board,
    reply: Post,
    alice: User,
    bob: User,
    carol: User,
    django_user_model: type[User],
) -> None:
    following = address.replace("inbox.atom", "following.atom")
    Subscription.objects.all().delete()
    assert ids(visitor, following) == []
    other = start_thread(board, author=bob, title="Ivy", source="Ivy is green.")
    opening = Post.objects.opening_of(other.pk).get()
    subscribe(board, "follow", actor=alice)
    assert ids(visitor, following)[0] == f"tag:testserver,2026:/p/{opening.pk}"
    assert f"tag:testserver,2026:/p/{reply.pk}" in ids(visitor, following)

    subscribe(opening, "mute", actor=alice)
    assert f"tag:testserver,2026:/p/{opening.pk}" not in ids(visitor, following)
    ignore_person(bob, actor=alice)
    assert ids(visitor, following) == []
    own = reply_to(reply, author=alice, source="Words of her own.")
    late = reply_to(
        own,
        author=django_user_model.objects.create_user("fay", "fay@example.org", "x"),
        source="Late words.",
    )
    assert ids(visitor, following) == [f"tag:testserver,2026:/p/{late.pk}"]
    hide_post(late, actor=carol, reason="Rude")
    assert "Late words" not in visitor.get(following).content.decode()
