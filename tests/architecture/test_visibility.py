"""Visibility: queries, permissions and pages agree, and no hidden text comes out anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import resolve, reverse

from forum.models import Board, ModerationAction, Post, Thread
from forum.models.visibility import readable_by
from forum.moderation.actions.spammers import remove_spammer
from tests.addresses import POST_ROUTES, addresses, admin_addresses, one_each
from tests.architecture.test_fragments import WITH_FRAGMENT, WITHOUT_PAGE
from tests.architecture.test_queries import current_template
from tests.checked_queries import check_queries
from tests.scene import PEOPLE, Scene, all_rows, changed_since, undone

pytestmark = pytest.mark.django_db

MODERATORS = {"carol", "mona", "erin"}
# A moderator of another board, and one of this board, see more than a visitor or a member.
CRAWLERS = ("visitor", "bob", "otto", "mona")
# Their prepared queries are compared for all values; those of others when they are built.
CHECKED = ("visitor", "bob")
# Readers of the text of each post; the opening post of the deleted thread is deleted itself.
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
    "removed-opening": MODERATORS | {"alice"},
    "deleted": set(),
    "deleted-opening": set(),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PEOPLE)
def test_queries_and_permissions_agree_on_readable_posts(scene: Scene, name: str) -> None:
    reader = scene.reader(name)
    visible = {post.pk: post for post in Post.objects.visible_to(reader)}
    for state, post in scene.posts.items():
        expected = name in READERS[state]
        assert Post.objects.filter(readable_by(reader), pk=post.pk).exists() is expected, state
        row = visible.get(post.pk)
        assert (row is not None and bool(row.is_readable)) is expected, state
        if row is not None:
            texts = (row.shown_html, row.shown_source, row.shown_excerpt)
            assert all(texts) if expected else not any(texts), state


@pytest.mark.slow
@pytest.mark.parametrize("name", PEOPLE)
def test_board_lists_exactly_the_threads_that_can_be_opened(scene: Scene, name: str) -> None:
    listed = set(Thread.objects.visible_to(scene.reader(name)).values_list("pk", flat=True))
    client = scene.client(name)
    shown: set[int] = set()
    for board in Board.objects.all():
        page = client.get(board.get_absolute_url()).content.decode()
        shown |= {int(pk) for pk in re.findall(r'<h2 class="h"[^>]*><a href="/t/(\d+)/', page)}
    assert shown == listed
    for state, thread in scene.threads.items():
        status = client.get(thread.get_absolute_url()).status_code
        not_found = 410 if state == "removed" else 404
        assert status == (200 if thread.pk in listed else not_found)


@pytest.mark.parametrize("name", PEOPLE)
def test_profile_lists_exactly_the_readable_posts(scene: Scene, name: str) -> None:
    page = scene.client(name).get("/u/alice/").content.decode()
    shown = {int(pk) for pk in re.findall(r'<h2[^>]*><a href="/p/(\d+)/', page)}
    own_posts = {key: post for key, post in scene.posts.items() if post.author.username == "alice"}
    assert shown == {post.pk for key, post in own_posts.items() if name in READERS[key]}


def crawled_addresses(scene: Scene, name: str) -> list[str]:
    """Return every address, and addresses with a query string about hidden posts."""
    found = list(addresses(scene).values())
    if name in MODERATORS | {"otto"}:  # the admin is closed to everybody else
        found += admin_addresses(scene).values()
    for state in (
        *("hidden", "removed", "below-removed"),
        *("deleted", "deleted-opening", "removed-opening"),
    ):
        pk = scene.posts[state].pk
        found += [f"/p/{pk}/reply/?quote=1", f"/admin/forum/post/{pk}/change/"]
        found += [f"/moderate/post/hide/?id={pk}", f"/moderate/post/unhide/?id={pk}"]
        found += [f"{scene.threads['open'].get_absolute_url()}?at=p{pk}"]
    pk = scene.posts["quoting"].pk
    found += [reverse(name, args=[pk]) for name in POST_ROUTES]
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
    found += ["/admin/forum/post/?q=token", "/admin/forum/thread/?q=thread"]
    answer = Post.objects.get(thread=scene.threads["removed"], parent__isnull=False).pk
    found += [reverse(name, args=[answer]) for name in POST_ROUTES]
    found += [
        reverse("log-entry", args=[pk])
        for pk in ModerationAction.objects.values_list("pk", flat=True)
    ]
    return found


def get_all(client: Client, address: str) -> str:
    """Return all responses at an address, as a page and as a fragment, with their headers."""
    responses = []
    has_fragment = (
        resolve(address.split("?", maxsplit=1)[0]).url_name in WITH_FRAGMENT | WITHOUT_PAGE
    )
    for headers in ({}, {"hx-request": "true"}) if has_fragment else ({},):
        response = client.get(address, headers=headers)
        responses.append(f"{response.status_code} {response.headers} {response.content.decode()}")
    return "".join(responses)


@dataclass(frozen=True)
class Crawl:
    """Responses that one reader got at every address, and what the requests caused."""

    responses: dict[str, str]
    template_queries: set[tuple[str, str]]  # address and template, without Django's admin
    changed_tables: set[str]


def crawl_as(name: str, scene: Scene) -> Crawl:
    """Request every address as this person."""
    client, responses = scene.client(name), {}
    template_queries: set[tuple[str, str]] = set()

    def record_query(execute: Any, *args: Any) -> Any:
        template = current_template()
        if template and not address.startswith("/admin/"):
            template_queries.add((address, template))
        return execute(*args)

    with undone(), pytest.MonkeyPatch.context() as patch:
        if name in CHECKED:
            check_queries(patch)
        before = all_rows()
        with connection.execute_wrapper(record_query):
            for address in dict.fromkeys(crawled_addresses(scene, name)):
                responses[address] = get_all(client, address)
        changed_tables = changed_since(before)
        status = client.get("/account/settings/").status_code
        assert status == (302 if name == "visitor" else 200), "reading has changed the login"
    return Crawl(responses, template_queries, changed_tables)


@pytest.fixture(scope="module")
def crawl(scene: Scene) -> Callable[[str], Crawl]:
    """Return a function that crawls as a person, once for all tests."""
    return cache(partial(crawl_as, scene=scene))


@pytest.mark.slow
@pytest.mark.parametrize("name", CRAWLERS)
def test_no_address_shows_text_that_a_reader_may_not_read(
    scene: Scene, crawl: Callable[[str], Crawl], name: str
) -> None:
    """Hidden and deleted text and its earlier revisions appear at no address."""
    forbidden = {
        scene.tokens[key]
        for state, readers in READERS.items()
        for key in (state, f"{state}-now")
        if key in scene.tokens and name not in readers
    }
    forbidden.add(scene.tokens["bookmark"])  # private, from moderators too
    forbidden.add(scene.tokens["left-out"])  # alice's alone
    if name not in MODERATORS:
        forbidden.add(scene.tokens["pending"])
    gone = [scene.threads["deleted"], scene.threads["removed"]]
    if name != "mona":
        forbidden |= {words for thread in gone for words in (thread.title, thread.slug)}
        if name != "bob":  # who wrote them
            forbidden |= {scene.tokens["report"], scene.tokens["in-removed"]}
    forbidden_pattern = re.compile(rf"\b(?:{'|'.join(forbidden)})\b")
    # An error page contains the address that was requested.
    own_addresses = {thread.get_absolute_url() for thread in gone}
    for address, responses in crawl(name).responses.items():
        assert address in own_addresses or not forbidden_pattern.search(responses), address


@pytest.mark.slow
@pytest.mark.parametrize("name", CRAWLERS)
def test_templates_run_no_queries(crawl: Callable[[str], Crawl], name: str) -> None:
    assert crawl(name).template_queries == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", CRAWLERS)
def test_reading_every_page_changes_no_row(crawl: Callable[[str], Crawl], name: str) -> None:
    assert crawl(name).changed_tables == set()


@pytest.mark.slow
def test_reading_pages_that_only_administrators_open_changes_no_row(
    scene: Scene, crawl: Callable[[str], Crawl]
) -> None:
    before, client = all_rows(), scene.client("erin")
    for address, responses in crawl("mona").responses.items():
        if responses.startswith(("403", "404")):
            client.get(address)
    assert changed_since(before) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["visitor", "erin"])
def test_head_requests_change_no_row(scene: Scene, name: str) -> None:
    before, client = all_rows(), scene.client(name)
    for address in one_each(addresses(scene)).values():
        client.head(address)
    assert changed_since(before) == set()


def test_check_notices_a_change(scene: Scene) -> None:
    before = all_rows()
    scene.client("alice").post(f"/p/{scene.posts['visible'].pk}/delete/")
    assert changed_since(before) == {"forum_post", "forum_thread"}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["visitor", "bob", "otto"])
def test_no_address_shows_text_of_a_removed_spammer_to_others(scene: Scene, name: str) -> None:
    """Posts, titles and addresses of threads, quotes, drafts: nothing by alice is left.

    On the site, otto is a member like bob; he sees more in the admin only.
    """
    written = [post for post in scene.posts.values() if post.author.username == "alice"]
    tokens = {
        token
        for key, token in scene.tokens.items()
        if scene.posts.get(key.removesuffix("-now")) in written
    }
    threads = [thread for key, thread in scene.threads.items() if key != "roads"]
    with undone():
        remove_spammer(scene.people["alice"], actor=scene.people["carol"], reason="Pills")
        titles = {words for thread in threads for words in (thread.title, thread.slug)}
        forbidden = re.compile(rf"\b(?:{'|'.join(tokens | titles)})\b")
        client = scene.client(name)
        own_addresses = {thread.get_absolute_url() for thread in threads}
        for address in dict.fromkeys(crawled_addresses(scene, name)):
            if name == "otto" and not address.startswith(("/admin/", "/moderate/")):
                continue
            if address.split("?")[0] not in own_addresses:
                assert not forbidden.search(get_all(client, address)), address


def test_crawl_finds_text_that_a_reader_may_read(scene: Scene) -> None:
    responses = get_all(scene.client("alice"), scene.threads["open"].get_absolute_url())
    assert scene.tokens["hidden-now"] in responses
    assert scene.tokens["visible-now"] in responses
    assert scene.tokens["pending"] in responses
