"""Live updates: the count of new replies, their places in the tree, and the cost of asking."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, edit_post, reply_to
from forum.actions.read_state import mark_thread_read
from forum.actions.threads import start_thread
from forum.models import Board, Post, Revision, Thread, User
from forum.moderation.actions.branch_moves import merge_thread
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.queries import live_updates
from tests.html import Page

HTMX = {"hx-request": "true"}


def number_of(thread: Thread) -> int:
    """Return the number after which a page loaded now asks for updates."""
    thread.refresh_from_db()
    return thread.last_number


def fetch_updates(client: Client, thread: Thread, after: int, more: str = "") -> Page:
    response = client.get(f"/t/{thread.pk}/arrivals/?after={after}{more}", headers=HTMX)
    assert response.status_code == 200
    return Page(response)


def new_reply_places(client: Client, thread: Thread, after: int) -> list[tuple[int, int, int]]:
    """Return (parent, previous post, reply) of each new reply."""
    page = fetch_updates(client, thread, after, "&show=all")
    return [
        (int(node["data-parent"]), int(node["data-after"]), int(node.find("article")["id"][1:]))
        for node in page.find_all("li.node")
    ]


def test_page_contains_the_address_of_its_live_updates(
    thread: Thread, reply: Post, visitor: Client
) -> None:
    page = Page(visitor.get(thread.get_absolute_url()))
    assert page.has(f'[data-js-number="{number_of(thread)}"]')
    assert f"/t/{thread.pk}/arrivals/?after={number_of(thread)}" in page.addresses


def test_response_without_updates_is_empty_and_costs_one_query_for_members_too(
    thread: Thread,
    reply: Post,
    visitor: Client,
    as_alice: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    address = f"/t/{thread.pk}/arrivals/?after={number_of(thread)}"
    for client in (visitor, as_alice):
        with django_assert_num_queries(1):
            response = client.get(address, headers=HTMX)
        assert (response.status_code, response.content) == (204, b"")
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "frame-ancestors 'none'" in response.headers["Content-Security-Policy"]


def test_new_replies_are_counted_and_those_to_the_reader_mentioned(
    opening: Post, as_alice: Client, as_bob: Client, visitor: Client, bob: User, carol: User
) -> None:
    after = number_of(opening.thread)
    first = reply_to(opening, author=bob, source="One.")
    assert "1 new reply, to you." in fetch_updates(as_alice, opening.thread, after)
    reply_to(first, author=carol, source="Two.")
    page = fetch_updates(as_alice, opening.thread, after)
    assert "2 new replies, 1 of them to you." in page
    assert page.has(f'[data-number="{number_of(opening.thread)}"]')
    assert "One." not in page.html
    assert "2 new replies." in fetch_updates(visitor, opening.thread, after)
    # A member's own posts do not count as new.
    assert "1 new reply, to you." in fetch_updates(as_bob, opening.thread, after)


def test_replies_counted_before_are_not_announced_again(
    opening: Post, visitor: Client, bob: User
) -> None:
    after = number_of(opening.thread)
    reply_to(opening, author=bob, source="One.")
    known = number_of(opening.thread)
    address = f"/t/{opening.thread.pk}/arrivals/?after={after}&known={known}"
    assert visitor.get(address, headers=HTMX).status_code == 204
    reply_to(opening, author=bob, source="Two.")
    assert "2 new replies." in fetch_updates(visitor, opening.thread, after, f"&known={known}")


def test_new_replies_are_inserted_at_their_places(
    opening: Post, reply: Post, visitor: Client, alice: User, bob: User
) -> None:
    other = reply_to(opening, author=alice, source="Another branch.")
    after = number_of(opening.thread)
    below = reply_to(reply, author=alice, source="Below the first.")
    last = reply_to(opening, author=bob, source="At the end.")
    second = reply_to(reply, author=bob, source="Below the first, too.")
    assert new_reply_places(visitor, opening.thread, after) == [
        (reply.pk, reply.pk, below.pk),
        (reply.pk, below.pk, second.pk),
        (opening.pk, other.pk, last.pk),
    ]
    page = fetch_updates(visitor, opening.thread, after, "&show=all")
    assert page.texts("span.unread-mark") == ["New"] * 3


def test_new_reply_is_not_placed_after_a_deleted_post(
    opening: Post, reply: Post, visitor: Client, alice: User, bob: User
) -> None:
    deleted = reply_to(opening, author=alice, source="Not drawn when it is gone.")
    delete_post(deleted, actor=alice)
    after = number_of(opening.thread)
    new = reply_to(opening, author=bob, source="New.")
    assert new_reply_places(visitor, opening.thread, after) == [(opening.pk, reply.pk, new.pk)]


def test_each_new_reply_links_to_the_next_for_members(
    opening: Post, as_alice: Client, alice: User, bob: User
) -> None:
    mark_thread_read(opening.thread, member=alice)
    after = number_of(opening.thread)
    first = reply_to(opening, author=bob, source="One.")
    second = reply_to(opening, author=bob, source="Two.")
    page = fetch_updates(as_alice, opening.thread, after, "&show=all")
    assert page.post(first.pk)["data-n"] == str(first.number)
    assert page.post(first.pk).find("a.unread-mark")["href"] == f"#p{second.pk}"


def test_edits_and_deletions_are_announced_and_shown_on_request(
    opening: Post, reply: Post, visitor: Client, as_bob: Client, alice: User, bob: User, carol: User
) -> None:
    edited = reply_to(opening, author=carol, source="As it was.")
    deleted = reply_to(reply, author=carol, source="To be taken back.")
    Revision.objects.filter(post=edited).update(created_at=timezone.now() - timedelta(hours=1))
    after = number_of(opening.thread)
    edit_post(edited, actor=carol, source="As it is now.")
    delete_post(deleted, actor=carol)
    page = fetch_updates(visitor, opening.thread, after)
    assert "new repl" not in page.html
    note = page.find(f'[data-post="p{edited.pk}"]')
    assert note.text.startswith("Edited just now.")
    assert f"/p/{edited.pk}/" in note.addresses
    assert page.find(f'[data-post="p{deleted.pk}"]').text.startswith("Deleted just now.")
    assert "As it is now." not in page.html
    shown = fetch_updates(visitor, opening.thread, after, "&show=all")
    assert "As it is now." in shown
    assert "Deleted by its author" in shown
    alone = fetch_updates(visitor, opening.thread, after, f"&show=p{edited.pk}")
    assert "As it is now." in alone
    assert deleted.pk not in alone.post_ids


def test_post_hidden_while_reading_becomes_a_tombstone_without_text(
    opening: Post, reply: Post, visitor: Client, as_bob: Client, alice: User, bob: User, carol: User
) -> None:
    after = number_of(opening.thread)
    new = reply_to(opening, author=alice, source="Came and was hidden.")
    hide_post(reply, actor=carol, reason="private details")
    hide_post(new, actor=carol, reason="spam")
    for more in ("", "&show=all", f"&show=p{reply.pk}"):
        page = fetch_updates(visitor, opening.thread, after, more)
        assert "stay wet" not in page.html
        assert "Came and was hidden." not in page.html
    assert fetch_updates(visitor, opening.thread, after).post(reply.pk).is_tombstone
    assert "new repl" not in fetch_updates(visitor, opening.thread, after)
    # The author may still read the post.
    assert "Changed just now." in fetch_updates(as_bob, opening.thread, after)
    after = number_of(opening.thread)
    unhide_post(reply, actor=carol, reason="by mistake")
    assert "stay wet" in fetch_updates(visitor, opening.thread, after, "&show=all")


def test_many_live_updates_arrive_in_portions(
    opening: Post, visitor: Client, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_updates, "MAX_CHANGES", 3)
    monkeypatch.setattr("forum.presenters.live_updates.MAX_CHANGES", 3)
    after = number_of(opening.thread)
    posts = [reply_to(opening, author=bob, source=f"Number {n}.") for n in range(5)]
    assert "3+ new replies." in fetch_updates(visitor, opening.thread, after)
    page = fetch_updates(visitor, opening.thread, after, "&show=all")
    assert page.post_ids == [post.pk for post in posts[:3]]
    after = int(page.find("[data-number]")["data-number"])
    assert [post for _p, _a, post in new_reply_places(visitor, opening.thread, after)] == [
        post.pk for post in posts[3:]
    ]


def test_link_without_scripts_opens_the_first_new_reply_or_says_there_is_none(
    opening: Post, reply: Post, visitor: Client, as_bob: Client, alice: User, bob: User
) -> None:
    after = number_of(opening.thread)
    address = f"/t/{opening.thread.pk}/arrivals/?after={after}"
    assert "No new replies yet." in Page(as_bob.get(address, follow=True))
    to_the_end = visitor.get(address)
    assert to_the_end["Location"].endswith(f"#p{reply.pk}")
    assert not to_the_end.cookies
    reply_to(opening, author=alice, source="Later in the tree.")
    first = reply_to(reply, author=alice, source="Earlier in the tree.")
    assert visitor.get(address)["Location"].endswith(f"#p{first.pk}")


def test_live_updates_of_an_unreadable_thread_return_404(
    opening: Post, visitor: Client, as_alice: Client, as_carol: Client, alice: User
) -> None:
    after = number_of(opening.thread)
    address = f"/t/{opening.thread.pk}/arrivals/?after={after + 9}"
    delete_post(opening, actor=alice)
    for client, status in ((visitor, 404), (as_alice, 404), (as_carol, 200)):
        assert client.get(address, headers=HTMX).status_code == status
    assert visitor.get("/t/99999999/arrivals/?after=1", headers=HTMX).status_code == 404


def test_live_updates_of_a_merged_thread_return_410(
    board: Board, opening: Post, visitor: Client, bob: User, carol: User
) -> None:
    other = start_thread(board, author=bob, title="The same", source="Moss again?")
    merge_thread(other, into=opening.thread, actor=carol, reason="the same question")
    assert visitor.get(f"/t/{other.pk}/arrivals/?after=1", headers=HTMX).status_code == 410


@pytest.mark.parametrize(
    "query",
    [
        *("", "after=", "after=-1", "after=x", "after=1e3", "after=²", "after=" + "9" * 30),
        *("after=1&known=x", "after=1&show=1", "after=1&show=p0", "after=1&show='"),
    ],
)
def test_invalid_parameters_return_404(thread: Thread, visitor: Client, query: str) -> None:
    assert visitor.get(f"/t/{thread.pk}/arrivals/?{query}", headers=HTMX).status_code == 404


def test_live_updates_use_an_index_in_a_huge_thread(
    board: Board, visitor: Client, bob: User
) -> None:
    posts = [
        ImportedPost(n, 0 if n else None, bob, f"Number {n}.", timezone.now()) for n in range(3000)
    ]
    thread = import_thread(board, title="Huge", posts=posts)
    after = number_of(thread)
    middle = Post.objects.in_thread(thread)[1500]
    new = reply_to(middle, author=bob, source="New.")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE forum_post")
        values = {"thread": thread.pk, "after": after, "most": live_updates.MAX_CHANGES}
        cursor.execute("EXPLAIN " + live_updates.CHANGES_SQL, values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "post_by_change" in plan
    assert "Seq Scan" not in plan
    assert new_reply_places(visitor, thread, after) == [(middle.pk, middle.pk, new.pk)]
