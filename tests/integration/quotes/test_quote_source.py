"""Source page of a quote: the words in context, or the changes since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.models import Post, Revision, User
from forum.moderation.actions.post_hiding import hide_post
from tests.html import Page

TEXT = "Only where the bricks stay wet all winter."
HTMX = {"hx-request": "true"}


@pytest.fixture
def source(reply: Post, bob: User) -> Post:
    """Return a post with text before and after the quoted words."""
    for revision in Revision.objects.filter(post=reply):
        revision.created_at -= timedelta(hours=1)
        revision.save(update_fields=["created_at"])
    edit_post(reply, actor=bob, source=f"I have looked. {TEXT} Believe me.\n\nAnd more.")
    return reply


@pytest.fixture
def quoting(source: Post, alice: User) -> Post:
    return reply_to(source, author=alice, source=f"> {TEXT}\n\nMine never do.")


def address(post: Post, ordinal: int = 0) -> str:
    return f"/p/{post.pk}/quote/{ordinal}/"


def open_page(client: Client, url: str, status: int = 200, **kwargs: object) -> Page:
    response = client.get(url, **kwargs)
    assert response.status_code == status
    return Page(response)


def test_page_shows_the_paragraph_with_the_words_marked(visitor: Client, quoting: Post) -> None:
    page = open_page(visitor, address(quoting))
    assert f"I have looked. {TEXT} Believe me." in page
    assert page.texts("mark") == [TEXT]
    assert "And more" not in page.html
    place = f"#p{quoting.parent_id}:~:text=Only%20where"
    assert any(place in address for address in page.addresses)
    assert "bob’s text in context" in page


def test_fragment_has_a_label_and_takes_focus(visitor: Client, quoting: Post) -> None:
    page = open_page(visitor, address(quoting), headers=HTMX)
    assert page.is_fragment
    part = page.find('.quote-context[role="group"][data-focus]')
    assert part["aria-label"] == "bob’s text in context"
    assert part["tabindex"] == "-1"


def test_caption_links_to_the_source_page(visitor: Client, quoting: Post) -> None:
    page = open_page(visitor, quoting.thread.get_absolute_url())
    link = page.link("Show context, quoted from bob")
    assert link["href"] == address(quoting)
    assert "data-js-peek" in link.attributes


def test_page_shows_the_changes_of_the_source(visitor: Client, quoting: Post, bob: User) -> None:
    edit_post(quoting.parent, actor=bob, source="I have looked. Only where it is dry. Believe me.")
    page = open_page(visitor, address(quoting))
    assert "bob’s text then and now" in page
    assert page.texts("ins") == ["added: it is dry."]
    assert "And more" not in page.html, "of another paragraph"
    assert "Show current text" in open_page(visitor, quoting.thread.get_absolute_url())


def test_page_shows_how_the_quote_was_altered(visitor: Client, source: Post, alice: User) -> None:
    altered = TEXT.replace("wet", "dry")
    post = reply_to(source, author=alice, source=f"> {altered}\n\nHa.", quoted_post_ids=[source.pk])
    page = open_page(visitor, address(post))
    assert "bob’s text and how alice quoted it" in page
    assert page.texts("del") == ["removed: wet"]
    assert page.texts("ins") == ["added: dry"]
    thread = open_page(visitor, post.thread.get_absolute_url())
    assert "Altered in the quote" in thread
    assert "Show original" in thread


def test_context_leaves_out_words_that_the_source_quotes(
    visitor: Client, opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    middle = reply_to(
        reply, author=alice, source=f"This is the beginning.\n\n> {TEXT}\n\nThis was the very end."
    )
    words = "This is the beginning. […] This was the very end."
    post = reply_to(middle, author=bob, source=f"> {words}\n\nIndeed.")
    hide_post(reply, actor=carol, reason="wrong")
    page = open_page(visitor, address(post))
    assert "This is the beginning." in page.texts("mark")
    assert "[a quote]" in page
    assert "bricks" not in page.html


@pytest.mark.parametrize("removed", ["hidden", "deleted"])
def test_source_that_was_hidden_or_deleted_returns_404(
    visitor: Client, as_bob: Client, quoting: Post, bob: User, carol: User, removed: str
) -> None:
    assert quoting.parent
    if removed == "hidden":
        hide_post(quoting.parent, actor=carol, reason="wrong")
    else:
        delete_post(quoting.parent, actor=bob)
    open_page(visitor, address(quoting), 404)
    open_page(as_bob, address(quoting), 200 if removed == "hidden" else 404)


def test_hidden_quoting_post_redirects_to_its_tombstone(
    visitor: Client, quoting: Post, carol: User
) -> None:
    hide_post(quoting, actor=carol, reason="wrong")
    response = visitor.get(address(quoting))
    assert (response.status_code, response["Location"]) == (302, f"/p/{quoting.pk}/")


@pytest.mark.parametrize("ordinal", [1, 9, 10**30])
def test_missing_quote_returns_404(visitor: Client, quoting: Post, ordinal: int) -> None:
    open_page(visitor, address(quoting, ordinal), 404)


def test_page_needs_four_queries(visitor: Client, quoting: Post) -> None:
    with CaptureQueriesContext(
        connection,
    ) as captured:
        open_page(visitor, address(quoting))
    statements = [query["sql"] for query in captured.captured_queries]
    assert sum(sql.startswith("SELECT ") and "set_config" not in sql for sql in statements) == 4
