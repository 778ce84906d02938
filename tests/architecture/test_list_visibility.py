"""Lists of threads show, count and date nothing that their reader may not read."""

from __future__ import annotations

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


def lists(client: Client) -> dict[str, Page]:
    """Return every list that this reader can open, by address."""
    boards = Board.objects.values_list("slug", flat=True)
    tabs = [slug for slug in TABS_BY_SLUG if slug]
    addresses = ["/", *(reverse("threads", args=[tab]) for tab in tabs)]
    for slug in boards:
        addresses.append(reverse("board-detail", args=[slug]))
        addresses += [reverse("board-threads", args=[slug, tab]) for tab in tabs]
    responses = {address: client.get(address) for address in addresses}
    return {
        address: Page(response)
        for address, response in responses.items()
        if response.status_code == 200
    }


@pytest.mark.slow
@pytest.mark.parametrize("name", PEOPLE)
def test_no_list_shows_text_that_its_reader_may_not_read(scene: Scene, name: str) -> None:
    pages = lists(scene.client(name))
    assert len(pages) == (9 if name == "visitor" else 18)
    for address, page in pages.items():
        for state, readers in READERS.items():
            if name not in readers:
                assert scene.tokens[state] not in page.text, (address, state)


@pytest.mark.parametrize("name", PEOPLE)
def test_unlisted_thread_is_in_no_list_but_those_of_its_moderators(scene: Scene, name: str) -> None:
    bob, carol = scene.people["bob"], scene.people["carol"]
    thread = start_thread(scene.board, author=bob, title="Tokenunlisted", source="Words.")
    unlist_thread(thread, actor=carol, reason="Off topic")
    shown = {address for address, page in lists(scene.client(name)).items() if thread.title in page}
    assert bool(shown) is (name in MODERATORS)


@pytest.mark.parametrize("name", ["bob", "dan", "otto"])
def test_counts_and_dates_leave_out_hidden_posts(scene: Scene, name: str) -> None:
    client, opening = scene.client(name), scene.posts["open-opening"]
    before = {address: page.find("main").text for address, page in lists(client).items()}
    spam = reply_to(opening, author=scene.people["carol"], source="Tokenspam.")
    assert any("Tokenspam" in page for page in lists(client).values())
    hide_post(spam, actor=scene.people["erin"], reason="Spam")
    after = {address: page.find("main").text for address, page in lists(client).items()}
    assert after == before
    assert Thread.objects.get(pk=opening.thread_id).last_post != Post.objects.get(pk=spam.pk)
