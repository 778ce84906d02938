"""History of a post with many revisions, on several pages."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from forum.actions.posts import edit_post, reply_to
from forum.models import Post, User
from forum.presenters.history import VERSIONS_PER_PAGE
from tests.loaded import counting_texts

EDITS = 2 * VERSIONS_PER_PAGE + 5
EARLIER = re.compile(r'<a class="button" href="\?(before=\d+)" rel="next">Earlier versions</a>')


def edit_often(post: Post, author: User, text: str, *, edits: int = EDITS) -> None:
    """Make a number of edits, each kept as a revision."""
    for n in range(edits):
        edit_post(post, actor=author, source=f"{text} Edit {n}.", is_approved=True)


@pytest.fixture
def edited(reply: Post, bob: User, alice: User) -> Post:
    reply_to(reply, author=alice, source="An answer, so that edits are kept.")
    edit_often(reply, bob, "Only in winter.")
    return reply


def test_pages_show_every_version_once(visitor: Client, edited: Post) -> None:
    pages = [visitor.get(f"/p/{edited.pk}/history/").content.decode()]
    while found := EARLIER.search(pages[-1]):
        pages.append(visitor.get(f"/p/{edited.pk}/history/?{found[1]}").content.decode())
    shown = [page.count('<section class="version">') for page in pages]
    assert shown == [VERSIONS_PER_PAGE, VERSIONS_PER_PAGE, EDITS + 1 - 2 * VERSIONS_PER_PAGE]
    edit_numbers = re.findall(r"<ins>.*?(\d+)\.</ins>", "".join(pages))
    assert [int(number) for number in edit_numbers] == list(reversed(range(EDITS)))
    assert [page.count("Current version") for page in pages] == [1, 0, 0]
    assert [page.count("Original") for page in pages] == [0, 0, 1]
    assert [page.count("Latest versions") for page in pages] == [0, 1, 1]


def test_page_loads_only_the_texts_it_shows(visitor: Client, edited: Post) -> None:
    with counting_texts() as loaded:
        visitor.get(f"/p/{edited.pk}/history/")
    assert loaded.revisions == VERSIONS_PER_PAGE + 1
    assert loaded.characters < (VERSIONS_PER_PAGE + 1) * 40


@pytest.mark.parametrize("before", ["1", "0"])
def test_page_before_the_first_version_returns_404(
    visitor: Client, edited: Post, before: str
) -> None:
    assert visitor.get(f"/p/{edited.pk}/history/?before={before}").status_code == 404


def test_text_replaced_by_a_moderator_is_shown_to_the_author_only(
    visitor: Client, as_bob: Client, reply: Post, bob: User, alice: User, carol: User
) -> None:
    reply_to(reply, author=alice, source="An answer, so that edits are kept.")
    edit_often(reply, bob, "Secret words.", edits=3)
    reply.revisions.filter(pk=reply.latest_revision().pk).update(editor=carol)
    first = reply.latest_revision().number
    edit_often(reply, bob, "Decent words.", edits=2)
    address = f"/p/{reply.pk}/history/"
    assert visitor.get(address).content.decode().count('<section class="version">') == 3
    assert visitor.get(f"{address}?before={first}").status_code == 404
    assert as_bob.get(f"{address}?before={first}").status_code == 200
