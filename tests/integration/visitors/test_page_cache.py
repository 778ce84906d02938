"""Pages for visitors from memory: always what is so now, never another reader's, in one query."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum import page_cache
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.lib.byte_cache import ByteCache
from forum.models import Board, ModerationAction, Post, SiteText, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.undo import undo

pytestmark = pytest.mark.django_db(transaction=True)

WORDS = "stay wet all winter"  # of the reply


@pytest.fixture(autouse=True)
def cache_of_its_own(settings) -> None:
    """Turn the cache on; each client has a new one."""
    settings.PAGE_CACHE_MB = 1


@pytest.fixture
def pages(reply: Post) -> list[str]:
    """Return pages that show the reply."""
    thread = reply.thread.get_absolute_url()
    return [thread, f"{thread}feed.atom", "/feed.atom", "/u/bob/", f"/p/{reply.pk}/history/"]


def test_a_page_asked_for_again_takes_one_query_and_is_the_same(
    visitor: Client, pages: list[str]
) -> None:
    for address in (*pages, "/", "/b/gardens/"):
        first = visitor.get(address)
        with CaptureQueriesContext(connection) as captured:
            again = visitor.get(address)
        assert len(captured) == 1, address
        assert (again.status_code, again.content) == (200, first.content), address
        assert {*again.headers} == {*first.headers}, address
        assert again["Content-Security-Policy"] == first["Content-Security-Policy"]


def test_what_is_hidden_is_gone_from_the_next_response_and_back_after_undo(
    visitor: Client, pages: list[str], reply: Post, carol: User
) -> None:
    for address in pages:
        assert WORDS in visitor.get(address).content.decode(), address
        assert WORDS in visitor.get(address).content.decode(), address
    hide_post(reply, actor=carol, reason="Rude")
    for address in pages:
        assert WORDS not in visitor.get(address).content.decode(), address
    undo(ModerationAction.objects.get(act="hide-post"), actor=carol, reason="A mistake")
    for address in pages:
        assert WORDS in visitor.get(address).content.decode(), address


@pytest.mark.parametrize("change", ["edit", "delete", "remove", "quoted elsewhere", "renamed"])
def test_every_change_is_in_the_next_response(
    visitor: Client, reply: Post, alice: User, bob: User, carol: User, change: str
) -> None:
    address = reply.thread.get_absolute_url()
    before = visitor.get(address)

    def rename() -> None:
        alice.username = "alison"
        alice.save(update_fields=["username"])

    changes: dict[str, Callable[[], object]] = {
        "edit": lambda: edit_post(reply, actor=bob, source="Other words."),
        "delete": lambda: delete_post(reply, actor=bob),
        "remove": lambda: remove_thread(reply.thread, actor=carol, reason="Spam"),
        "quoted elsewhere": lambda: reply_to(reply, author=alice, source="> all winter\n\nYes."),
        "renamed": rename,
    }
    changes[change]()
    assert visitor.get(address).content != before.content


def test_front_page_and_boards_show_new_words_at_once(visitor: Client, board: Board) -> None:
    visitor.get("/")
    SiteText.objects.create(pk=1, introduction="A place for walls")
    assert "A place for walls" in visitor.get("/").content.decode()
    visitor.get("/b/gardens/")
    Board.objects.update(description="Walls and what grows on them.")
    assert "Walls and what grows" in visitor.get("/b/gardens/").content.decode()


def test_members_never_get_the_page_of_a_visitor_nor_visitors_theirs(
    visitor: Client, as_carol: Client, as_bob: Client, reply: Post, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="Rude")
    address = reply.thread.get_absolute_url()
    for _twice in range(2):
        assert WORDS in as_carol.get(address).content.decode()
        assert WORDS not in visitor.get(address).content.decode()
        assert "Log out" in as_bob.get(address).content.decode()
        assert "Log out" not in visitor.get(address).content.decode()
    assert "private" in as_carol.get(address)["Cache-Control"]
    assert "Cookie" in visitor.get(address)["Vary"]


def test_preferences_of_visitors_have_pages_of_their_own(visitor: Client, reply: Post) -> None:
    address = reply.thread.get_absolute_url()
    plain = visitor.get(address).content
    for name, value in (("theme", "dark"), ("keys", "off"), ("zone", "Asia/Tokyo")):
        visitor.cookies[name] = value
        assert visitor.get(address).content != plain, name
        del visitor.cookies[name]
        assert visitor.get(address).content == plain, name
    visitor.cookies["_stranger"] = "1"  # of somebody else's script
    with CaptureQueriesContext(connection) as captured:
        visitor.get(address)
    assert len(captured) == 1


def test_a_fragment_is_not_taken_for_the_page(visitor: Client, reply: Post) -> None:
    address = reply.thread.get_absolute_url()
    fragment = visitor.get(address, headers={"hx-request": "true"})
    page = visitor.get(address)
    assert b"<!doctype html>" not in fragment.content
    assert b"<!doctype html>" in page.content
    assert visitor.get(address, headers={"hx-request": "true"}).content == fragment.content


def test_messages_errors_and_redirects_are_not_kept(visitor: Client, reply: Post) -> None:
    address = reply.thread.get_absolute_url()
    visitor.get(address)
    visitor.post("/order/", {"order": "time"}, HTTP_REFERER=f"http://testserver{address}")
    assert "Threads now open in this order." in visitor.get(address).content.decode()
    assert "Threads now open in this order." not in visitor.get(address).content.decode()
    for missing in ("/nowhere/", f"/t/{reply.thread_id}/", "/inbox/"):
        assert "public" not in visitor.get(missing)["Cache-Control"]


def test_an_unchanged_page_is_answered_with_304(visitor: Client, reply: Post, bob: User) -> None:
    address = reply.thread.get_absolute_url()
    first = visitor.get(address)
    assert first["Cache-Control"] == "public, max-age=0, s-maxage=60"
    again = visitor.get(address, HTTP_IF_NONE_MATCH=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    assert again["Cache-Control"] == first["Cache-Control"]
    assert visitor.get(address, HTTP_IF_NONE_MATCH='"x",' * 2000).status_code == 200
    edit_post(reply, actor=bob, source="Other words.")
    assert visitor.get(address, HTTP_IF_NONE_MATCH=first["ETag"]).status_code == 200


def test_browsers_get_it_compressed(visitor: Client, reply: Post) -> None:
    address = reply.thread.get_absolute_url()
    browser = {"headers": {"accept-encoding": "br, gzip"}, "SERVER_NAME": "forum.example"}
    first, again = (visitor.get(address, **browser) for _twice in range(2))
    assert "Content-Encoding" not in first.headers  # nobody may ask for it again
    assert again["Content-Encoding"] == "gzip"
    assert again["Content-Length"] == str(len(again.content))
    assert gzip.decompress(again.content) == first.content
    plain = visitor.get(address, SERVER_NAME="forum.example")
    assert plain.content == first.content


def test_a_page_is_made_again_after_a_minute(
    visitor: Client, reply: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = reply.thread.get_absolute_url()
    visitor.get(address)
    now = time.monotonic()
    monkeypatch.setattr(
        page_cache.time, "monotonic", lambda: now + page_cache.CACHED_PAGE_MAX_AGE + 1
    )
    with CaptureQueriesContext(connection) as captured:
        visitor.get(address)
    assert len(captured) > 1


def test_memory_has_a_limit() -> None:
    class Piece:
        def __init__(self, size: int) -> None:
            self.size = size

    cache: ByteCache[Piece] = ByteCache(100)
    for name in "abc":
        cache.put(name, Piece(40))
    assert [cache.get(name) is not None for name in "abc"] == [False, True, True]
    cache.get("b")
    cache.put("d", Piece(40))
    assert [cache.get(name) is not None for name in "bcd"] == [True, False, True]
    cache.put("d", Piece(101))
    assert cache.get("d") is None
    assert cache.size == 40
