"""Profile pages of members."""

import pytest
from django.test.utils import CaptureQueriesContext

from forum.actions.posts import delete_post, reply_to
from forum.models import User
from forum.moderation.actions.post_hiding import hide_post
from forum.moderation.actions.suspensions import suspend_person
from forum.views import people
from tests.html import Page


def page_of(client, name: str = "alice", query: str = "") -> Page:
    response = client.get(f"/u/{name}/{query}")
    assert response.status_code == 200
    return Page(response)


def test_profile_lists_posts_newest_first_with_parents_and_threads(visitor, reply, alice):
    reply_to(reply, author=alice, source="Then I will dry them.")
    page = page_of(visitor)
    assert page.text.index("Then I will dry them.") < page.text.index("Does moss harm the bricks?")
    assert "to bob" in page
    assert "opening post" in page
    assert "1 thread · 2 posts" in page
    assert "Only where the bricks" not in page  # bob's


def test_name_in_another_case_redirects_to_the_exact_spelling(visitor, alice):
    response = visitor.get("/u/ALICE/")
    assert response.status_code == 301
    assert response["Location"] == "/u/alice/"


@pytest.mark.parametrize("name", ["nobody", "a" * 10_000, "%00", "..", "al%20ice", "alice%0a"])
def test_unknown_names_are_not_found(visitor, alice, name):
    assert visitor.get(f"/u/{name}/").status_code == 404


def test_profile_leaves_out_and_does_not_count_unreadable_posts(
    visitor, as_alice, as_bob, as_carol, reply, opening, alice, bob, carol
):
    other_reply = reply_to(opening, author=bob, source="A brush is enough.")
    hide_post(reply, actor=carol, reason="rude")
    for client in (visitor, as_alice):
        page = page_of(client, "bob")
        assert "bricks stay wet" not in page.html
        assert "1 post" in page
    for client in (as_bob, as_carol):
        assert "bricks stay wet" in page_of(client, "bob")
    delete_post(other_reply, actor=bob)
    for client in (visitor, as_bob, as_carol):
        assert "A brush is enough" not in page_of(client, "bob")


def test_profile_does_not_name_the_author_of_a_hidden_parent(
    visitor, opening, reply, alice, bob, carol
):
    reply_to(reply, author=alice, source="Thank you.")
    hide_post(reply, actor=carol, reason="rude")
    page = page_of(visitor)
    assert "to a removed post" in page
    assert "bob" not in page.html


def test_pages_of_a_long_list_have_no_gaps_or_repetitions(visitor, opening, bob, monkeypatch):
    monkeypatch.setattr(people, "POSTS_ON_PROFILE", 3)
    posts = [reply_to(opening, author=bob, source=f"Answer number {n}.") for n in range(7)]
    first, query = page_of(visitor, "bob"), f"?before=p{posts[4].pk}"
    assert query in first.addresses
    second = page_of(visitor, "bob", query)
    third = page_of(visitor, "bob", f"?before=p{posts[1].pk}")
    counts = [page.text.count("Answer number") for page in (first, second, third)]
    assert counts == [3, 3, 1]
    assert "Older posts" not in third
    assert "Newest" in third


@pytest.mark.parametrize(
    "before", ["x", "-1", "0x10", "1e3", "٣", "%00", "9" * 30, "9" * 10_000, "1;a", "1_000"]
)
def test_invalid_positions_are_not_found(visitor, alice, before):
    assert visitor.get(f"/u/alice/?before={before}").status_code == 404


def test_profile_takes_as_many_queries_for_many_posts_as_for_one(visitor, as_alice, opening, bob):
    def count_queries(client) -> int:
        from django.db import connection

        with CaptureQueriesContext(connection) as captured:
            page_of(client, "bob")
        return len(captured)

    reply_to(opening, author=bob, source="One.")
    before = count_queries(visitor), count_queries(as_alice)
    for n in range(12):
        reply_to(opening, author=bob, source=f"Answer {n}.")
    assert (count_queries(visitor), count_queries(as_alice)) == before
    assert before[0] <= 4 + 3  # in a test, the page’s transaction is three statements
    assert before[1] <= 7 + 3


def test_profile_shows_suspensions(visitor, dan, alice, carol):
    assert "Suspended." in page_of(visitor, "dan")
    assert "Suspended" not in page_of(visitor, "alice")
    from datetime import timedelta

    from django.utils import timezone

    suspend_person(alice, actor=carol, reason="spam", until=timezone.now() + timedelta(days=3))
    assert "Suspended until" in page_of(visitor, "alice")


def test_own_profile_links_to_settings(as_alice, as_bob, alice):
    for address in ("/account/settings/", "/accounts/password/change/", "/accounts/email/"):
        assert address in page_of(as_alice).addresses
        assert address not in page_of(as_bob).addresses


def test_email_address_is_never_shown(visitor, as_carol, alice):
    for client in (visitor, as_carol):
        assert "alice@example.org" not in page_of(client)


def test_member_without_posts_has_a_profile(visitor, db):
    User.objects.create_user("frances")
    assert "No posts to show." in page_of(visitor, "frances")


def test_unknown_time_zone_falls_back_to_that_of_the_site(as_alice, alice):
    User.objects.filter(pk=alice.pk).update(zone="Europe/Atlantis")
    assert "Times are in UTC" in page_of(as_alice)


def test_profile_counts_posts_only_up_to_a_limit(visitor, opening, bob, monkeypatch):
    monkeypatch.setattr(people, "MAX_COUNTED", 3)
    for n in range(4):
        reply_to(opening, author=bob, source=f"Answer number {n}.")
    assert "at least 3 posts" in page_of(visitor, "bob")
    assert "0 threads" in page_of(visitor, "bob")
