"""What follows in a page from a reply that was posted there: sent with it, to be put in place."""

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
    return re.search(r'<div id="status"[^>]*>(.*?)</div>', html, re.DOTALL)[1].strip()  # type: ignore[index]


def test_its_line_for_the_outline_comes_with_it(as_alice: Client, reply: Post) -> None:
    html = post_reply(as_alice, reply, "<b>Not</b> & so")
    made = Post.objects.get(parent=reply)
    assert f'data-under="p{reply.pk}"' in html
    assert f'<a href="#p{made.pk}"><b>alice</b> <bdi>&lt;b&gt;Not&lt;/b&gt; &amp; so' in html


def test_what_it_quotes_says_so_wherever_the_two_stand(
    as_alice: Client, opening: Post, reply: Post, bob: User, carol: User
) -> None:
    lime = reply_to(opening, author=carol, source="Lime wash kills it, for a year at least.")
    earlier = reply_to(reply, author=bob, source=f"> {lime.source}\n\nYes.")
    html = post_reply(as_alice, reply, f"> {lime.source}\n\nNo.")
    made = Post.objects.get(parent=reply, author__username="alice")
    part = html.partition(f'data-source="p{lime.pk}"')[2]
    assert part.startswith(f' data-by="p{earlier.pk} p{made.pk}"')
    for words in ("Answered below by", "Answered above by", "Also answered by"):
        assert words in part
    assert "Quoted by" not in part, "all who quote it are named"


def test_quoting_what_it_answers_is_counted_there(as_alice: Client, reply: Post) -> None:
    html = post_reply(as_alice, reply, f"> {reply.source}\n\nNo.")
    part = html.partition(f'data-source="p{reply.pk}"')[2]
    assert "Quoted by 1" in part
    assert "Answered" not in part


def test_removed_sources_are_not_told_of(
    as_alice: Client, opening: Post, reply: Post, carol: User
) -> None:
    lime = reply_to(opening, author=carol, source="Lime wash kills it, for a year at least.")
    delete_post(lime, actor=carol)
    html = post_reply(as_alice, reply, f"> {lime.source}\n\nNo.")
    assert "data-source" not in html


@pytest.mark.parametrize(
    ("page", "to_opening", "to_reply"),
    [
        ("", "It sits after 1 older reply when", "It sits after 2 older replies when"),
        ("?order=newest", "", "It sits after 2 older replies when"),
        ("?order=active", "", "It sits after 2 older replies when"),
        ("?order=time", "By time it stands last when", "By time it stands last when"),
    ],
)
def test_where_it_will_stand_is_said_in_every_order(
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
        said = status_of(post_reply(as_alice, parent, page=page))
        assert said == (f"Posted. {later} you reload." if later else "Posted.")


def test_where_it_is_the_first_answer_it_stays(as_alice: Client, reply: Post) -> None:
    html = post_reply(as_alice, reply)
    assert status_of(html) == "Posted."
    assert "<summary>1 reply from alice</summary>" in html, "a handle, as the page would have it"
    made = Post.objects.get(parent=reply)
    assert "<summary>" not in post_reply(as_alice, made), "none inside a chain"


@pytest.mark.parametrize("page", ["?order=nonsense", "?%ff=%00", "?" + "&" * 2000])
def test_any_address_of_the_page_is_taken(as_alice: Client, reply: Post, page: str) -> None:
    assert status_of(post_reply(as_alice, reply, page=page)) == "Posted."
