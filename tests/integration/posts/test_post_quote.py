"""Quoting without scripts, and finding the sources of quotes."""

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


def open_composer(client: Client, post: Post, query: str) -> tuple[str, list[int]]:
    """Open the composer and return its text and the ids of the quoted posts."""
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


def test_reply_can_quote_several_posts(
    as_alice: Client, opening: Post, reply: Post, other: Post
) -> None:
    text, sources = open_composer(as_alice, reply, f"quote=1&quote=p{other.pk}&quote=p{opening.pk}")
    assert text == (
        "> Only where the bricks stay wet all winter.\n\n"
        "> Lime wash *kills* it.\n\n"
        "> Does moss harm the bricks?\n\n"
    )
    assert sources == [reply.pk, other.pk, opening.pk]


def test_quote_of_a_post_leaves_out_a_quote_in_its_middle(
    as_alice: Client, reply: Post, alice: User, bob: User
) -> None:
    source = "One.\n\n> Does moss harm the bricks?\n\nTwo.\nThree."
    middle = reply_to(reply, author=bob, source=source)
    text, sources = open_composer(as_alice, middle, "quote=1")
    assert text == "> One.\n\n> Two.\n> Three.\n\n"
    assert sources == [middle.pk, middle.pk]
    made = reply_to(middle, author=alice, source=f"{text}So?", quoted_post_ids=sources)
    assert source_ids_of(made) == [middle.pk, middle.pk]


def test_quote_is_added_to_the_draft(as_alice: Client, reply: Post, other: Post) -> None:
    as_alice.post(f"/p/{reply.pk}/reply/", {"source": "> Does moss harm the bricks?"})
    text, _sources = open_composer(as_alice, reply, f"quote=p{other.pk}")
    assert text == "> Does moss harm the bricks?\n\n> Lime wash *kills* it.\n\n"


def test_same_quote_is_not_added_twice(as_alice: Client, reply: Post, other: Post) -> None:
    text, sources = open_composer(as_alice, reply, f"quote=p{other.pk}&quote=p{other.pk}")
    assert text == "> Lime wash *kills* it.\n\n"
    assert sources == [other.pk]


def test_only_readable_posts_are_quoted(
    as_alice: Client, as_carol: Client, reply: Post, other: Post, bob: User, carol: User
) -> None:
    hidden = reply_to(reply, author=bob, source="Buy my stones.")
    deleted = reply_to(reply, author=bob, source="I take that back.")
    hide_post(hidden, actor=carol, reason="advertising")
    delete_post(deleted, actor=bob)
    query = f"quote=p{hidden.pk}&quote=p{deleted.pk}"
    assert open_composer(as_alice, other, query) == ("", [])
    assert open_composer(as_carol, other, query) == ("> Buy my stones.\n\n", [hidden.pk])


@pytest.mark.parametrize("asked", ["p0", "p99999999", "p" + "9" * 30, "x1", "2", "", "p1 OR 1=1"])
def test_invalid_post_ids_are_not_quoted(as_alice: Client, reply: Post, asked: str) -> None:
    assert open_composer(as_alice, reply, f"quote={asked}") == ("", [])


def test_quotes_that_do_not_fit_into_a_post_are_left_out(
    as_alice: Client, opening: Post, bob: User
) -> None:
    long = [reply_to(opening, author=bob, source=f"{n} " + "word " * 3900) for n in range(4)]
    query = "&".join(f"quote=p{post.pk}" for post in long)
    text, sources = open_composer(as_alice, opening, query)
    assert sources == [post.pk for post in long[:2]]
    assert len(text) < 40_100


def save_reply_draft(parent: Post, member: User) -> None:
    save_draft(Purpose(parent_id=parent.pk), member=member, written=Writing("So far."))


def draft_links(client: Client, post: Post, query: str = "quote=1") -> dict[str, str]:
    """Return the addresses of drafts to which the quote can be added, by the parent’s author."""
    page = client.get(f"/p/{post.pk}/reply/?{query}").content.decode()
    links = re.findall(r'href="([^"]+)">Add this quote to your reply to (\w+)<', page)
    return {name: html.unescape(address) for address, name in links}


def test_quote_can_be_added_to_other_drafts_in_the_thread(
    as_alice: Client, alice: User, bob: User, opening: Post, reply: Post, other: Post
) -> None:
    save_reply_draft(reply, alice)
    save_reply_draft(other, bob)
    assert draft_links(as_alice, other) == {"bob": f"/p/{reply.pk}/reply/?quote=p{other.pk}"}
    query = f"quote=1&quote=p{opening.pk}"
    address = f"/p/{reply.pk}/reply/?quote=p{other.pk}&quote=p{opening.pk}"
    assert draft_links(as_alice, other, query) == {"bob": address}
    assert draft_links(as_alice, other, "") == {}, "there is no quote"
    assert draft_links(as_alice, reply) == {}, "it is this very reply"


def test_quote_cannot_be_added_to_a_draft_of_a_reply_to_a_hidden_post(
    as_alice: Client, alice: User, carol: User, reply: Post, other: Post
) -> None:
    save_reply_draft(reply, alice)
    hide_post(reply, actor=carol, reason="advertising")
    assert draft_links(as_alice, other) == {}


# -- Sources --------------------------------------------------------------------------------------


def source_ids_of(post: Post) -> list[int]:
    return list(post.quotes.order_by("ordinal").values_list("source_post", flat=True))


def test_words_found_in_several_posts_get_sources_in_the_order_of_quoting(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    """Three posts contain “the bricks”; the composer states the order in which they were quoted."""
    third = reply_to(reply, author=carol, source="I would leave the bricks alone.")
    order = [third.pk, opening.pk, reply.pk, third.pk]
    source = "> the bricks\n\nA.\n\n> the bricks\n\nB.\n\n> the bricks\n\nC.\n\n> the bricks\n\nD."
    new_post = reply_to(opening, author=alice, source=source, quoted_post_ids=order)
    assert source_ids_of(new_post) == order


def test_removed_quote_does_not_change_the_source_of_another(
    opening: Post, reply: Post, alice: User, carol: User
) -> None:
    third = reply_to(reply, author=carol, source="Leave them alone.")
    new_post = reply_to(
        opening, author=alice, source="> them alone\n\nYes.", quoted_post_ids=[reply.pk, third.pk]
    )
    assert source_ids_of(new_post) == [third.pk]


def test_quote_from_another_thread_has_its_source(
    opening: Post, board: Board, alice: User, bob: User, as_alice: Client
) -> None:
    thread = start_thread(board, author=bob, title="Elsewhere", source="Slate never has any.")
    distant_post = Post.objects.get(thread=thread)
    text, sources = open_composer(as_alice, opening, f"quote=p{distant_post.pk}")
    new_post = reply_to(opening, author=alice, source=f"{text}True?", quoted_post_ids=sources)
    assert source_ids_of(new_post) == [distant_post.pk]
