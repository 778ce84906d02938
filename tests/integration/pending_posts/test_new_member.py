"""What new members don't do yet, told with when that ends; nothing has to happen for it to end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from forum.actions.new_member_limits import new_member_status
from forum.actions.posts import reply_to
from forum.models import Post, User
from tests.integration.pending_posts.conftest import wait

LINKS = "https://a.example https://b.example https://c.example"
NAMES = "@alice @carol and @erin"


@pytest.fixture(autouse=True)
def limits(settings):
    settings.NEW_MEMBER_POSTS, settings.NEW_MEMBER_DAYS = 3, 1
    settings.NEW_MEMBER_LINKS = settings.NEW_MEMBER_MENTIONS = 2
    settings.NEW_MEMBER_HOURLY = 4


def send(client, post, source):
    return client.post(f"/p/{post.pk}/reply/", {"source": source})


def grow_up(person, opening, posts=3, days=2):
    for n in range(posts):
        reply_to(opening, author=person, source=f"Number {n}.")
    User.objects.filter(pk=person.pk).update(date_joined=timezone.now() - timedelta(days=days))
    Post.objects.filter(author=person).update(created_at=timezone.now() - timedelta(hours=2))
    return User.objects.get(pk=person.pk)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (LINKS, "New members can post 2 links at a time; this has 3."),
        (f"{NAMES}, hello.", "New members can mention 2 people at a time; this mentions 3."),
    ],
)
def test_too_much_in_a_post_is_refused_with_the_text_and_when_that_ends(
    as_bob, bob, opening, source, told
):
    answer = send(as_bob, opening, source)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert told in page
    assert "The limit ends after 3 more posts, at the earliest on " in page
    assert source in page
    assert not Post.objects.filter(author=bob).exists()


def test_an_edit_keeps_the_same_limits(as_bob, bob, opening):
    post = reply_to(opening, author=bob, source="Good morning.")
    answer = as_bob.post(f"/p/{post.pk}/edit/", {"source": f"{LINKS} now"})
    assert answer.status_code == 422
    assert "New members can post" in answer.content.decode()


def test_as_many_as_allowed_and_links_to_oneself_pass(as_bob, opening):
    source = "@alice https://a.example https://b.example http://localhost:8000/t/1/"
    assert send(as_bob, opening, source).status_code == 302


def test_so_many_posts_an_hour_held_ones_among_them(as_bob, bob, opening):
    wait(bob, parent_id=opening.pk)
    statuses = [send(as_bob, opening, f"Number {n}.").status_code for n in range(3)]
    answer = send(as_bob, opening, "One more.")
    # With three posts that stand, only the day is lacking.
    assert statuses == [302] * 3
    assert answer.status_code == 429
    assert 3000 < int(answer["Retry-After"]) <= 3600
    told = answer.content.decode()
    assert "New members can write 4 posts an hour." in told
    assert "Until " in told
    assert "One more." in told


@pytest.mark.parametrize(("posts", "days", "is_new"), [(3, 2, False), (2, 2, True), (3, 0, True)])
def test_it_ends_by_itself_with_posts_and_days(as_bob, bob, opening, posts, days, is_new):
    bob = grow_up(bob, opening, posts, days)
    assert (new_member_status(bob) is not None) is is_new
    assert (send(as_bob, opening, LINKS).status_code == 422) is is_new


def test_hidden_posts_do_not_count_and_moderators_are_never_new(bob, carol, opening):
    bob = grow_up(bob, opening)
    Post.objects.filter(author=bob).update(deleted_at=timezone.now())
    assert new_member_status(bob)
    assert new_member_status(carol) is None


def test_nothing_is_asked_of_who_writes_by_actions(bob, opening):
    assert reply_to(opening, author=bob, source=LINKS).pk


def test_what_is_nothing_costs_and_says_nothing_of_it(as_bob, opening, settings):
    settings.NEW_MEMBER_POSTS = settings.NEW_MEMBER_DAYS = 0
    assert send(as_bob, opening, LINKS).status_code == 302
