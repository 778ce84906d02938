"""Bookmarks: made, changed, listed, removed, exported, and seen by nobody else."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions import bookmarks
from forum.actions.bookmarks import bookmark_post, forget_removed_bookmarks, remove_bookmark
from forum.actions.ignores import ignore_person
from forum.actions.posts import delete_post, reply_to
from forum.actions.threads import start_thread
from forum.admin import admin_site
from forum.errors import Conflict
from forum.models import Board, Bookmark, Post, User
from forum.models.bookmarks import BOOKMARK_RESTORABLE, MAX_BOOKMARKS
from forum.moderation.actions.branch_moves import merge_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.thread_removal import remove_thread
from forum.moderation.erasure.requests import ask_for_own, confirm_erasure
from forum.views import bookmarks as views
from tests.html import Page, press, press_in

HTMX = {"hx-request": "true"}
WORDS = "Only where the bricks stay wet"  # of bob's reply
NOTE = "For the garden wall"


@pytest.fixture
def kept(reply: Post, alice: User) -> Bookmark:
    """Return alice's bookmark of bob's reply."""
    return bookmark_post(reply, member=alice, note=NOTE)


def listed(client: Client, query: str = "") -> Page:
    response = client.get(f"/bookmarks/{query}")
    assert response.status_code == 200
    return Page(response)


# -- Making and changing --------------------------------------------------------------------------


def test_post_is_bookmarked_from_its_menu(reply: Post, alice: User, as_alice: Client):
    address = Page(as_alice.get(f"/p/{reply.pk}/menu/")).links["Bookmark"]
    day = timezone.localdate() + timedelta(days=3)
    response = press(as_alice, address, "Bookmark", note=NOTE, remind_on=day.isoformat())
    assert response["Location"].endswith(f"#p{reply.pk}")
    kept = Bookmark.objects.get()
    assert (kept.member, kept.post, kept.note, kept.remind_on) == (alice, reply, NOTE, day)
    page = Page(as_alice.get(reply.thread.get_absolute_url()))
    assert page.messages == ["Bookmarked."]
    assert page.post(reply.pk).link("bookmarked")["href"] == address


def test_mark_is_shown_to_the_member_only(
    kept: Bookmark, as_alice: Client, as_bob: Client, as_carol: Client, visitor: Client
):
    for client in (as_alice, as_bob, as_carol, visitor, as_alice):
        page = Page(client.get(kept.post.thread.get_absolute_url()))
        is_marked = "bookmarked" in page.post(kept.post_id).links
        assert is_marked == (client is as_alice)


def test_opening_post_can_be_bookmarked(opening: Post, bob: User, as_bob: Client):
    bookmark_post(opening, member=bob)
    page = Page(as_bob.get(opening.thread.get_absolute_url()))
    assert "bookmarked" in page.post(opening.pk).links


def test_bookmark_is_changed_in_place(kept: Bookmark, as_alice: Client):
    address = f"/p/{kept.post_id}/bookmark/"
    form = Page(as_alice.get(address, headers=HTMX))
    assert form.is_fragment
    assert form.form("Save").fields["note"] == NOTE
    response = as_alice.post(address, {"note": "For the shed"}, headers=HTMX)
    assert response.status_code == 201
    assert "For the shed" in Page(response)
    assert Bookmark.objects.get().note == "For the shed"


def test_bookmarking_twice_keeps_one(kept: Bookmark, alice: User):
    again = bookmark_post(kept.post, member=alice, note="Twice")
    assert list(Bookmark.objects.values_list("pk", "note")) == [(again.pk, "Twice")]
    assert again.pk == kept.pk


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"note": "x" * 201}, "at most 200 characters"),
        ({"remind_on": "soon"}, "Write the day like 2026-11-30."),
        ({"remind_on": "2020-01-01"}, "Choose today or a later day."),
        ({"remind_on": "9999-12-31"}, "Choose a day within ten years."),
    ],
)
def test_bad_input_is_explained_and_the_note_kept(
    reply: Post, as_alice: Client, fields: dict[str, str], error: str
):
    response = as_alice.post(f"/p/{reply.pk}/bookmark/", {"note": NOTE} | fields)
    assert response.status_code == 422
    page = Page(response)
    assert any(error in each for each in page.errors)
    assert page.form("Bookmark").fields["note"] == fields.get("note", NOTE)
    assert not Bookmark.objects.exists()


def test_note_of_200_characters_fits(reply: Post, as_alice: Client):
    assert as_alice.post(f"/p/{reply.pk}/bookmark/", {"note": "é" * 200}).status_code == 302
    assert Bookmark.objects.get().note == "é" * 200


def test_limit_of_bookmarks(
    opening: Post,
    reply: Post,
    bob: User,
    alice: User,
    as_bob: Client,
    monkeypatch: pytest.MonkeyPatch,
):
    assert MAX_BOOKMARKS == 5000
    monkeypatch.setattr(bookmarks, "MAX_BOOKMARKS", 1)
    bookmark_post(opening, member=bob)
    bookmark_post(opening, member=bob, note="Changed")  # is kept already
    with pytest.raises(Conflict, match="at most 1 bookmarks"):
        bookmark_post(reply, member=bob)
    response = as_bob.post(f"/p/{reply.pk}/bookmark/", {"note": NOTE})
    assert response.status_code == 409
    assert Page(response).form("Bookmark").fields["note"] == NOTE
    remove_bookmark(Bookmark.objects.get())
    bookmark_post(reply, member=bob)


def test_visitor_logs_in_first_and_the_note_is_not_lost(reply: Post, visitor: Client):
    address = f"/p/{reply.pk}/bookmark/"
    assert visitor.get(address)["Location"].startswith("/accounts/login/")
    response = visitor.post(address, {"note": NOTE})
    assert response.status_code == 401
    assert NOTE in Page(response)
    assert "Bookmark" not in Page(visitor.get(f"/p/{reply.pk}/menu/")).links


# -- The list -------------------------------------------------------------------------------------


def test_list_shows_posts_with_notes_and_days(kept: Bookmark, alice: User, as_alice: Client):
    day = timezone.localdate().replace(year=timezone.localdate().year + 1, month=3, day=9)
    later = reply_to(kept.post, author=alice, source="And the north side?")
    bookmark_post(later, member=alice, remind_on=day)
    page = listed(as_alice)
    newer, older = page.find_all(".list li")
    assert "And the north side?" in newer
    assert f"Reminder on 9 Mar {day.year}" in newer
    assert WORDS in older
    assert NOTE in older
    assert older.link("Moss on the north wall")["href"] == f"/p/{kept.post_id}/"
    [only] = listed(as_alice, "?show=reminders").find_all(".list li")
    assert "And the north side?" in only


def test_pages_of_the_list_skip_nothing_and_repeat_nothing(
    opening: Post, alice: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(views, "BOOKMARKS_PER_PAGE", 2)
    posts = [reply_to(opening, author=alice, source=f"Number {n}.") for n in range(5)]
    for post in posts:
        bookmark_post(post, member=alice)
    seen: list[str] = []
    query = ""
    while True:
        page = listed(as_alice, query)
        seen += page.texts(".last-post")
        if "Older" not in page.links:
            break
        query = page.links["Older"]
    assert seen == [f"Number {n}." for n in reversed(range(5))]
    assert as_alice.get("/bookmarks/?after=p1").status_code == 404


def test_empty_list_says_how_to_begin(as_alice: Client):
    assert "No bookmarks." in listed(as_alice)
    assert "No reminders." in listed(as_alice, "?show=reminders")


def test_removing_can_be_undone(kept: Bookmark, as_alice: Client):
    response = press(as_alice, "/bookmarks/", "Remove bookmark 1", follow=True)
    assert "No bookmarks." in Page(response)
    page = Page(as_alice.get(kept.post.thread.get_absolute_url()))
    assert "bookmarked" not in page.post(kept.post_id).links
    assert NOTE in Page(press_in(as_alice, response, "Undo", follow=True))


def test_bookmark_is_removed_from_its_form(kept: Bookmark, as_alice: Client):
    page = Page(as_alice.get(f"/p/{kept.post_id}/bookmark/"))
    [button] = [each for each in page.find_all("button") if each.text == "Remove"]
    as_alice.post(button["formaction"])
    assert not Bookmark.objects.of_member(kept.member).exists()


def test_removed_bookmark_begins_anew(kept: Bookmark, alice: User):
    remove_bookmark(kept)
    bookmark_post(kept.post, member=alice)
    [again] = Bookmark.objects.of_member(alice)
    assert again.note == ""


def test_removed_bookmarks_are_deleted_after_a_day(kept: Bookmark):
    remove_bookmark(kept)
    assert forget_removed_bookmarks() == 0
    Bookmark.objects.update(removed_at=timezone.now() - BOOKMARK_RESTORABLE - timedelta(minutes=1))
    assert forget_removed_bookmarks() == 1


def test_others_can_neither_remove_nor_restore_it(kept: Bookmark, as_bob: Client, as_carol: Client):
    for client in (as_bob, as_carol):
        for step in ("remove", "restore"):
            assert client.post(f"/bookmarks/{kept.pk}/{step}/").status_code == 404
    assert Bookmark.objects.of_member(kept.member).exists()


# -- Posts that changed since ---------------------------------------------------------------------


def test_removed_post_says_so_and_shows_nothing(
    kept: Bookmark, bob: User, carol: User, as_alice: Client
):
    hide_post(kept.post, actor=carol, reason="Rude")
    _expect_removed(as_alice, kept)
    bookmark = Bookmark.objects.create(
        member=kept.member, post=reply_to(kept.post.parent, author=bob, source="Words that go.")
    )
    delete_post(bookmark.post, actor=bob)
    assert "Words that go." not in listed(as_alice)


def test_post_of_a_removed_thread_shows_nothing(
    board: Board, alice: User, bob: User, carol: User, as_alice: Client
):
    thread = start_thread(board, author=bob, title="Ferns", source="Which ferns are evergreen?")
    kept = bookmark_post(Post.objects.get(thread=thread), member=alice, note=NOTE)
    remove_thread(thread, actor=carol, reason="Spam")
    page = _expect_removed(as_alice, kept)
    assert "Ferns" not in page
    assert "evergreen" not in page


def _expect_removed(client: Client, kept: Bookmark) -> Page:
    """Check that the list and the exports say nothing of a post; return the list."""
    page = listed(client)
    assert page.texts(".list h2") == ["This post was removed."]
    assert NOTE in page
    assert WORDS not in page
    assert "bob" not in page
    for address in ("/bookmarks/csv/", "/bookmarks/json/"):
        exported = client.get(address).content.decode()
        assert NOTE in exported
        assert "bob" not in exported
        assert "Moss" not in exported
        assert "Ferns" not in exported
    assert client.get(f"/p/{kept.post_id}/bookmark/").status_code in (404, 410)
    return page


def test_moved_post_is_found_at_its_new_place(
    board: Board, kept: Bookmark, carol: User, as_alice: Client
):
    target = start_thread(board, author=carol, title="Other walls", source="Which other walls?")
    merge_thread(kept.post.thread, actor=carol, into=target, reason="The same")
    address = listed(as_alice).links["Other walls"]
    assert as_alice.get(address)["Location"].startswith(target.get_absolute_url())


def test_words_of_ignored_people_are_not_listed(
    kept: Bookmark, alice: User, bob: User, as_alice: Client
):
    ignore_person(bob, actor=alice)
    page = listed(as_alice)
    assert WORDS not in page
    assert "Ignored post" in page


# -- Export ---------------------------------------------------------------------------------------


def test_exports_have_all_bookmarks(kept: Bookmark, alice: User, as_alice: Client):
    day = timezone.localdate()
    bookmark_post(
        reply_to(kept.post, author=alice, source="Mine."), member=alice, note="=1+1", remind_on=day
    )
    response = as_alice.get("/bookmarks/json/")
    assert response["Content-Disposition"] == 'attachment; filename="bookmarks.json"'
    newer, older = json.loads(response.content)
    assert older["address"].endswith(f"/p/{kept.post_id}/")
    assert older["thread"] == "Moss on the north wall"
    assert (older["author"], older["note"], older["remind_on"]) == ("bob", NOTE, "")
    assert (newer["note"], newer["remind_on"]) == ("=1+1", day.isoformat())
    response = as_alice.get("/bookmarks/csv/")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert [row["note"] for row in rows] == ["'=1+1", NOTE]  # no formula
    assert [row["author"] for row in rows] == ["alice", "bob"]


# -- Privacy --------------------------------------------------------------------------------------


def test_nobody_else_sees_bookmarks(
    kept: Bookmark, reply: Post, as_bob: Client, as_carol: Client, as_erin: Client
):
    for client in (as_bob, as_carol, as_erin):
        assert "No bookmarks." in listed(client)
        for address in ("/u/alice/", f"/p/{reply.pk}/menu/", f"/p/{reply.pk}/bookmark/"):
            page = Page(client.get(address))
            assert NOTE not in page
            assert "Your bookmark" not in page


def test_bookmarks_are_not_in_the_admin():
    assert Bookmark not in admin_site._registry


def test_erasure_of_the_member_deletes_their_bookmarks(kept: Bookmark, alice: User, erin: User):
    confirm_erasure(ask_for_own(alice, with_posts=False), actor=erin)
    assert not Bookmark.objects.exists()
