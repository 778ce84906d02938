"""Before a reply is posted: what others did meanwhile around the post that it answers."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from forum.actions.posts import edit_post, reply_to
from forum.actions.read_state import mark_revisions_read
from forum.models import Post, Revision, User
from forum.moderation.actions.branch_moves import split_branch
from forum.moderation.actions.post_hiding import hide_post
from tests.integration.drafts.conftest import Composer, address_of, kept

WORDS = "Bricks breathe, moss or no moss."
ONE = "1 new reply since you started."


@pytest.fixture
def arrived(composer: Composer, reply: Post, carol: User) -> Post:
    """Carol answers bob as well, while alice writes."""
    return reply_to(reply, author=carol, source="It does in *spring*, mind you.")


def posted(alice: User, parent: Post) -> bool:
    return Post.objects.filter(author=alice, parent=parent).exists()


def test_what_arrived_is_shown_once_and_then_it_is_posted(
    composer: Composer, arrived: Post, alice: User, reply: Post
) -> None:
    response = composer.send(WORDS)
    html = response.content.decode()
    assert response.status_code == 409
    assert ONE in html
    assert "carol" in html
    assert "<em>spring</em>" in html
    assert f'href="/p/{arrived.pk}/"' in html
    assert "Post anyway" in html
    assert "aria-invalid" not in html
    assert f"{WORDS}</textarea>" in html
    assert kept(alice) == [WORDS]
    assert not posted(alice, reply)
    assert composer.send(WORDS).status_code == 302
    assert posted(alice, reply)


def test_what_comes_after_that_is_shown_too(
    composer: Composer, arrived: Post, bob: User, reply: Post
) -> None:
    composer.send(WORDS)
    reply_to(reply, author=bob, source="One thing more.")
    response = composer.send(WORDS)
    assert response.status_code == 409
    assert "2 new replies since you started." in response.content.decode()


def test_saving_in_passing_tells_it_and_posting_is_not_held_for_it(
    composer: Composer, arrived: Post, alice: User, reply: Post
) -> None:
    for text in ("Bricks", WORDS):
        html = composer.save(text).content.decode()
        assert ONE in html
    assert composer.send(WORDS).status_code == 302


def test_what_was_seen_and_what_is_ones_own_are_no_news(
    composer: Composer, arrived: Post, alice: User, reply: Post
) -> None:
    reply_to(reply, author=alice, source="From my other tab.")
    mark_revisions_read(reply.thread, member=alice, numbers=[arrived.latest_number])
    assert composer.send(WORDS).status_code == 302


def test_answers_elsewhere_and_hidden_ones_are_no_news(
    composer: Composer, arrived: Post, opening: Post, bob: User, erin: User
) -> None:
    hide_post(arrived, actor=erin, reason="off topic")
    reply_to(opening, author=bob, source="To the opening post.")
    assert composer.send(WORDS).status_code == 302


def test_it_counts_from_when_the_draft_was_begun(
    as_alice: Client, composer: Composer, reply: Post, carol: User
) -> None:
    composer.save("Bricks")
    reply_to(reply, author=carol, source="It does in spring.")
    elsewhere = Composer(as_alice, address_of(reply))
    elsewhere.open()
    assert ONE in elsewhere.send(WORDS).content.decode()


def test_it_is_told_after_the_branch_moved(
    composer: Composer, arrived: Post, reply: Post, carol: User
) -> None:
    split_branch(reply, title="Wet bricks", actor=carol, reason="another matter")
    html = composer.send(WORDS).content.decode()
    assert ONE in html
    assert "was edited" not in html
    assert composer.send(WORDS).status_code == 302


def test_many_are_counted_and_a_few_shown(
    composer: Composer, reply: Post, alice: User, carol: User
) -> None:
    for n in range(7):
        reply_to(reply, author=carol, source=f"Number {n}.")
    html = composer.send(WORDS).content.decode()
    assert "7 new replies since you started" in html
    assert len(re.findall("<details>", html)) == 5
    assert composer.send(WORDS).status_code == 302


def test_edit_of_the_post_answered_is_told(
    composer: Composer, alice: User, bob: User, reply: Post
) -> None:
    Revision.objects.filter(post=reply).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only where they stay wet all year.")
    response = composer.send(WORDS)
    html = response.content.decode()
    assert response.status_code == 409
    assert "The post you’re replying to was edited at" in html
    since = re.search(rf'href="(/p/{reply.pk}/history/\?since=\d+)"', html)
    assert since
    assert "winter" in composer.client.get(since[1]).content.decode()
    assert composer.send(WORDS).status_code == 302
    assert posted(alice, reply)
