"""The inbox as its owner sees it."""

from __future__ import annotations

import re

import pytest
from django.http import HttpResponse
from django.test import Client

from forum.actions.posts import reply_to
from forum.actions.read_state import mark_revisions_read, mark_thread_read
from forum.lib import numbers
from forum.models import Notification, Post, Thread, User, notifications
from forum.moderation.actions.post_hiding import hide_post, unhide_post
from forum.views import inbox
from tests.html import Page
from tests.integration.inbox.conftest import unread_inbox

HTMX = {"hx-request": "true"}


def inbox_page(client: Client, query: str = "") -> Page:
    return Page(client.get(f"/inbox/{query}"))


def test_replies_to_one_post_are_one_entry(
    opening: Post, bob: User, carol: User, as_alice: Client
) -> None:
    first = reply_to(opening, author=bob, source="The first words of bob.")
    reply_to(opening, author=carol, source="The first words of carol.")
    page = inbox_page(as_alice)
    assert "The first words of bob." in page
    entry = page.find("h2")
    # The entry links to the first unread reply.
    assert entry.links == {
        "carol and bob replied to you in Moss on the north wall": f"/p/{first.pk}/"
    }
    assert "Inbox 2 unread" in page


def test_entries_name_their_cause_and_thread(
    opening: Post, reply: Post, bob: User, carol: User, as_alice: Client
) -> None:
    reply_to(reply, author=carol, source="As @alice said.")
    reply_to(reply, author=carol, source="> Does moss harm the bricks?\n\nIt does not.")
    text = inbox_page(as_alice)
    for heading in ("bob replied to you in", "carol mentioned you in", "carol quoted you in"):
        assert heading in text


def test_inbox_leaves_out_unreadable_posts(
    opening: Post, reply: Post, carol: User, as_alice: Client
) -> None:
    assert "wet all winter" in inbox_page(as_alice)
    hide_post(reply, actor=carol, reason="spam")
    text = inbox_page(as_alice)
    assert "wet all winter" not in text
    assert "bob" not in text
    assert "No notifications yet." in text


def mark(client: Client, notification: Notification, do: str, **headers: str) -> HttpResponse:
    data = {"notification": str(notification.pk), "do": do}
    return client.post("/inbox/mark/", data, headers=headers)  # type: ignore[return-value]


def test_member_marks_a_notification_read_and_unread(
    reply: Post, alice: User, as_alice: Client
) -> None:
    notification = Notification.objects.get(member=alice)
    response = mark(as_alice, notification, "read")
    assert response.headers["Location"] == f"/inbox/#n{notification.pk}"
    text = inbox_page(as_alice)
    assert "Inbox 1" not in text
    assert "bob replied to you" in text
    assert "No new notifications since" in text
    mark(as_alice, notification, "unread")
    assert "Inbox 1 unread" in inbox_page(as_alice)


def test_marking_an_entry_unread_makes_its_post_unread(
    opening: Post, reply: Post, alice: User, as_alice: Client
) -> None:
    mark_thread_read(opening.thread, member=alice)
    assert unread_inbox(alice) == {}
    mark(as_alice, Notification.objects.get(member=alice), "unread")
    assert set(unread_inbox(alice)) == {reply.pk}
    assert "1 unread" in Page(as_alice.get(opening.thread.get_absolute_url()))
    response = as_alice.post(f"/t/{opening.thread_id}/seen/", {"numbers": str(reply.number)})
    counts = Page(response)
    assert counts.find('[data-js-live-count="inbox"]').text == ""
    assert counts.find('[data-js-live-count="summary"]').text == "No unread posts"
    assert unread_inbox(alice) == {}


