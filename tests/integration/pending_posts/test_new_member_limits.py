"""Limits of new members: refused posts say when the limits end, and they end automatically."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from forum.actions.limits import new_member_status
from forum.actions.posts import reply_to
from forum.models import Post, User
from tests.integration.pending_posts.conftest import hold

LINKS = "https://a.example https://b.example https://c.example"
MENTIONS = "@alice @carol and @erin"


@pytest.fixture(autouse=True)
def limits(settings):
    settings.NEW_MEMBER_POSTS, settings.NEW_MEMBER_DAYS = 3, 1
    settings.NEW_MEMBER_LINKS = settings.NEW_MEMBER_MENTIONS = 2
    settings.NEW_MEMBER_HOURLY = 4


def post_reply(client, post, source):
    return client.post(f"/p/{post.pk}/reply/", {"source": source})


def outgrow_limits(person, opening, posts=3, days=2):
    for n in range(posts):
        reply_to(opening, author=person, source=f"Number {n}.")
    User.objects.filter(pk=person.pk).update(date_joined=timezone.now() - timedelta(days=days))
    Post.objects.filter(author=person).update(created_at=timezone.now() - timedelta(hours=2))
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("source", "note"),
    [
        (LINKS, "New members can post 2 links at a time; this has 3."),
        (f"{MENTIONS}, hello.", "New members can mention 2 people at a time; this mentions 3."),
    ],
)
def test_too_many_links_or_mentions_are_refused_with_the_text_and_end_of_limits(
    as_bob, bob, opening, source, note
):
    response = post_reply(as_bob, opening, source)
    page = response.content.decode()
    assert response.status_code == 422
    assert note in page
    assert "The limit ends after 3 more posts, at the earliest on " in page
    assert source in page
    assert not Post.objects.filter(author=bob).exists()


def test_edits_have_the_same_limits(as_bob, bob, opening):
    post = reply_to(opening, author=bob, source="Good morning.")
    response = as_bob.post(f"/p/{post.pk}/edit/", {"source": f"{LINKS} now"})
    assert response.status_code == 422
    assert "New members can post" in response.content.decode()


def test_links_to_this_site_and_as_many_others_as_allowed_are_accepted(as_bob, opening):
    source = "@alice https://a.example https://b.example http://localhost:8000/t/1/"
    assert post_reply(as_bob, opening, source).status_code == 302


def test_posts_an_hour_are_limited_including_pending_posts(as_bob, bob, opening):
    hold(bob, parent_id=opening.pk)
    statuses = [post_reply(as_bob, opening, f"Number {n}.").status_code for n in range(3)]
    response = post_reply(as_bob, opening, "One more.")
    # With three published posts, only the account's age keeps the limit in force.
    assert statuses == [302] * 3
    assert response.status_code == 429
    assert 3000 < int(response["Retry-After"]) <= 3600
    text = response.content.decode()
    assert "New members can write 4 posts an hour." in text
    assert "Until " in text
    assert "One more." in text


@pytest.mark.parametrize(("posts", "days", "is_new"), [(3, 2, False), (2, 2, True), (3, 0, True)])
def test_limits_end_after_enough_posts_and_days(as_bob, bob, opening, posts, days, is_new):
    bob = outgrow_limits(bob, opening, posts, days)
    assert (new_member_status(bob) is not None) is is_new
    assert (post_reply(as_bob, opening, LINKS).status_code == 422) is is_new


def test_deleted_posts_do_not_count_and_moderators_are_never_new_members(bob, carol, opening):
    bob = outgrow_limits(bob, opening)
    Post.objects.filter(author=bob).update(deleted_at=timezone.now())
    assert new_member_status(bob)
    assert new_member_status(carol) is None


def test_limits_do_not_apply_to_actions_called_directly(bob, opening):
    assert reply_to(opening, author=bob, source=LINKS).pk


def test_limits_are_off_when_both_settings_are_zero(as_bob, opening, settings):
    settings.NEW_MEMBER_POSTS = settings.NEW_MEMBER_DAYS = 0
    assert post_reply(as_bob, opening, LINKS).status_code == 302
