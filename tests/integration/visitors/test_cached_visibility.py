"""Pages from memory show no words that their reader may not read, at any exit, in any state.

Everything is asked for by everybody while all can read it, then the texts are brought into the
states that take them away, and everything is asked for again: by moderators first, whose pages must
not be kept, and twice by those who may read least.
"""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.models import Post, Thread
from tests.architecture.test_list_and_search_exits import (
    READERS,
    bring_into_states,
    forbidden_words,
    list_addresses,
    text_token,
    title_token,
    write_posts,
)
from tests.scene import Scene, build_scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

IN_TURN = ("carol", "dan", "visitor", "visitor")


@pytest.fixture
def scene(settings) -> Scene:
    settings.PAGE_CACHE_MB = 8
    return build_scene()


@pytest.fixture
def clients(scene: Scene) -> dict[str, Client]:
    """Return the browsers of all readers, in front of one server and its memory."""
    found = {name: scene.client(name) for name in IN_TURN}
    for client in found.values():
        client.handler = found["visitor"].handler
    return found


def exits(threads: dict[str, Thread], replies: dict[str, Post], scene: Scene) -> dict[str, str]:
    """Return all addresses that lead to a text, with the state that it is about, or nothing."""
    found = dict.fromkeys(list_addresses(scene), "")
    for address in ("/sitemap.xml", "/sitemap-boards.xml", "/feed.atom", "/b/gardens/feed.atom"):
        found[address] = ""
    for file in range(1, 1 + max(thread.pk for thread in threads.values()) // 1000 + 1):
        found |= {f"/sitemap-threads-{file}.xml": "", f"/sitemap-people-{file}.xml": ""}
    for name in ("alice", "bob"):
        found |= {f"/u/{name}/": "", f"/u/{name}/feed.atom": ""}
    found |= {f"/tags/{scene.tag.slug}/feed.atom": "", "/log/": ""}
    for state, thread in threads.items():
        found[thread.get_absolute_url()] = state
        found[f"{thread.get_absolute_url()}feed.atom"] = state
    for state, reply in replies.items():
        for page in ("", "history/", "branch/feed.atom"):
            found[f"/p/{reply.pk}/{page}"] = state
        found[f"/search/?q={text_token(state)}"] = ""
    return found


def shown_at(address: str, client: Client) -> str:
    """Return the response with its headers, without the address that was asked for."""
    response = client.get(address)
    text = f"{response.headers} {response.content.decode()}"
    path, _, query = address.partition("?q=")
    text = text.replace(path, "")
    return text.replace(query, "") if query else text


def test_pages_from_memory_show_nobody_what_they_may_not_read(
    scene: Scene, clients: dict[str, Client]
) -> None:
    replies = write_posts(scene)
    threads = {
        state: Thread.objects.get(title__contains=title_token(state))
        for state in READERS
        if state != "held-thread"
    }
    addresses = exits(threads, replies, scene)
    for name in ("carol", "visitor"):
        shown = "".join(shown_at(address, clients[name]) for address in addresses)
        for state in replies:
            assert text_token(state) in shown, (state, name)
    page = clients["visitor"].get(threads["hidden"].get_absolute_url()).content.decode()
    for exit_ in ('property="og:title"', "application/ld+json"):
        assert exit_ in page
    assert (
        text_token("hidden") in page.partition("application/ld+json")[2].partition("</script>")[0]
    )

    bring_into_states(scene, replies)
    leaks = []
    for name in IN_TURN:
        # What moderators may see beside lists and searches is tested with the crawl of all pages.
        forbidden = set() if name == "carol" else forbidden_words(name)
        for address, state in addresses.items():
            own = set()
            if state in ("unlisted", "erased-thread"):  # known to those who have the address
                own = {text_token(state)} | ({title_token(state)} if state == "unlisted" else set())
            words = set(re.findall(r"\w+token", shown_at(address, clients[name])))
            leaks += [(name, address, word) for word in words & (forbidden - own)]
    assert not leaks
    with CaptureQueriesContext(connection) as captured:
        clients["visitor"].get("/")
    assert len(captured) == 1, "pages do not come from memory"
