"""Words whose source was removed are shown nowhere, and lost nowhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.models import Post, Revision, User
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from tests.html import Page

SAID = "Only where the bricks stay wet all winter."
SOURCE = f"> {SAID}\n>\n> > Inside of it.\n\nMine *never* do."
MOVED = f"And now:\n\n> {SAID}\n\nMine *never* did."
HTMX = {"hx-request": "true"}


def removed_by_author(post: Post, carol: User) -> None:
    delete_post(post, actor=post.author)


def hidden(post: Post, carol: User) -> None:
    hide_post(post, actor=carol, reason="an address")


@pytest.fixture
def quoting(reply: Post, alice: User, bob: User) -> Post:
    """Alice quotes bob, twice: what she wrote first is kept as it was."""
    post = reply_to(reply, author=alice, source=SOURCE)
    reply_to(post, author=bob, source="I see.")
    edit_post(post, actor=alice, source=MOVED)
    assert Revision.objects.filter(post=post).count() == 2
    return post


@pytest.mark.parametrize("remove", [removed_by_author, hidden])
def test_words_are_left_out_wherever_the_post_is_shown(
    quoting: Post, carol: User, as_alice: Client, remove: Callable[[Post, User], None]
) -> None:
    assert quoting.parent
    remove(quoting.parent, carol)
    page = f"/p/{quoting.pk}/"
    exits = [
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
    sent = {"source": f"{MOVED} Still.", "do": "preview"}
    for headers in ({}, HTMX):
        for address in exits:
            assert SAID not in as_alice.get(address, headers=headers).content.decode(), address
        preview = Page(as_alice.post(f"{page}edit/", sent, headers=headers))
        assert "Mine never did. Still." in preview
        assert SAID not in preview.texts("p")
        assert "bob wrote this in a removed post" in preview


def test_words_are_left_out_in_the_admin_and_where_moderators_decide(
    quoting: Post, carol: User, as_carol: Client
) -> None:
    assert quoting.parent
    removed_by_author(quoting.parent, carol)
    for address in (
        *(f"/p/{quoting.pk}/{name}/" for name in ("hide", "history", "report")),
        *(f"/admin/forum/post/{name}" for name in ("", f"{quoting.pk}/change/", "?q=Mine")),
        f"/moderate/post/hide/?id={quoting.pk}",
    ):
        assert SAID not in as_carol.get(address).content.decode(), address
    assert "[a quote]" in Page(as_carol.get(f"/p/{quoting.pk}/hide/"))


def test_editor_shows_the_quoted_text_as_written(
    quoting: Post, carol: User, as_alice: Client, as_carol: Client
) -> None:
    assert quoting.parent
    removed_by_author(quoting.parent, carol)
    for client, address in ((as_alice, "edit"), (as_carol, "edit-for")):
        page = Page(client.get(f"/p/{quoting.pk}/{address}/"))
        assert MOVED in [textarea.source.strip("\n") for textarea in page.find_all("textarea")]


def test_words_come_back_with_their_source(quoting: Post, carol: User, visitor: Client) -> None:
    assert quoting.parent
    hide_post(quoting.parent, actor=carol, reason="an address")
    address = quoting.thread.get_absolute_url()
    assert SAID not in visitor.get(address).content.decode()
    unhide_post(quoting.parent, actor=carol, reason="a mistake")
    assert Page(visitor.get(address)).text.count(SAID) == 2


@pytest.mark.parametrize("words", ["wet all winter", "dry all winter"], ids=["fewer", "others"])
def test_words_do_not_come_back_by_changing_them(
    quoting: Post, alice: User, carol: User, visitor: Client, words: str
) -> None:
    assert quoting.parent
    removed_by_author(quoting.parent, carol)
    edit_post(quoting, actor=alice, source=f"> Only where the bricks stay {words}\n\nMine do.")
    page = Page(visitor.get(quoting.thread.get_absolute_url()))
    assert "Mine do." in page
    assert words not in page.html
    assert "bob wrote this in a removed post" in page
