"""What may be seen: queries, rules and pages agree, and no text comes out by another way."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import resolve, reverse

from forum.models import Board, Post, Thread
from forum.models.posts import readable_by
from tests.addresses import ABOUT_POST, addresses, desk_addresses
from tests.architecture.test_fragments import IN_PARTS, ONLY_SENT
from tests.scene import PEOPLE, Scene, undone

pytestmark = pytest.mark.django_db

MODERATORS = {"carol", "mona", "erin"}
# Whose text each post shows to whom; the opening of the deleted thread is deleted itself.
READERS = {
    "visible": set(PEOPLE),
    "by-bob": set(PEOPLE),
    "quoting": set(PEOPLE),
    "open-opening": set(PEOPLE),
    "locked-opening": set(PEOPLE),
    "roads-opening": set(PEOPLE),
    "hidden": MODERATORS | {"alice"},
    "removed": MODERATORS | {"alice"},
    "below-removed": MODERATORS | {"bob"},
    "deleted": set(),
    "deleted-opening": set(),
}


@pytest.mark.parametrize("name", PEOPLE)
def test_queries_and_rules_agree_on_who_reads_what(scene: Scene, name: str) -> None:
    reader = scene.reader(name)
    visible = {post.pk: post for post in Post.objects.visible_to(reader)}
    for state, post in scene.posts.items():
        wanted = name in READERS[state]
        assert Post.objects.filter(readable_by(reader), pk=post.pk).exists() is wanted, state
        row = visible.get(post.pk)
        assert (row is not None and bool(row.is_readable)) is wanted, state
        if row is not None:
            texts = (row.shown_html, row.shown_source, row.shown_excerpt)
            assert all(texts) if wanted else not any(texts), state


@pytest.mark.parametrize("name", PEOPLE)
def test_listed_threads_are_exactly_those_that_open(scene: Scene, name: str) -> None:
    listed = set(Thread.objects.visible_to(scene.reader(name)).values_list("pk", flat=True))
    client = scene.client(name)
    shown: set[int] = set()
    for board in Board.objects.all():
        page = client.get(board.get_absolute_url()).content.decode()
        shown |= {int(pk) for pk in re.findall(r'<h2 class="h"[^>]*><a href="/t/(\d+)/', page)}
    assert shown == listed
    for thread in scene.threads.values():
        status = client.get(thread.get_absolute_url()).status_code
        assert status == (200 if thread.pk in listed else 404)


@pytest.mark.parametrize("name", PEOPLE)
def test_person_s_posts_are_those_that_can_be_read(scene: Scene, name: str) -> None:
    page = scene.client(name).get("/u/alice/").content.decode()
    shown = {int(pk) for pk in re.findall(r'<h2[^>]*><a href="/p/(\d+)/', page)}
    mine = {key: post for key, post in scene.posts.items() if post.author.username == "alice"}
    assert shown == {post.pk for key, post in mine.items() if name in READERS[key]}


def exits(scene: Scene, name: str) -> list[str]:
    """Every address, and what can be asked of a post or a thread besides."""
    found = list(addresses(scene).values())
    if name in MODERATORS | {"otto"}:  # the desk is closed to everybody else
        found += desk_addresses(scene).values()
    for state in ("hidden", "removed", "below-removed", "deleted", "deleted-opening"):
        pk = scene.posts[state].pk
        found += [f"/p/{pk}/reply/?quote=1", f"/admin/forum/post/{pk}/change/"]
        found += [f"/moderate/post/hide/?id={pk}", f"/moderate/post/unhide/?id={pk}"]
        found += [f"{scene.threads['open'].get_absolute_url()}?at=p{pk}"]
    pk = scene.posts["quoting"].pk
    found += [reverse(name, args=[pk]) for name in ABOUT_POST]
    found += [f"/p/{pk}/reply/?quote=1", f"/admin/forum/post/{pk}/change/"]
    found += [
        f"/admin/forum/case/{scene.pending_post.case.pk}/change/",
        "/admin/?q=token",
        "/u/alice/",
    ]
    found += [
        "/admin/forum/pendingpost/?q=token",
        f"/moderate/pending_post/reject/?id={scene.pending_post.pk}",
    ]
    found += [f"{scene.threads['open'].get_absolute_url()}?order=time", "/drafts/", "/inbox/"]
    found += [f"/p/{pk}/quote/{ordinal}/" for ordinal in range(7)]
    found += [f"/moderate/post/hide/?id={pk}", "/u/dan/"]
    found += ["/admin/forum/post/?q=token", "/admin/forum/thread/?q=deleted"]
    return found


def answers(client: Client, address: str) -> str:
    """All that one hears at an address: as a page and as a part of one, headers included."""
    heard = []
    in_parts = resolve(address.split("?", maxsplit=1)[0]).url_name in IN_PARTS | ONLY_SENT
    ways = ({}, {"HTTP_HX_REQUEST": "true"}) if in_parts else ({},)
    for headers in ways:
        with undone():
            response = client.get(address, **headers)
        heard.append(f"{response.headers} {response.content.decode()}")
    return "".join(heard)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["visitor", "bob", "otto", "mona"])
def test_no_exit_shows_what_a_reader_may_not_read(scene: Scene, name: str) -> None:
    """Hidden and deleted words, with their earlier wordings, at every address there is."""
    forbidden = {
        scene.tokens[key]
        for state, readers in READERS.items()
        for key in (state, f"{state}-now")
        if key in scene.tokens and name not in readers
    }
    if name not in MODERATORS:
        forbidden.add(scene.tokens["pending"])
    gone = scene.threads["deleted"]
    if name != "mona":
        forbidden |= {gone.title, gone.slug}
        if name != "bob":  # who wrote it
            forbidden.add(scene.tokens["report"])
    told = re.compile(rf"\b(?:{'|'.join(forbidden)})\b")
    client = scene.client(name)
    # A page that is not there says which address was asked for.
    for address in set(exits(scene, name)) - {gone.get_absolute_url()}:
        assert not told.search(answers(client, address)), address


def test_crawl_would_notice_a_leak(scene: Scene) -> None:
    heard = answers(scene.client("alice"), scene.threads["open"].get_absolute_url())
    assert scene.tokens["hidden-now"] in heard
    assert scene.tokens["visible-now"] in heard
    assert scene.tokens["pending"] in heard