@pytest.mark.parametrize("name", ["alice", "carol"])
def test_htmx_swaps_the_entry_and_the_counter(
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
    form = inbox_page(as_alice).form("Mark all as read")
    later = reply_to(opening, author=bob, source="Later.")
    as_alice.post(form.action, form.fields | form.buttons["Mark all as read"])
    assert set(unread_inbox(alice)) == {later.pk}


def test_mark_all_leaves_out_hidden_posts(
    opening: Post, reply: Post, alice: User, carol: User, as_alice: Client
) -> None:
    hide_post(reply, actor=carol, reason="spam")
    as_alice.post("/inbox/mark/", {"notification": str(2**60), "do": "read-all"})
    unhide_post(reply, actor=carol, reason="not spam")
    assert set(unread_inbox(alice)) == {reply.pk}


@pytest.mark.parametrize("typed", ["x", "9" * 40, "-1", "²", ""])
@pytest.mark.parametrize("do", ["read", "unread", "read-all"])
def test_unknown_notifications_change_nothing(
    reply: Post, alice: User, as_alice: Client, typed: str, do: str
) -> None:
    response = as_alice.post("/inbox/mark/", {"notification": typed, "do": do})
    assert response.status_code == 302
    assert set(unread_inbox(alice)) == {reply.pk}


@pytest.mark.parametrize("do", ["", "delete"])
def test_unknown_inbox_action_is_refused(
    reply: Post, alice: User, as_alice: Client, do: str
) -> None:
    assert mark(as_alice, Notification.objects.get(member=alice), do).status_code == 422
    assert set(unread_inbox(alice)) == {reply.pk}


@pytest.mark.parametrize("query", ["?after=p1", "?after=n0", "?after=x", "?after=n" + "9" * 30])
def test_invalid_positions_are_not_found(as_alice: Client, query: str) -> None:
    assert as_alice.get(f"/inbox/{query}").status_code == 404


def test_members_cannot_mark_notifications_of_others(
    reply: Post, alice: User, as_bob: Client
) -> None:
    notification = Notification.objects.get(member=alice)
    for do in ("read", "unread", "read-all"):
        mark(as_bob, notification, do)
    assert "wet all winter" not in mark(as_bob, notification, "read", **HTMX).content.decode()
    assert set(unread_inbox(alice)) == {reply.pk}


def test_changed_names_and_titles_are_shown_at_once(
    reply: Post, bob: User, as_alice: Client
) -> None:
    User.objects.filter(pk=bob.pk).update(username="robert")
    Thread.objects.filter(pk=reply.thread_id).update(title="Lichen <b>")
    assert "robert replied to you in Lichen <b>" in inbox_page(as_alice)


def test_count_of_notifications_is_limited(
    opening: Post, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifications, "MAX_NOTIFICATIONS_COUNTED", 4)
    monkeypatch.setattr(numbers, "MAX_SHOWN", 3)
    for count, new_replies in (("3", 3), ("3+", 3)):
        for n in range(new_replies):
            reply_to(opening, author=bob, source=f"Number {n}.")
        assert f"Inbox {count} unread" in inbox_page(as_alice)


def test_pages_of_a_long_inbox_have_no_gaps_or_repetitions(
    opening: Post, bob: User, as_alice: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "NOTIFICATIONS_PER_PAGE", 3)
    for n in range(7):
        reply_to(opening, author=bob, source=f"Number {n}.")
    found: list[str] = []
    query = ""
    while True:
        page = inbox_page(as_alice, query)
        found += re.findall(r"Number (\d)\.", page.text)
        later = [address for address in page.addresses if address.startswith("?after=n")]
        if not later:
            break
        [query] = later
    assert found == list("6543210")


@pytest.mark.parametrize(
    "address", ["/inbox/", "/account/settings/", "/drafts/", "/u/bob/", "/search/"]
)
def test_title_of_a_page_begins_with_the_number_of_unread_notifications(
    opening: Post, bob: User, as_alice: Client, address: str
) -> None:
    post = reply_to(opening, author=bob, source="It does.")
    assert Page(as_alice.get(address)).title.startswith("(1) ")
    mark(as_alice, Notification.objects.get(post=post), "read")
    assert not Page(as_alice.get(address)).title.startswith("(")


def test_title_of_a_thread_counts_its_own_unread_posts(
    opening: Post, bob: User, alice: User, as_alice: Client
) -> None:
    replies = [reply_to(opening, author=bob, source=f"Number {n}.") for n in range(3)]
    mark_revisions_read(opening.thread, member=alice, numbers=[opening.number, replies[0].number])
    page = Page(as_alice.get(opening.thread.get_absolute_url()))
    assert page.title.startswith("(2) ")
    branch = Page(as_alice.get(f"/p/{replies[0].pk}/branch/"))
    assert not branch.title.startswith("(")
