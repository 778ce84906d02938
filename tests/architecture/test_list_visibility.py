"""Lists of threads show, count and date nothing that their reader may not read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import reverse

from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Post, Thread
from forum.moderation.actions.listing import unlist_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.queries.thread_lists import TABS_BY_SLUG
from tests.html import Page
from tests.scene import PEOPLE, Scene

pytestmark = pytest.mark.django_db

MODERATORS = {"carol", "mona", "erin"}
# Who reads the text of posts in each state; see `tests.architecture.test_visibility`.
READERS = {
    "hidden": MODERATORS | {"alice"},
    "removed": MODERATORS | {"alice"},
    "below-removed": MODERATORS | {"bob"},
    "removed-opening": MODERATORS | {"alice"},
    "in-removed": MODERATORS | {"alice", "bob"},
    "deleted": set(),
    "deleted-opening": set(),
    "pending": set(),
    "draft": set(),
}


def lists(client: Client) -> Iterator[tuple[str, Page]]:
    """Yield the address and page of every list that this reader can open."""
    boards = Board.objects.values_list("slug", flat=True)
    tabs = [slug for slug in TABS_BY_SLUG if slug]
    addresses = ["/", *(reverse("threads", args=[tab]) for tab in tabs)]
    for slug in boards:
        addresses.append(reverse("board-detail", args=[slug]))
        addresses += [reverse("board-threads", args=[slug, tab]) for tab in tabs]
    for address in addresses:
        response = client.get(address)
        if response.status_code == 200:
            yield address, Page(response)


@pytest.mark.slow
@pytest.mark.parametrize("name", PEOPLE)
def test_lists_show_no_text_and_no_unlisted_thread_that_is_not_for_their_reader(
    scene: Scene, name: str
) -> None:
    bob, carol = scene.people["bob"], scene.people["carol"]
    unlisted = start_thread(scene.board, author=bob, title="Tokenunlisted", source="Words.")
    unlist_thread(unlisted, actor=carol, reason="Off topic")
    pages = dict(lists(scene.client(name)))
    assert len(pages) == (9 if name == "visitor" else 18)
    for address, page in pages.items():
        for state, readers in READERS.items():
            if name not in readers:
                assert scene.tokens[state] not in page.text, (address, state)
    shown = {address for address, page in pages.items() if unlisted.title in page}
    assert bool(shown) is (name in MODERATORS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bob", "otto"])
def test_counts_and_dates_leave_out_hidden_posts(scene: Scene, name: str) -> None:
    client, opening = scene.client(name), scene.posts["open-opening"]
    before = {address: page.find("main").text for address, page in lists(client)}
    spam = reply_to(opening, author=scene.people["carol"], source="Tokenspam.")
    assert any("Tokenspam" in page for _address, page in lists(client))
    hide_post(spam, actor=scene.people["erin"], reason="Spam")
    after = {address: page.find("main").text for address, page in lists(client)}
    assert after == before
    assert Thread.objects.get(pk=opening.thread_id).last_post != Post.objects.get(pk=spam.pk)
