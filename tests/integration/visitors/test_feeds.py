"""Atom feeds: the conversation as entries, what was removed, older pages and unchanged feeds."""

from __future__ import annotations

from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import feedparser
import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.http import http_date, parse_http_date

from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.threads import start_thread
from forum.lib.visitor_budget import NetworkLimit
from forum.models import Board, ContentVersion, ModerationAction, Post, Tag, Thread, User
from forum.moderation.actions.branch_moves import move_branch
from forum.moderation.actions.listing import unlist_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.undo import undo
from forum.queries.feeds import ENTRIES_PER_FEED
from forum.views import feeds
from tests.html import Page

pytestmark = pytest.mark.django_db

NAMES = {
    "": "http://www.w3.org/2005/Atom",
    "thr": "http://purl.org/syndication/thread/1.0",
    "at": "http://purl.org/atompub/tombstones/1.0",
    "fh": "http://purl.org/syndication/history/1.0",
}


@pytest.fixture(autouse=True)
def site_url(settings) -> None:
    settings.SITE_URL = "https://forum.example"


def read(client: Client, address: str) -> ET.Element:
    response = client.get(address)
    assert response.status_code == 200, address
    assert response.headers["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ET.fromstring(response.content)


def entries(feed: ET.Element) -> dict[str, ET.Element]:
    return {entry.findtext("id", "", NAMES): entry for entry in feed.iterfind("entry", NAMES)}


def deleted(feed: ET.Element) -> set[str]:
    return {entry.get("ref", "") for entry in feed.iterfind("at:deleted-entry", NAMES)}


def tag(post: Post) -> str:
    return f"tag:forum.example,2026:/p/{post.pk}"


def link(element: ET.Element, rel: str) -> str | None:
    found = element.find(f"link[@rel='{rel}']", NAMES)
    return None if found is None else found.get("href")


def thread_feed(thread: Thread) -> str:
    return f"{thread.get_absolute_url()}feed.atom"


def test_the_tree_of_a_thread_can_be_rebuilt_from_its_feed(
    visitor: Client, opening: Post, alice: User, bob: User
) -> None:
    parents = [opening]
    for n in range(12):
        parents.append(reply_to(parents[n // 2], author=(alice, bob)[n % 2], source=f"Number {n}."))
    feed = read(visitor, thread_feed(opening.thread))
    rebuilt = {}
    for entry_id, entry in entries(feed).items():
        parent = entry.find("thr:in-reply-to", NAMES)
        rebuilt[entry_id] = None if parent is None else parent.get("ref")
    stored = Post.objects.filter(thread=opening.thread).select_related("parent")
    assert rebuilt == {tag(post): post.parent and tag(post.parent) for post in stored}
    assert list(rebuilt) == [tag(post) for post in stored.order_by("-id")]


def test_feed_readers_find_tree_authors_and_texts(
    visitor: Client, opening: Post, alice: User, bob: User
) -> None:
    posts = [opening]
    for n in range(9):
        source = f"> Does moss harm the bricks?\n\nNumber {n} & *more*."
        posts.append(reply_to(posts[n // 2], author=(alice, bob)[n % 2], source=source))
    read_feed = feedparser.parse(visitor.get(thread_feed(opening.thread)).content)
    assert not read_feed.bozo, read_feed.get("bozo_exception")
    assert [entry.id for entry in read_feed.entries] == [tag(post) for post in reversed(posts)]
    for entry, post in zip(read_feed.entries, reversed(posts), strict=True):
        reply = entry.get("thr_in-reply-to")
        assert (reply and reply["ref"]) == (post.parent and tag(post.parent))
        assert entry.author == post.author.username
        assert entry.published_parsed == post.created_at.utctimetuple()
        assert entry.link == f"https://forum.example/p/{post.pk}/"
        (text,) = entry.content
        assert text.type == "text/html"
        assert post.excerpt in Page(text.value).text


def test_an_entry_has_text_author_times_and_replies(
    visitor: Client, opening: Post, reply: Post, alice: User, bob: User
) -> None:
    reply_to(reply, author=alice, source="Every winter.")
    edit_post(reply, actor=bob, source='Wet bricks & `<a href="/x">`\x0b, @alice.')
    reply.refresh_from_db()
    entry = entries(read(visitor, thread_feed(opening.thread)))[tag(reply)]
    assert entry.findtext("title", "", NAMES) == "bob on Moss on the north wall"
    assert entry.findtext("author/name", "", NAMES) == "bob"
    assert entry.findtext("author/uri", "", NAMES) == "https://forum.example/u/bob/"
    assert entry.findtext("published", "", NAMES)[:19] == reply.created_at.isoformat()[:19]
    assert reply.edited_at
    assert entry.findtext("updated", "", NAMES)[:19] == reply.edited_at.isoformat()[:19]
    content = entry.findtext("content", "", NAMES)
    assert 'href="https://forum.example/u/alice/"' in content
    assert '&lt;a href="/x"&gt;' in content  # text stays as it was typed
    assert link(entry, "alternate") == f"https://forum.example/p/{reply.pk}/"
    assert link(entry, "replies") == f"https://forum.example/p/{reply.pk}/branch/feed.atom"
    replies = entry.find("link[@rel='replies']", NAMES)
    assert replies is not None
    assert replies.get(f"{{{NAMES['thr']}}}count") == "1"
    assert replies.get(f"{{{NAMES['thr']}}}updated")


def test_titles_of_any_kind_are_well_formed(visitor: Client, board: Board, alice: User) -> None:
    title = "]]> <b>&amp; \u202e" + "\U0001f331" * 80
    thread = start_thread(board, author=alice, title=title, source="]]> too.")
    feed = read(visitor, thread_feed(thread))
    assert title in feed.findtext("title", "", NAMES)


def test_removed_posts_are_named_to_be_dropped_and_come_back_with_undo(
    visitor: Client, opening: Post, reply: Post, alice: User, bob: User, carol: User
) -> None:
    other = reply_to(opening, author=bob, source="Sandblasting secrets.")
    reply_to(other, author=alice, source="So that it leaves a tombstone.")
    hide_post(reply, actor=carol, reason="Rude")
    delete_post(other, actor=bob)
    feed = read(visitor, thread_feed(opening.thread))
    assert deleted(feed) == {tag(reply), tag(other)}
    assert not {tag(reply), tag(other)} & set(entries(feed))
    for address in ("/feed.atom", thread_feed(opening.thread), "/u/bob/feed.atom"):
        text = visitor.get(address).content.decode()
        assert "stay wet all winter" not in text
        assert "Sandblasting" not in text
    undo(ModerationAction.objects.get(act="hide-post"), actor=carol, reason="A mistake")
    feed = read(visitor, thread_feed(opening.thread))
    assert deleted(feed) == {tag(other)}
    assert tag(reply) in entries(feed)


def test_a_moved_branch_keeps_its_id_and_leaves_the_feed_of_its_old_thread(
    visitor: Client, opening: Post, reply: Post, board: Board, bob: User, carol: User
) -> None:
    target = start_thread(board, author=bob, title="Wet bricks", source="All about them.")
    first = Post.objects.get(thread=target)
    move_branch(reply, actor=carol, to=first, reason="Its own subject")
    assert tag(reply) in deleted(read(visitor, thread_feed(opening.thread)))
    assert tag(reply) in entries(read(visitor, thread_feed(target)))


def test_older_entries_are_on_archive_pages(visitor: Client, opening: Post, bob: User) -> None:
    for n in range(ENTRIES_PER_FEED + 9):
        reply_to(opening, author=bob, source=f"Number {n}.")
    newest = read(visitor, thread_feed(opening.thread))
    assert newest.find("fh:archive", NAMES) is None
    older = link(newest, "prev-archive")
    assert older
    archive = read(visitor, "{0.path}?{0.query}".format(urlsplit(older)))
    assert archive.find("fh:archive", NAMES) is not None
    assert link(archive, "current") == link(newest, "self")
    assert link(archive, "self") == older
    assert link(archive, "prev-archive") is None
    assert len(entries(newest)) == ENTRIES_PER_FEED
    assert len(entries(archive)) == 10
    assert not set(entries(newest)) & set(entries(archive))


def test_each_page_names_its_feed_and_each_feed_its_page(
    visitor: Client, opening: Post, reply: Post, alice: User
) -> None:
    walls = Tag.objects.create(name="Walls", slug="walls")
    opening.thread.thread_tags.create(tag=walls, position=1)
    pages = {
        "/": 2,
        "/b/gardens/": 2,
        "/tags/walls/": 2,
        opening.thread.get_absolute_url(): 2,
        f"/p/{reply.pk}/branch/": 1,
        "/u/bob/": 1,
        "/search/?q=bricks": 2,
    }
    for page, count in pages.items():
        path, _, query = page.partition("?")
        address = f"{path}feed.atom{query and '?' + query}"
        html = visitor.get(page).content.decode()
        assert html.count(f'href="{address}"') == 2, page  # in the head and at the end of the page
        feed = read(visitor, address)
        assert link(feed, "alternate") == f"https://forum.example{page}"
        assert link(feed, "self") == f"https://forum.example{address}"
        assert len(entries(feed)) == count, page


def test_removed_unlisted_and_renamed_threads(
    visitor: Client, opening: Post, board: Board, bob: User, carol: User
) -> None:
    thread = opening.thread
    unlist_thread(thread, actor=carol, reason="A trial")
    assert not entries(read(visitor, "/feed.atom"))
    assert not entries(read(visitor, "/u/alice/feed.atom"))
    assert len(entries(read(visitor, thread_feed(thread)))) == 1
    moved = visitor.get(f"/t/{thread.pk}/another-title/feed.atom")
    assert (moved.status_code, moved["Location"]) == (301, thread_feed(thread))
    remove_thread(thread, actor=carol, reason="Spam")
    assert visitor.get(thread_feed(thread)).status_code == 410
    assert visitor.get(f"/p/{opening.pk}/branch/feed.atom").status_code == 404


@pytest.mark.parametrize(
    "query", ["before=x", "before=p0", "before=-1", "before=p9999999999999999999"]
)
def test_a_page_that_nobody_linked_is_not_found(visitor: Client, opening: Post, query: str) -> None:
    assert visitor.get(f"/feed.atom?{query}").status_code == 404


def test_a_feed_costs_the_same_whatever_it_has(
    visitor: Client, opening: Post, reply: Post, bob: User
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(visitor, thread_feed(opening.thread))
        return len(captured)

    count()  # fills the caches of a new process
    few = count()
    for n in range(9):
        reply_to(reply, author=bob, source=f"> Does moss harm the bricks?\n\n@alice, number {n}.")
    assert count() == few


@pytest.mark.django_db(transaction=True)
def test_an_unchanged_feed_is_answered_with_one_query(
    visitor: Client, opening: Post, reply: Post, bob: User, carol: User
) -> None:
    for address in ("/feed.atom", thread_feed(opening.thread)):
        response = visitor.get(address)
        assert response["Cache-Control"] == "public, max-age=300"
        with CaptureQueriesContext(connection) as captured:
            again = visitor.get(address, HTTP_IF_NONE_MATCH=response["ETag"])
        assert (again.status_code, again.content, len(captured)) == (304, b"", 1)
        assert visitor.get(address, HTTP_IF_NONE_MATCH='"x"' * 2000).status_code == 200
    etags = [
        visitor.get(address)["ETag"] for address in ("/feed.atom", thread_feed(opening.thread))
    ]
    hide_post(reply, actor=carol, reason="Rude")
    for address, etag in zip(("/feed.atom", thread_feed(opening.thread)), etags, strict=True):
        assert visitor.get(address, HTTP_IF_NONE_MATCH=etag).status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("of_thread", [False, True])
def test_feed_is_unchanged_since_a_time(
    visitor: Client, opening: Post, reply: Post, carol: User, of_thread: bool
) -> None:
    address = thread_feed(opening.thread) if of_thread else "/feed.atom"
    # More may follow in the same second.
    assert "Last-Modified" not in visitor.get(address).headers
    ContentVersion.objects.update(latest=F("latest") - 60_000_000)
    response = visitor.get(address)
    known = {"HTTP_IF_MODIFIED_SINCE": response["Last-Modified"]}
    with CaptureQueriesContext(connection) as captured:
        again = visitor.get(address, **known)
    assert (again.status_code, again.content, len(captured)) == (304, b"", 1)
    assert again["Last-Modified"] == response["Last-Modified"]
    assert visitor.get(address, **known, HTTP_IF_NONE_MATCH='"other"').status_code == 200
    earlier = {"HTTP_IF_MODIFIED_SINCE": http_date(parse_http_date(response["Last-Modified"]) - 1)}
    assert visitor.get(address, **earlier).status_code == 200
    hide_post(reply, actor=carol, reason="Rude")
    assert visitor.get(address, **known).status_code == 200


def test_a_network_that_reads_without_end_is_refused(
    visitor: Client, opening: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "feed_limit", NetworkLimit(per_minute=5))
    for n in range(5):
        assert visitor.get("/feed.atom", REMOTE_ADDR=f"192.0.2.{n}").status_code == 200
    response = visitor.get("/feed.atom", REMOTE_ADDR="192.0.2.99")
    assert response.status_code == 429
    assert int(response["Retry-After"]) >= 1
    assert visitor.get("/feed.atom", REMOTE_ADDR="198.51.100.1").status_code == 200
