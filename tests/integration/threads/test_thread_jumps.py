"""Jumps in a thread: to the first post, the last post, the unread posts, or a day."""

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
def replies_on_days(opening: Post, bob: User) -> list[Post]:
    """Return three replies, written on different days: two at noon, the last late at night."""
    posts = [reply_to(opening, author=bob, source=f"Number {n}.") for n in range(3)]
    moments = ("2026-03-02T12:00Z", "2026-03-04T12:00Z", "2026-03-05T23:30Z")
    for post, moment in zip(posts, moments, strict=True):
        Post.objects.filter(pk=post.pk).update(created_at=moment)
    Post.objects.filter(pk=opening.pk).update(created_at="2026-03-01T12:00Z")
    return posts


def jump_target(client: Client, opening: Post, query: str) -> int:
    response = client.get(f"/t/{opening.thread_id}/go/?{query}")
    assert response.status_code == 302
    return int(response.headers["Location"].rpartition("#p")[2])


def test_jump_to_the_first_and_last_post(
    visitor: Client, opening: Post, replies_on_days: list[Post], carol: User
) -> None:
    assert jump_target(visitor, opening, "to=first") == opening.pk
    assert jump_target(visitor, opening, "to=last") == replies_on_days[2].pk
    hide_post(replies_on_days[2], actor=carol, reason="spam")
    assert jump_target(visitor, opening, "to=last") == replies_on_days[1].pk


@pytest.mark.parametrize(
    ("day", "place"), [("2026-03-02", 0), ("2026-03-03", 1), ("2026-03-04", 1), ("2026-03-05", 2)]
)
def test_jump_to_a_day_leads_to_its_first_post_or_the_next_one(
    visitor: Client, opening: Post, replies_on_days: list[Post], day: str, place: int
) -> None:
    assert jump_target(visitor, opening, f"to=date&date={day}") == replies_on_days[place].pk
    assert jump_target(visitor, opening, "to=date&date=2020-01-01") == opening.pk


def test_day_begins_in_the_time_zone_of_the_reader(
    as_alice: Client, alice: User, opening: Post, replies_on_days: list[Post]
) -> None:
    User.objects.filter(pk=alice.pk).update(zone="Asia/Tokyo")
    assert jump_target(as_alice, opening, "to=date&date=2026-03-06") == replies_on_days[2].pk


@pytest.mark.parametrize("typed", ["", "soon", "2026-02-30", "0001-01-01x", "9999-12-31"])
def test_invalid_date_is_shown_with_an_error(
    visitor: Client, opening: Post, replies_on_days: list[Post], typed: str
) -> None:
    response = visitor.get(f"/t/{opening.thread_id}/go/", {"to": "date", "date": typed})
    assert response.status_code == 422
    page = Page(response)
    field = page.find('input[name="date"]')
    assert field["value"] == typed
    assert field["aria-invalid"] == "true"
    assert field["type"] == "text"  # a date field would not show an invalid date


@pytest.mark.slow
@pytest.mark.parametrize("order", SORT_ORDERS)
def test_jumps_lead_to_a_page_that_shows_the_post_in_every_order(
    visitor: Client, board: Board, alice: User, order: str
) -> None:
    start = datetime(2026, 3, 1, 12, tzinfo=UTC)
    posts = [
        ImportedPost(
            n, None if n == 0 else n // 3, alice, f"Number {n}.", start + timedelta(hours=n)
        )
        for n in range(230)
    ]
    thread = import_thread(board, title="Many days", posts=posts)
    visitor.post("/order/", {"order": order})
    for query in ("to=last", "to=date&date=2026-03-08", "to=first"):
        response = visitor.get(f"/t/{thread.pk}/go/?{query}", follow=True)
        post = response.redirect_chain[-1][0].rpartition("#")[2]
        page = Page(response)
        assert page.has(f"#{post}")
        assert page.has(f'a[href*="order={order}"][aria-current="true"]')


def test_jump_to_new_leads_to_unread_posts_and_unknown_jumps_return_404(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    response = as_alice.get(f"/t/{opening.thread_id}/go/?to=new")
    assert response.headers["Location"] == f"/t/{opening.thread_id}/next/"
    assert visitor.get(f"/t/{opening.thread_id}/go/?to=nowhere").status_code == 404
    assert visitor.get("/t/999999/go/?to=first").status_code == 404
