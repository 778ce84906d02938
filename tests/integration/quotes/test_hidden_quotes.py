"""Quotes of hidden or deleted posts: the words are shown nowhere, but remain stored."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.models import Post, Revision, User
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.html import Page, press

TEXT = "Only where the bricks stay wet all winter."
FIRST_VERSION = f"> {TEXT}\n>\n> > Inside of it.\n\nMine *never* do."
SECOND_VERSION = f"And now:\n\n> {TEXT}\n\nMine *never* did."
HTMX = {"hx-request": "true"}


def delete_by_author(post: Post, carol: User) -> None:
    delete_post(post, actor=post.author)


def hide(post: Post, carol: User) -> None:
    hide_post(post, actor=carol, reason="an address")


@pytest.fixture
def quoting(reply: Post, alice: User, bob: User) -> Post:
    """Write a post of alice's that quotes bob, and edit it so that both revisions are kept."""
    post = reply_to(reply, author=alice, source=FIRST_VERSION)
    reply_to(post, author=bob, source="I see.")
    edit_post(post, actor=alice, source=SECOND_VERSION)
    assert Revision.objects.filter(post=post).count() == 2
    return post


@pytest.mark.slow
@pytest.mark.parametrize("remove", [delete_by_author, hide])
def test_quoted_words_are_hidden_on_all_pages(
    quoting: Post, carol: User, as_alice: Client, remove: Callable[[Post, User], None]
) -> None:
    assert quoting.parent
    remove(quoting.parent, carol)
    page = f"/p/{quoting.pk}/"
    addresses = [
        quoting.thread.get_absolute_url(),
        f"{quoting.thread.get_absolute_url()}?order=time",
        *(f"{page}{name}/" for name in ("reply", "history", "menu", "delete", "branch", "quoted")),
        f"{page}history/?since={quoting.number}",
        f"{page}reply/?quote=1",
        f"/t/{quoting.thread_id}/map/",
        "/u/alice/",
        "/inbox/",
        "/",
    ]
    data = {"source": f"{SECOND_VERSION} Still.", "do": "preview"}
    for headers in ({}, HTMX):
        for address in addresses:
            assert TEXT not in as_alice.get(address, headers=headers).content.decode(), address
        preview = Page(as_alice.post(f"{page}edit/", data, headers=headers))
        assert "Mine never did. Still." in preview
        assert TEXT not in preview.texts("p")
        assert "bob wrote this in a removed post" in preview


def test_quoted_words_are_hidden_in_the_admin_and_on_moderation_pages(
    quoting: Post, carol: User, as_carol: Client
) -> None:
    assert quoting.parent
    delete_by_author(quoting.parent, carol)
    for address in (
        *(f"/p/{quoting.pk}/{name}/" for name in ("hide", "history", "report")),
        *(f"/admin/forum/post/{name}" for name in ("", f"{quoting.pk}/change/", "?q=Mine")),
        f"/moderate/post/hide/?id={quoting.pk}",
    ):
        assert TEXT not in as_carol.get(address).content.decode(), address
    assert "[a quote]" in Page(as_carol.get(f"/p/{quoting.pk}/hide/"))


def test_forms_mask_the_quoted_text_and_keep_it(
    quoting: Post, carol: User, as_alice: Client, as_carol: Client
) -> None:
    assert quoting.parent
    delete_by_author(quoting.parent, carol)
    before = quoting.latest_revision().source
    for client, address, button in (
        (as_alice, "edit", "Save"),
        (as_carol, "edit-for", "Edit as moderator"),
    ):
        page = f"/p/{quoting.pk}/{address}/"
        shown = Page(client.get(page))
        assert TEXT not in shown
        masked = shown.form(button).fields["source"]
        assert "> [hidden quote 0]" in masked
        press(client, page, button, source=f"{masked}\n\nOnce more.", reason="a private address")
        assert quoting.latest_revision().source == f"{before}\n\nOnce more."
        before = quoting.latest_revision().source


def test_quoted_words_are_shown_again_when_the_source_is_unhidden(
    quoting: Post, carol: User, visitor: Client
) -> None:
    assert quoting.parent
    hide_post(quoting.parent, actor=carol, reason="an address")
    address = quoting.thread.get_absolute_url()
    assert TEXT not in visitor.get(address).content.decode()
    unhide_post(quoting.parent, actor=carol, reason="a mistake")
    # The post, its line in the outline and the quote.
    assert Page(visitor.get(address)).text.count(TEXT) == 3


@pytest.mark.parametrize("words", ["wet all winter", "dry all winter"], ids=["fewer", "others"])
def test_quoted_words_stay_hidden_when_the_quote_is_edited(
    quoting: Post, alice: User, carol: User, visitor: Client, words: str
) -> None:
    assert quoting.parent
    delete_by_author(quoting.parent, carol)
    edit_post(quoting, actor=alice, source=f"> Only where the bricks stay {words}\n\nMine do.")
    page = Page(visitor.get(quoting.thread.get_absolute_url()))
    assert "Mine do." in page
    assert words not in page.html
    assert "bob wrote this in a removed post" in page
