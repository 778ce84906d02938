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
from tests.integration.inbox.conftest import told

HTMX = {"hx-request": "true"}


def shown(client: Client, query: str = "") -> str:
    return re.sub(r"<[^>]+>", "", client.get(f"/inbox/{query}").content.decode())


def test_answers_to_one_post_are_told_together(
    opening: Post, bob: User, carol: User, as_alice: Client
) -> None:
    first = reply_to(opening, author=bob, source="The first words of bob.")
    reply_to(opening, author=carol, source="The first words of carol.")
    html = as_alice.get("/inbox/").content.decode()
    text = re.sub(r"<[^>]+>", "", html)
    assert "carol and bob replied to you in Moss on the north wall" in text
    assert "The first words of bob." in text
    assert html.count("<h2 ") == 1
    assert re.search(rf'<h2 [^>]+><a href="/p/{first.pk}/">', html)  # the first that is not read
    assert "Inbox 2 new" in " ".join(text.split())


def test_causes_and_threads_are_told_apart(
    opening: Post, reply: Post, bob: User, carol: User, as_alice: Client
) -> None:
    reply_to(reply, author=carol, source="As @alice said.")
    reply_to(reply, author=carol, source="> Does moss harm the bricks?\n\nIt does not.")
    text = shown(as_alice)
    for said in ("bob replied to you in", "carol mentioned you in", "carol quoted you in"):
        assert said in text


def test_nothing_is_shown_of_what_may_not_be_read(
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
    assert "Inbox 1" not in " ".join(text.split())
    assert "bob replied to you" in text
    assert "No new notifications since" in text
    mark(as_alice, notification, "unread")
    assert "Inbox 1 new" in " ".join(shown(as_alice).split())


def test_what_is_marked_unread_is_new_in_its_thread_and_cleared_by_seeing_it(
    opening: Post, reply: Post, alice: User, as_alice: Client
) -> None:
    mark_thread_read(opening.thread, member=alice)
    assert told(alice) == {}
    mark(as_alice, Notification.objects.get(member=alice), "unread")
    assert set(told(alice)) == {reply.pk}
    assert "1 unread" in as_alice.get(opening.thread.get_absolute_url()).content.decode()
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
    html = mark(client, notification, "read", **HTMX).content.decode()
    assert "<!doctype" not in html
    assert '<b id="inbox-count" hx-swap-oob="innerHTML">1</b>' in html
    assert f'<li id="n{notification.pk}">' in html
    assert re.search(r'value="unread" data-focus>', html)
    assert "Done." in html


def test_of_what_was_hidden_meanwhile_htmx_is_sent_nothing(
    reply: Post, alice: User, carol: User, as_alice: Client
) -> None:
    notification = Notification.objects.get(member=alice)
    hide_post(reply, actor=carol, reason="spam")
    html = mark(as_alice, notification, "read", **HTMX).content.decode()
    assert "<li" not in html
    assert "wet all winter" not in html


def test_what_came_after_the_page_is_not_marked_with_all(
    opening: Post, alice: User, bob: User, as_alice: Client
) -> None:
    for n in range(2):
        reply_to(opening, author=bob, source=f"Number {n}.")
    page = as_alice.get("/inbox/").content.decode()
    sent = re.search(
        r'name="notice" value="(\d+)">\s*<button class="btn" name="do" value="read-all"', page
    )
    assert sent
    later = reply_to(opening, author=bob, source="Later.")
    as_alice.post("/inbox/mark/", {"notice": sent[1], "do": "read-all"})
    assert set(told(alice)) == {later.pk}


def test_what_is_hidden_is_not_marked_with_all(
    opening: Post, reply: Post, alice: User, carol: User, as_alice: Client
) -> None:
    hide_post(reply, actor=carol, reason="spam")
    as_alice.post("/inbox/mark/", {"notice": str(2**60), "do": "read-all"})
    unhide_post(reply, actor=carol, reason="not spam")
    assert set(told(alice)) == {reply.pk}


@pytest.mark.parametrize("typed", ["x", "9" * 40, "-1", "²", ""])
@pytest.mark.parametrize("do", ["read", "unread", "read-all"])
def test_odd_notices_are_nobodys(
    reply: Post, alice: User, as_alice: Client, typed: str, do: str
) -> None:
    answer = as_alice.post("/inbox/mark/", {"notice": typed, "do": do})
    assert answer.status_code == 302
    assert set(told(alice)) == {reply.pk}


@pytest.mark.parametrize("do", ["", "delete"])
def test_an_odd_deed_is_refused(reply: Post, alice: User, as_alice: Client, do: str) -> None:
    assert mark(as_alice, Notification.objects.get(member=alice), do).status_code == 422
    assert set(told(alice)) == {reply.pk}


@pytest.mark.parametrize("query", ["?after=p1", "?after=n0", "?after=x", "?after=n" + "9" * 30])
def test_odd_places_are_not_found(as_alice: Client, query: str) -> None:
    assert as_alice.get(f"/inbox/{query}").status_code == 404


def test_nobody_marks_the_notices_of_another(reply: Post, alice: User, as_bob: Client) -> None:
    notification = Notification.objects.get(member=alice)
    for do in ("read", "unread", "read-all"):
        mark(as_bob, notification, do)
    assert "wet all winter" not in mark(as_bob, notification, "read", **HTMX).content.decode()
    assert set(told(alice)) == {reply.pk}


def test_new_names_and_titles_are_shown_at_once(reply: Post, bob: User, as_alice: Client) -> None:
    User.objects.filter(pk=bob.pk).update(username="robert")
    Thread.objects.filter(pk=reply.thread_id).update(title="Lichen <b>")
    assert "robert replied to you in Lichen &lt;b&gt;" in shown(as_alice)


def test_many_are_counted_only_so_far(
    opening: Post, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "MAX_NOTIFICATIONS_COUNTED", 4)
    monkeypatch.setattr(numbers, "MAX_SHOWN", 3)
    for count, told_of in (("3", 3), ("3+", 3)):
        for n in range(told_of):
            reply_to(opening, author=bob, source=f"Number {n}.")
        assert f"Inbox {count} new" in " ".join(shown(as_alice).split())


def test_a_long_inbox_goes_on_without_gap_or_repeat(
    opening: Post, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "NOTIFICATIONS_PER_PAGE", 3)
    for n in range(7):
        reply_to(opening, author=bob, source=f"Number {n}.")
    found: list[str] = []
    query = ""
    while True:
        page = as_alice.get(f"/inbox/{query}").content.decode()
        found += re.findall(r"Number (\d)\.", page)
        later = re.search(r'href="(\?after=n\d+)"', page)
        if not later:
            break
        query = later[1]
    assert found == list("6543210")
