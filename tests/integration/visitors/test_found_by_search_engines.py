"""Search engines and previews: sitemaps, structured data, canonical addresses, moved pages."""

from __future__ import annotations

import json
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from django.db import connection
from django.test import Client

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.models import Board, Post, Tag, Thread, User
from forum.models.threads import POSTS_PER_PAGE
from forum.moderation.actions.branch_moves import merge_thread, move_branch
from forum.moderation.actions.listing import unlist_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.configuration import set_up
from forum.presenters import structured_data
from tests.html import Page

pytestmark = pytest.mark.django_db

SITEMAP = {"": "http://www.sitemaps.org/schemas/sitemap/0.9"}


@pytest.fixture(autouse=True)
def site_url(settings) -> None:
    settings.SITE_URL = "https://forum.example"


def locations(client: Client, address: str) -> list[str]:
    response = client.get(address)
    assert response.headers["Content-Type"] == "application/xml; charset=utf-8"
    found = ET.fromstring(response.content).iterfind(".//loc", SITEMAP)
    return [(each.text or "").removeprefix("https://forum.example") for each in found]


def open_page(client: Client, thread: Thread, query: str = "") -> Page:
    return Page(client.get(thread.get_absolute_url() + query))


def data_of(client: Client, thread: Thread, query: str = "") -> dict[str, Any]:
    html = client.get(thread.get_absolute_url() + query).content.decode()
    text = html.split('<script type="application/ld+json">')[1].split("</script>")[0]
    return json.loads(text)


def previewed(page: Page, name: str) -> str | None:
    found = page.find_all(f'meta[property="{name}"]')
    return found[0]["content"] if found else None


# -- Sitemaps -------------------------------------------------------------------------------------


def test_the_sitemap_leads_to_all_that_visitors_find_in_lists(
    visitor: Client, reply: Post, board: Board, alice: User, carol: User
) -> None:
    threads = {
        name: start_thread(board, author=alice, title=name, source="Words.")
        for name in ("unlisted", "removed", "deleted", "merged")
    }
    unlist_thread(threads["unlisted"], actor=carol, reason="A trial")
    remove_thread(threads["removed"], actor=carol, reason="Spam")
    delete_post(Post.objects.get(thread=threads["deleted"]), actor=alice)
    merge_thread(threads["merged"], actor=carol, into=reply.thread, reason="The same")
    Tag.objects.create(name="Walls", slug="walls")
    files = locations(visitor, "/sitemap.xml")
    found = [address for file in files for address in locations(visitor, file)]
    thread = reply.thread.get_absolute_url()
    assert found == ["/", "/b/gardens/", "/tags/walls/", thread, "/u/alice/", "/u/bob/"]
    assert all(visitor.get(address).status_code == 200 for address in found)
    assert (
        f"Sitemap: https://forum.example{'/sitemap.xml'}"
        in visitor.get("/robots.txt").content.decode()
    )
    assert visitor.get("/sitemap-threads-99.xml").status_code == 404


# -- Addresses ------------------------------------------------------------------------------------


def test_merged_moved_and_renamed_pages_lead_on_for_good_in_one_step(
    visitor: Client, reply: Post, board: Board, bob: User, carol: User, erin: User
) -> None:
    thread = reply.thread
    first = start_thread(board, author=bob, title="First", source="One.")
    second = start_thread(board, author=bob, title="Second", source="Two.")
    merge_thread(first, actor=carol, into=second, reason="The same")
    merge_thread(second, actor=carol, into=thread, reason="The same")
    board.slug = "walls"
    set_up(board, actor=erin)
    walls = Tag.objects.create(name="Walls", slug="walls")
    Tag.objects.create(name="Bricks", slug="bricks", synonym_of=walls)
    for address, target in {
        f"/t/{thread.pk}/": thread.get_absolute_url(),
        f"/t/{thread.pk}/former-title/": thread.get_absolute_url(),
        first.get_absolute_url(): thread.get_absolute_url(),
        "/b/gardens/": "/b/walls/",
        "/tags/bricks/": "/tags/walls/",
        "/u/BOB/": "/u/bob/",
    }.items():
        response = visitor.get(address)
        assert (response.status_code, response["Location"]) == (301, target)
        assert "no-cache" in response["Cache-Control"]  # it can be undone
        assert visitor.get(target).status_code == 200


def test_a_link_to_a_moved_post_leads_to_its_thread(
    visitor: Client, reply: Post, board: Board, bob: User, carol: User
) -> None:
    other = start_thread(board, author=bob, title="Wet bricks", source="All about them.")
    before = reply.thread.get_absolute_url()
    move_branch(reply, actor=carol, to=Post.objects.get(thread=other), reason="Its own")
    response = visitor.get(f"{before}?at=p{reply.pk}")
    assert response.status_code == 301
    assert response["Location"].startswith(other.get_absolute_url())


