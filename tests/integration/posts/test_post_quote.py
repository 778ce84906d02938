"""Quoting without scripts, and whose words a quote is taken to be."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from forum.actions.drafts import Writing, save_draft
from forum.actions.posts import delete_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Post, User
from forum.models.drafts import Purpose
from forum.moderation.actions.post_hiding import hide_post


def composer(client: Client, post: Post, query: str) -> tuple[str, list[int]]:
    """The text and the sources of the composer that opens."""
    response = client.get(f"/p/{post.pk}/reply/?{query}")
    assert response.status_code == 200
    page = response.content.decode()
    text = re.search(r"<textarea[^>]*>\n(.*?)</textarea>", page, re.DOTALL)
    assert text
    sources = re.findall(r'name="quoted_post_ids" value="(\d+)"', page)
    return html.unescape(text[1]), [int(pk) for pk in sources]


@pytest.fixture
def other(opening: Post, carol: User) -> Post:
    return reply_to(opening, author=carol, source="@alice Lime wash *kills* it.\n\n> Does moss")


def test_quotes_of_several_posts_go_into_one_reply(
    as_alice: Client, opening: Post, reply: Post, other: Post
) -> None:
    text, sources = composer(as_alice, reply, f"quote=1&quote=p{other.pk}&quote=p{opening.pk}")
    assert text == (
        "> Only where the bricks stay wet all winter.\n\n"
        "> Lime wash kills it.\n\n"
        "> Does moss harm the bricks?\n\n"
    )
    assert sources == [reply.pk, other.pk, opening.pk]


def test_quote_is_added_to_what_was_kept(as_alice: Client, reply: Post, other: Post) -> None:
    as_alice.post(f"/p/{reply.pk}/reply/", {"source": "> Does moss harm the bricks?"})
    text, _sources = composer(as_alice, reply, f"quote=p{other.pk}")
    assert text == "> Does moss harm the bricks?\n\n> Lime wash kills it.\n\n"


def test_same_quote_is_not_added_twice(as_alice: Client, reply: Post, other: Post) -> None:
    text, sources = composer(as_alice, reply, f"quote=p{other.pk}&quote=p{other.pk}")
    assert text == "> Lime wash kills it.\n\n"
    assert sources == [other.pk]


def test_only_what_the_reader_may_read_is_quoted(
    as_alice: Client, as_carol: Client, reply: Post, other: Post, bob: User, carol: User
) -> None:
    hidden = reply_to(reply, author=bob, source="Buy my stones.")
    gone = reply_to(reply, author=bob, source="I take that back.")
    hide_post(hidden, actor=carol, reason="advertising")
    delete_post(gone, actor=bob)
    query = f"quote=p{hidden.pk}&quote=p{gone.pk}"
    assert composer(as_alice, other, query) == ("", [])
    assert composer(as_carol, other, query) == ("> Buy my stones.\n\n", [hidden.pk])


@pytest.mark.parametrize("asked", ["p0", "p99999999", "p" + "9" * 30, "x1", "2", "", "p1 OR 1=1"])
def test_what_is_no_post_is_not_quoted(as_alice: Client, reply: Post, asked: str) -> None:
    assert composer(as_alice, reply, f"quote={asked}") == ("", [])


def test_no_address_asks_for_more_than_a_post_can_hold(
    as_alice: Client, opening: Post, bob: User
) -> None:
    long = [reply_to(opening, author=bob, source=f"{n} " + "word " * 3900) for n in range(4)]
    query = "&".join(f"quote=p{post.pk}" for post in long)
    text, sources = composer(as_alice, opening, query)
    assert sources == [post.pk for post in long[:2]]
    assert len(text) < 40_100


def begin(parent: Post, member: User) -> None:
    save_draft(Purpose(parent_id=parent.pk), member=member, written=Writing("So far."))


def offers(client: Client, post: Post, query: str = "quote=1") -> dict[str, str]:
    """Other replies that the quote can be added to: to whom, and by which address."""
    page = client.get(f"/p/{post.pk}/reply/?{query}").content.decode()
    links = re.findall(r'href="([^"]+)">Add this quote to your reply to (\w+)<', page)
    return {name: html.unescape(address) for address, name in links}


def test_quote_is_offered_to_the_replies_begun_in_the_thread(
    as_alice: Client, alice: User, bob: User, opening: Post, reply: Post, other: Post
) -> None:
    begin(reply, alice)
    begin(other, bob)
    assert offers(as_alice, other) == {"bob": f"/p/{reply.pk}/reply/?quote=p{other.pk}"}
    query = f"quote=1&quote=p{opening.pk}"
    address = f"/p/{reply.pk}/reply/?quote=p{other.pk}&quote=p{opening.pk}"
    assert offers(as_alice, other, query) == {"bob": address}
    assert offers(as_alice, other, "") == {}, "there is no quote"
    assert offers(as_alice, reply) == {}, "it is this very reply"


def test_quote_is_offered_to_no_reply_to_what_was_removed(
    as_alice: Client, alice: User, carol: User, reply: Post, other: Post
) -> None:
    begin(reply, alice)
    hide_post(reply, actor=carol, reason="advertising")
    assert offers(as_alice, other) == {}


# -- Whose words ----------------------------------------------------------------------------------


def sources_of(post: Post) -> list[int]:
    return list(post.quotes.order_by("ordinal").values_list("source_post", flat=True))


def test_few_words_that_stand_in_several_posts_are_taken_in_turn(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    """Three posts say “the bricks”; the composer says in which order they were quoted."""
    third = reply_to(reply, author=carol, source="I would leave the bricks alone.")
    order = [third.pk, opening.pk, reply.pk, third.pk]
    source = "> the bricks\n\nA.\n\n> the bricks\n\nB.\n\n> the bricks\n\nC.\n\n> the bricks\n\nD."
    made = reply_to(opening, author=alice, source=source, quoted_post_ids=order)
    assert sources_of(made) == order


def test_quote_taken_out_again_takes_no_other_source(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    third = reply_to(reply, author=carol, source="Leave them alone.")
    made = reply_to(
        opening, author=alice, source="> them alone\n\nYes.", quoted_post_ids=[reply.pk, third.pk]
    )
    assert sources_of(made) == [third.pk]


def test_words_of_another_thread_name_it(
    opening: Post, board: Board, alice: User, bob: User, as_alice: Client
) -> None:
    thread = start_thread(board, author=bob, title="Elsewhere", source="Slate never has any.")
    far = Post.objects.get(thread=thread)
    text, sources = composer(as_alice, opening, f"quote=p{far.pk}")
    made = reply_to(opening, author=alice, source=f"{text}True?", quoted_post_ids=sources)
    assert sources_of(made) == [far.pk]
