"""The inbox as its owner sees it."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.read_state import mark_thread_read
from forum.lib import numbers
from forum.models import Notification, Post, Thread, User, notifications
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.views import inbox
from tests.html import Page
from tests.integration.inbox.conftest import told

HTMX = {"hx-request": "true"}


def shown(client: Client, query: str = "") -> Page:
    return Page(client.get(f"/inbox/{query}"))


def test_replies_to_one_post_are_one_entry(
    opening: Post, bob: User, carol: User, as_alice: Client
) -> None:
    first = reply_to(opening, author=bob, source="The first words of bob.")
    reply_to(opening, author=carol, source="The first words of carol.")
    page = shown(as_alice)
    assert "The first words of bob." in page
    entry = page.find("h2")
    # It leads to the first that is not read.
    assert entry.links == {
        "carol and bob replied to you in Moss on the north wall": f"/p/{first.pk}/"
    }
    assert "Inbox 2 unread" in page


def test_entries_name_their_cause_and_thread(
    opening: Post, reply: Post, bob: User, carol: User, as_alice: Client
) -> None:
    reply_to(reply, author=carol, source="As @alice said.")
    reply_to(reply, author=carol, source="> Does moss harm the bricks?\n\nIt does not.")
    text = shown(as_alice)
    for said in ("bob replied to you in", "carol mentioned you in", "carol quoted you in"):
        assert said in text


def test_inbox_leaves_out_unreadable_posts(
    opening: Post, reply: Post, carol: User, as_alice: Client
) -> None:
    assert "wet all winter" in shown(as_alice)
    hide_post(reply, actor=carol, reason="spam")
    text = shown(as_alice)
    assert "wet all winter" not in text
    assert "bob" not in text
    assert "No notifications yet." in text


def mark(client: Client, notification: Notification, do: str, **headers: str) -> HttpResponse:
    data = {"notice": str(notification.pk), "do": do}
    return client.post("/inbox/mark/", data, headers=headers)  # type: ignore[return-value]


def test_read_and_unread_by_hand(reply: Post, alice: User, as_alice: Client) -> None:
    notification = Notification.objects.get(member=alice)
    answer = mark(as_alice, notification, "read")
    assert answer.headers["Location"] == f"/inbox/#n{notification.pk}"
    text = shown(as_alice)
    assert "Inbox 1" not in text
    assert "bob replied to you" in text
    assert "No new notifications since" in text
    mark(as_alice, notification, "unread")
    assert "Inbox 1 unread" in shown(as_alice)


def test_entry_marked_unread_makes_its_post_unread_until_seen(
    opening: Post, reply: Post, alice: User, as_alice: Client
) -> None:
    mark_thread_read(opening.thread, member=alice)
    assert told(alice) == {}
    mark(as_alice, Notification.objects.get(member=alice), "unread")
    assert set(told(alice)) == {reply.pk}
    assert "1 unread" in Page(as_alice.get(opening.thread.get_absolute_url()))
    sent = as_alice.post(f"/t/{opening.thread_id}/seen/", {"numbers": str(reply.number)})
    assert sent.content == b""  # the counter, for the page's header
    assert told(alice) == {}


@pytest.mark.parametrize("name", ["alice", "carol"])
def test_with_htmx_the_entry_and_the_counter_are_swapped(
    opening: Post, bob: User, name: str, request: pytest.FixtureRequest
) -> None:
    member, client = request.getfixturevalue(name), request.getfixturevalue(f"as_{name}")
    for n in range(2):
        reply_to(opening, author=bob, source=f"Listen, @{name}, number {n}.")
    notification = Notification.objects.filter(member=member).latest("id")
    page = Page(mark(client, notification, "read", **HTMX))
    assert page.is_fragment
    assert page.texts("#inbox-count[hx-swap-oob]") == ["1"]
    assert page.has(f"li#n{notification.pk}")
    assert page.has('button[value="unread"][data-focus]')
    assert "Done." in page


def test_marking_a_hidden_post_sends_no_fragment(
    reply: Post, alice: User, carol: User, as_alice: Client
) -> None:
    notification = Notification.objects.get(member=alice)
    hide_post(reply, actor=carol, reason="spam")
    page = Page(mark(as_alice, notification, "read", **HTMX))
    assert not page.has("li")
    assert "wet all winter" not in page.html


def test_mark_all_leaves_out_entries_newer_than_the_page(
    opening: Post, alice: User, bob: User, as_alice: Client
) -> None:
    for n in range(2):
        reply_to(opening, author=bob, source=f"Number {n}.")
    form = shown(as_alice).form("Mark all as read")
    later = reply_to(opening, author=bob, source="Later.")
    as_alice.post(form.action, form.fields | form.buttons["Mark all as read"])
    assert set(told(alice)) == {later.pk}


def test_mark_all_leaves_out_hidden_posts(
    opening: Post, reply: Post, alice: User, carol: User, as_alice: Client
) -> None:
    hide_post(reply, actor=carol, reason="spam")
    as_alice.post("/inbox/mark/", {"notice": str(2**60), "do": "read-all"})
    unhide_post(reply, actor=carol, reason="not spam")
    assert set(told(alice)) == {reply.pk}


@pytest.mark.parametrize("typed", ["x", "9" * 40, "-1", "²", ""])
@pytest.mark.parametrize("do", ["read", "unread", "read-all"])
def test_unknown_notifications_change_nothing(
    reply: Post, alice: User, as_alice: Client, typed: str, do: str
) -> None:
    answer = as_alice.post("/inbox/mark/", {"notice": typed, "do": do})
    assert answer.status_code == 302
    assert set(told(alice)) == {reply.pk}


@pytest.mark.parametrize("do", ["", "delete"])
def test_unknown_inbox_action_is_refused(
    reply: Post, alice: User, as_alice: Client, do: str
) -> None:
    assert mark(as_alice, Notification.objects.get(member=alice), do).status_code == 422
    assert set(told(alice)) == {reply.pk}


@pytest.mark.parametrize("query", ["?after=p1", "?after=n0", "?after=x", "?after=n" + "9" * 30])
def test_odd_places_are_not_found(as_alice: Client, query: str) -> None:
    assert as_alice.get(f"/inbox/{query}").status_code == 404


def test_nobody_marks_notifications_of_others(reply: Post, alice: User, as_bob: Client) -> None:
    notification = Notification.objects.get(member=alice)
    for do in ("read", "unread", "read-all"):
        mark(as_bob, notification, do)
    assert "wet all winter" not in mark(as_bob, notification, "read", **HTMX).content.decode()
    assert set(told(alice)) == {reply.pk}


def test_new_names_and_titles_are_shown_at_once(reply: Post, bob: User, as_alice: Client) -> None:
    User.objects.filter(pk=bob.pk).update(username="robert")
    Thread.objects.filter(pk=reply.thread_id).update(title="Lichen <b>")
    assert "robert replied to you in Lichen <b>" in shown(as_alice)


def test_many_are_counted_only_so_far(
    opening: Post, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "MAX_NOTIFICATIONS_COUNTED", 4)
    monkeypatch.setattr(numbers, "MAX_SHOWN", 3)
    for count, told_of in (("3", 3), ("3+", 3)):
        for n in range(told_of):
            reply_to(opening, author=bob, source=f"Number {n}.")
        assert f"Inbox {count} unread" in shown(as_alice)


def test_long_inbox_goes_on_without_gap_or_repeat(
    opening: Post, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "NOTIFICATIONS_PER_PAGE", 3)
    for n in range(7):
        reply_to(opening, author=bob, source=f"Number {n}.")
    found: list[str] = []
    query = ""
    while True:
        page = shown(as_alice, query)
        found += re.findall(r"Number (\d)\.", page.text)
        later = [each for each in page.addresses if each.startswith("?after=n")]
        if not later:
            break
        [query] = later
    assert found == list("6543210")
