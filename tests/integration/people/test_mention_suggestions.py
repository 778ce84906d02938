"""Suggestions for mentions: the members offered, their order, and the rate limit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from forum.actions.limits import NAMES
from forum.actions.posts import reply_to
from forum.actions.threads import start_thread
from forum.models import Post, RateLimit, Thread, User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from tests.html import Page

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def toms(db: None) -> dict[str, User]:
    names = ("tomasz", "Tomoko", "tom-wren", "tomb")
    return {name: User.objects.create_user(name, f"{name}@example.org") for name in names}


def suggest(
    client: Client, start: str, thread: Thread | None = None, **other_fields: Any
) -> list[str]:
    query = {"q": start} | ({"in": f"t{thread.pk}"} if thread else {}) | other_fields
    response = client.get("/people/", query, **HTMX)
    assert response.status_code in {200, 204}
    return [item["data-js-name"] for item in Page(response).find_all("[data-js-name]")]


def test_names_are_found_by_prefix_in_any_case(as_alice: Client, toms: dict) -> None:
    assert suggest(as_alice, "to") == ["tom-wren", "tomasz", "tomb", "Tomoko"]
    assert suggest(as_alice, "TOMO") == ["Tomoko"]
    assert suggest(as_alice, "tom-") == ["tom-wren"]
    assert suggest(as_alice, "tx") == []
    assert suggest(as_alice, "t_") == [], "no pattern: an underscore is an underscore"


def test_suggestions_begin_with_people_of_the_thread_then_own_repliers(
    as_alice: Client, opening: Post, toms: dict, board, bob: User
) -> None:
    other_thread = start_thread(board, author=bob, title="Elsewhere", source="Here or there?")
    own_reply = reply_to(
        Post.objects.get(thread=other_thread), author=opening.author, source="There, I think."
    )
    reply_to(own_reply, author=toms["tomb"], source="No, here.")
    reply_to(opening, author=toms["Tomoko"], source="It does not.")
    assert suggest(as_alice, "to", opening.thread) == ["Tomoko", "tomb", "tom-wren", "tomasz"]
    assert suggest(as_alice, "to") == ["tomb", "Tomoko", "tom-wren", "tomasz"]


def test_suggestions_announce_their_number_and_the_first(as_alice: Client, toms: dict) -> None:
    page = Page(as_alice.get("/people/?q=tomo", **HTMX))
    assert page.has('[data-js-said="1 person. Tomoko, 1 of 1"]')
    page = Page(as_alice.get("/people/?q=tom", **HTMX))
    assert page.has('[data-js-said="4 people. tom-wren, 1 of 4"]')


def test_at_most_eight_names_are_offered(as_alice: Client) -> None:
    for letter in "abcdefghij":
        User.objects.create_user(f"many{letter}")
    assert suggest(as_alice, "many") == [f"many{letter}" for letter in "abcdefgh"]


def test_suspended_and_inactive_members_and_the_reader_are_not_offered(
    as_alice: Client, toms: dict, carol: User
) -> None:
    suspend_person(toms["tomasz"], actor=carol, reason="spam")
    User.objects.filter(pk=toms["tomb"].pk).update(is_active=False)
    expired_at = timezone.now() - timedelta(hours=1)
    User.objects.filter(pk=toms["Tomoko"].pk).update(
        suspended_at=expired_at, suspended_until=expired_at
    )
    assert suggest(as_alice, "to") == ["tom-wren", "Tomoko"]
    assert suggest(as_alice, "al") == []


def test_hidden_posts_and_deleted_threads_do_not_affect_the_order(
    as_bob: Client, opening: Post, toms: dict, carol: User
) -> None:
    hidden = reply_to(opening, author=toms["tomb"], source="Buy my stones.")
    hide_post(hidden, actor=carol, reason="advertising")
    assert suggest(as_bob, "tom", opening.thread)[0] == "tom-wren"
    reply_to(opening, author=toms["Tomoko"], source="No.")
    assert suggest(as_bob, "tom", opening.thread)[0] == "Tomoko"
    Thread.objects.filter(pk=opening.thread_id).update(deleted_at=timezone.now())
    assert suggest(as_bob, "tom", opening.thread)[0] == "tom-wren"


@pytest.mark.parametrize("start", ["", "t", "ö", "-t", "t%", "to m", "t" * 31, "@to"])
def test_suggestions_need_two_letters(as_alice: Client, start: str) -> None:
    assert as_alice.get("/people/", {"q": start}, **HTMX).status_code == 404


@pytest.mark.parametrize(
    ("start", "names"),
    [
        ("ö", []),
        ("öz", ["Özgür"]),
        ("OZ", []),
        ("山", ["山田", "山田太郎"]),
        ("山田太", ["山田太郎"]),
        ("홍", ["홍길동"]),
        ("ส", ["สมชาย"]),
        ("ив", ["Иван"]),
    ],
)
def test_one_letter_is_enough_where_a_letter_is_a_word_or_a_syllable(
    as_alice: Client, start: str, names: list[str]
) -> None:
    for name in ("Özgür", "山田", "山田太郎", "홍길동", "สมชาย", "Иван"):
        User.objects.create_user(name, f"x{ord(name[-1])}@example.org")
    if len(start) == 1 and not names:
        assert as_alice.get("/people/", {"q": start}, **HTMX).status_code == 404
    else:
        assert suggest(as_alice, start) == names


def test_visitors_and_suspended_members_get_no_suggestions(
    visitor: Client, as_dan: Client, toms: dict
) -> None:
    for client, status in ((visitor, 401), (as_dan, 403)):
        response = client.get("/people/?q=tom", **HTMX)
        assert response.status_code == status
        assert "tomasz" not in response.content.decode()


def test_number_of_requests_is_limited(as_alice: Client, toms: dict) -> None:
    assert (NAMES.burst, NAMES.per_seconds) == (30, 2)
    assert as_alice.get("/people/?q=to", **HTMX).status_code == 200
    bucket = RateLimit.objects.filter(key__startswith="names:")
    # Far enough below zero that even a slow machine refills no token before the next request.
    assert bucket.update(tokens=-NAMES.burst) == 1
    assert as_alice.get("/people/?q=to", **HTMX).status_code == 429


def test_suggestions_take_seven_queries(
    as_alice: Client, opening: Post, toms: dict, bob: User
) -> None:
    """Count queries: session, person, the limit, the thread, and the three groups."""
    thread = opening.thread
    with CaptureQueriesContext(connection) as captured:
        suggest(as_alice, "tom", thread)
    assert len(captured) == 7


def test_name_search_uses_the_index(alice: User) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO forum_user
                   (username, password, email, is_active, date_joined, zone, keys, former_name,
                    follow_own_posts, mentions_pass_mute, stopped_email, mail_stop)
            SELECT 'm' || translate(n::text, '0123456789', 'abcdefghkx'), '', '', true, now(), '',
                   true, '', 'always', false, '', ''
              FROM generate_series(100000, 200000) AS n
            """
        )
        cursor.execute("ANALYZE forum_user")
    plan = User.objects.name_starts_with("mb").active().exclude(pk=alice.pk)[:8].explain()
    assert "user_by_name" in plan
    assert "Sort" not in plan
    assert "Seq Scan on forum_user" not in plan