def test_search_engines_show_whole_pages_of_a_thread_only(
    visitor: Client, opening: Post, bob: User, carol: User
) -> None:
    replies = [reply_to(opening, author=bob, source=f"No. {n}.") for n in range(POSTS_PER_PAGE + 9)]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE forum_post")  # the planner takes a new table for an empty one
    thread = opening.thread
    address = f"https://forum.example{thread.get_absolute_url()}"
    after = f"?after=p{replies[150].pk}"
    for query, canonical, is_indexed in (
        ("", address, True),
        ("?order=newest", address, True),
        (f"?at=p{replies[2].pk}", address, False),
        (after, address + after, True),
        ("?find=No", address, False),
    ):
        page = open_page(visitor, thread, query)
        assert page.find('link[rel="canonical"]')["href"] == canonical, query
        assert page.has('meta[name="robots"]') is not is_indexed, query
    hide_post(opening, actor=carol, reason="Rude")
    assert open_page(visitor, thread).has('meta[name="robots"]')


@pytest.mark.parametrize("usage", ["train-ai=n", ""])
def test_the_operators_choice_for_programs_is_in_header_and_robots(
    visitor: Client, reply: Post, settings, usage: str
) -> None:
    settings.CONTENT_USAGE = usage
    response = visitor.get(reply.thread.get_absolute_url())
    assert response.headers.get("Content-Usage", "") == usage
    robots = visitor.get("/robots.txt").content.decode().splitlines()
    lines = [line for line in robots if line.startswith("Content-Usage")]
    assert lines == ([f"Content-Usage: {usage}"] if usage else [])


# -- Previews -------------------------------------------------------------------------------------


def test_a_preview_is_of_the_post_that_the_link_leads_to(
    visitor: Client, reply: Post, carol: User
) -> None:
    thread = reply.thread
    page = open_page(visitor, thread)
    assert previewed(page, "og:title") == "Moss on the north wall"
    assert previewed(page, "og:description") == "Does moss harm the bricks?"
    assert previewed(page, "og:url") == f"https://forum.example{thread.get_absolute_url()}"
    linked = f"?at=p{reply.pk}"
    assert "stay wet all winter" in str(
        previewed(open_page(visitor, thread, linked), "og:description")
    )
    hide_post(reply, actor=carol, reason="Rude")
    assert previewed(open_page(visitor, thread, linked), "og:description") is None


# -- Structured data ------------------------------------------------------------------------------


def test_structured_data_is_the_tree_of_the_page(
    visitor: Client, opening: Post, reply: Post, alice: User, bob: User
) -> None:
    answer = reply_to(reply, author=alice, source="> all winter\n\nAnd in *spring*?")
    reply_to(answer, author=bob, source="In autumn, too.")  # so that the edit is shown
    edit_post(answer, actor=alice, source="> all winter\n\nAnd in *spring* & autumn?")
    data = data_of(visitor, opening.thread)
    assert data["@type"] == "DiscussionForumPosting"
    assert data["headline"] == "Moss on the north wall"
    assert data["author"] == {
        "@type": "Person",
        "name": "alice",
        "url": "https://forum.example/u/alice/",
    }
    assert data["interactionStatistic"]["userInteractionCount"] == 3
    (comment,) = data["comment"]
    assert comment["url"] == f"https://forum.example/p/{reply.pk}/"
    assert comment["text"] == "Only where the bricks stay wet all winter."
    (inner,) = comment["comment"]
    assert inner["text"] == "And in spring & autumn?"
    assert inner["dateModified"] >= inner["datePublished"]


def test_structured_data_cannot_end_its_element(visitor: Client, board: Board, alice: User) -> None:
    title = "</script><script>alert(1)</script>\u2028<!--"
    thread = start_thread(board, author=alice, title=title, source=f"`{title}` & more")
    data = data_of(visitor, thread)
    assert data["headline"].startswith("</script><script>alert(1)</script>")
    assert "</script><script>alert(1)</script>" in data["text"]


def test_structured_data_has_nothing_that_was_removed(
    visitor: Client, opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    answer = reply_to(reply, author=alice, source="> stay wet all winter\n\nEvery winter.")
    hide_post(reply, actor=carol, reason="Rude")
    data = data_of(visitor, opening.thread)
    assert "stay wet" not in json.dumps(data)
    assert [each["url"] for each in data["comment"]] == [f"https://forum.example/p/{answer.pk}/"]
    hide_post(opening, actor=carol, reason="Rude")
    page = visitor.get(opening.thread.get_absolute_url()).content.decode()
    assert "application/ld+json" not in page


def test_structured_data_is_small(
    visitor: Client, opening: Post, bob: User, as_bob: Client
) -> None:
    for n in range(structured_data.MAX_POSTS + 9):
        reply_to(opening, author=bob, source=f"{n} " + "\U0001f331 & " * 900)
    data = data_of(visitor, opening.thread)
    assert 0 < len(data["comment"]) < structured_data.MAX_POSTS
    assert len(json.dumps(data, ensure_ascii=False).encode()) <= structured_data.MAX_BYTES
    assert all(
        len(each["text"]) <= structured_data.MAX_COMMENT_CHARACTERS for each in data["comment"]
    )
    members = as_bob.get(opening.thread.get_absolute_url()).content.decode()
    assert "application/ld+json" not in members
