"""Response to a reply posted in place: the reply, and its position after a reload."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, User

HTMX = {"hx-request": "true"}


def post_reply(client: Client, parent: Post, source: str = "So it is.", page: str = "") -> str:
    headers = HTMX | {"hx-current-url": f"http://testserver/t/1/{page}"}
    response = client.post(f"/p/{parent.pk}/reply/", {"source": source}, headers=headers)
    assert response.status_code == 201
    return response.content.decode()


def status_of(html: str) -> str:
    """Return what the script says, if it cannot move the reply to its place."""
    found = re.search(r'<div id="status"[^>]*>\s*<span[^>]*>(.*?)</span>', html, re.DOTALL)
    later = re.search(r'data-js-posted="([^"]*)"', html)
    assert found
    assert later
    return later[1] or found[1].strip()


def place_in(html: str) -> tuple[str, str]:
    """Return the ids of the parent and of the post before the reply."""
    found = re.search(r'data-parent="(\d+)" data-after="(\d*)"', html)
    assert found
    return found[1], found[2]


@pytest.mark.parametrize(
    ("page", "to_opening", "to_reply"),
    [
        (
            "",
            "After you reload, it appears after 1 older reply",
            "After you reload, it appears after 2 older replies",
        ),
        ("?order=newest", "", "After you reload, it appears after 2 older replies"),
        ("?order=active", "", "After you reload, it appears after 2 older replies"),
        ("?order=time", "After you reload, it appears last", "After you reload, it appears last"),
    ],
)
def test_response_says_where_the_reply_appears_after_a_reload(
    as_alice: Client,
    opening: Post,
    reply: Post,
    bob: User,
    page: str,
    to_opening: str,
    to_reply: str,
) -> None:
    for n in range(3):
        deleted = reply_to(reply, author=bob, source=f"Number {n}.")
    delete_post(deleted, actor=bob)
    for parent, later in ((opening, to_opening), (reply, to_reply)):
        status = status_of(post_reply(as_alice, parent, page=page))
        assert status == (f"Posted. {later}." if later else "Posted.")


def test_response_says_after_which_post_the_reply_is(
    as_alice: Client, opening: Post, reply: Post, bob: User
) -> None:
    older = reply_to(reply, author=bob, source="Older.")
    below = reply_to(older, author=bob, source="Below it.")
    delete_post(reply_to(reply, author=bob, source="Deleted."), actor=bob)
    assert place_in(post_reply(as_alice, reply)) == (str(reply.pk), str(below.pk))
    last = Post.objects.order_by("pk").last()
    assert place_in(post_reply(as_alice, opening)) == (str(opening.pk), str(last.pk))


def test_first_reply_to_a_post_stays_in_place(as_alice: Client, reply: Post) -> None:
    html = post_reply(as_alice, reply)
    assert status_of(html) == "Posted."
    assert "<summary>1 reply from alice</summary>" in html, "a handle, as the page would have it"
    first_reply = Post.objects.get(parent=reply)
    assert "<summary>" not in post_reply(as_alice, first_reply), "none inside a chain"


@pytest.mark.parametrize("page", ["?order=nonsense", "?%ff=%00", "?" + "&" * 2000])
def test_any_address_of_the_current_page_is_accepted(
    as_alice: Client, reply: Post, page: str
) -> None:
    assert status_of(post_reply(as_alice, reply, page=page)) == "Posted."
