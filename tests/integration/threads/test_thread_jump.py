"""Jumps: to the first post, the last, what is new, a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.models import Board, Post, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries.sort_orders import SORT_ORDERS
from tests.html import Page


@pytest.fixture
def over_days(opening: Post, bob: User) -> list[Post]:
    """Three replies, each written on a day of its own; at noon, and the last late at night."""
    posts = [reply_to(opening, author=bob, source=f"Number {n}.") for n in range(3)]
    moments = ("2026-03-02T12:00Z", "2026-03-04T12:00Z", "2026-03-05T23:30Z")
    for post, moment in zip(posts, moments, strict=True):
        Post.objects.filter(pk=post.pk).update(created_at=moment)
    Post.objects.filter(pk=opening.pk).update(created_at="2026-03-01T12:00Z")
    return posts


def led_to(client: Client, opening: Post, query: str) -> int:
    answer = client.get(f"/t/{opening.thread_id}/go/?{query}")
    assert answer.status_code == 302
    return int(answer.headers["Location"].rpartition("#p")[2])


def test_first_and_last(visitor: Client, opening: Post, over_days: list[Post], carol: User) -> None:
    assert led_to(visitor, opening, "to=first") == opening.pk
    assert led_to(visitor, opening, "to=last") == over_days[2].pk
    hide_post(over_days[2], actor=carol, reason="spam")
    assert led_to(visitor, opening, "to=last") == over_days[1].pk


@pytest.mark.parametrize(
    ("day", "place"), [("2026-03-02", 0), ("2026-03-03", 1), ("2026-03-04", 1), ("2026-03-05", 2)]
)
def test_day_leads_to_its_first_post_or_the_next(
    visitor: Client, opening: Post, over_days: list[Post], day: str, place: int
) -> None:
    assert led_to(visitor, opening, f"to=date&date={day}") == over_days[place].pk
    assert led_to(visitor, opening, "to=date&date=2020-01-01") == opening.pk


def test_day_begins_when_it_does_where_the_reader_lives(
    as_alice: Client, alice: User, opening: Post, over_days: list[Post]
) -> None:
    User.objects.filter(pk=alice.pk).update(zone="Asia/Tokyo")
    assert led_to(as_alice, opening, "to=date&date=2026-03-06") == over_days[2].pk


@pytest.mark.parametrize("typed", ["", "soon", "2026-02-30", "0001-01-01x", "9999-12-31"])
def test_invalid_date_comes_back_with_an_error(
    visitor: Client, opening: Post, over_days: list[Post], typed: str
) -> None:
    answer = visitor.get(f"/t/{opening.thread_id}/go/", {"to": "date", "date": typed})
    assert answer.status_code == 422
    page = Page(answer)
    field = page.find('input[name="date"]')
    assert field["value"] == typed
    assert field["aria-invalid"] == "true"
    assert field["type"] == "text"  # one for dates would show nothing of what is no day


@pytest.mark.parametrize("order", SORT_ORDERS)
def test_jumps_lead_to_a_page_that_shows_the_post_in_every_order(
    visitor: Client, board: Board, alice: User, order: str
) -> None:
    begun = datetime(2026, 3, 1, 12, tzinfo=UTC)
    posts = [
        ImportedPost(
            n, None if n == 0 else n // 3, alice, f"Number {n}.", begun + timedelta(hours=n)
        )
        for n in range(230)
    ]
    thread = import_thread(board, title="Many days", posts=posts)
    visitor.get(f"{thread.get_absolute_url()}?order={order}")
    for query in ("to=last", "to=date&date=2026-03-08", "to=first"):
        answer = visitor.get(f"/t/{thread.pk}/go/?{query}", follow=True)
        post = answer.redirect_chain[-1][0].rpartition("#")[2]
        page = Page(answer)
        assert page.has(f"#{post}")
        assert page.has(f'a[href*="order={order}"][aria-current="true"]')


def test_new_leads_to_what_is_new_and_elsewhere_to_nothing(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    answer = as_alice.get(f"/t/{opening.thread_id}/go/?to=new")
    assert answer.headers["Location"] == f"/t/{opening.thread_id}/next/"
    assert visitor.get(f"/t/{opening.thread_id}/go/?to=nowhere").status_code == 404
    assert visitor.get("/t/999999/go/?to=first").status_code == 404
