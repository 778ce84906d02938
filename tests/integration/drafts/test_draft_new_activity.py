"""New activity since a reply was begun: shown before the reply is posted."""

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
from tests.integration.drafts.conftest import Composer, address_of, draft_texts

TEXT = "Bricks breathe, moss or no moss."
ONE_NEW_REPLY = "1 new reply since you started."


@pytest.fixture
def new_reply(composer: Composer, reply: Post, carol: User) -> Post:
    """Return a reply of carol's to bob, posted while alice writes."""
    return reply_to(reply, author=carol, source="It does in *spring*, mind you.")


def is_posted(alice: User, parent: Post) -> bool:
    return Post.objects.filter(author=alice, parent=parent).exists()


def test_new_replies_are_shown_once_before_posting(
    composer: Composer, new_reply: Post, alice: User, reply: Post
) -> None:
    response = composer.send(TEXT)
    html = response.content.decode()
    assert response.status_code == 409
    assert ONE_NEW_REPLY in html
    assert "carol" in html
    assert "<em>spring</em>" in html
    assert f'href="/p/{new_reply.pk}/"' in html
    assert "Post anyway" in html
    assert "aria-invalid" not in html
    assert f"{TEXT}</textarea>" in html
    assert draft_texts(alice) == [TEXT]
    assert not is_posted(alice, reply)
    assert composer.send(TEXT).status_code == 302
    assert is_posted(alice, reply)


def test_later_replies_are_shown_again(
    composer: Composer, new_reply: Post, bob: User, reply: Post
) -> None:
    composer.send(TEXT)
    reply_to(reply, author=bob, source="One thing more.")
    response = composer.send(TEXT)
    assert response.status_code == 409
    assert "2 new replies since you started." in response.content.decode()


def test_autosave_shows_new_replies_and_then_posting_does_not(
    composer: Composer, new_reply: Post, alice: User, reply: Post
) -> None:
    for text in ("Bricks", TEXT):
        html = composer.save(text).content.decode()
        assert ONE_NEW_REPLY in html
    assert composer.send(TEXT).status_code == 302


def test_read_posts_and_own_posts_are_no_new_activity(
    composer: Composer, new_reply: Post, alice: User, reply: Post
) -> None:
    reply_to(reply, author=alice, source="From my other tab.")
    mark_revisions_read(reply.thread, member=alice, numbers=[new_reply.latest_number])
    assert composer.send(TEXT).status_code == 302


def test_replies_to_other_posts_and_hidden_replies_are_no_new_activity(
    composer: Composer, new_reply: Post, opening: Post, bob: User, erin: User
) -> None:
    hide_post(new_reply, actor=erin, reason="off topic")
    reply_to(opening, author=bob, source="To the opening post.")
    assert composer.send(TEXT).status_code == 302


def test_new_activity_counts_from_the_beginning_of_the_draft(
    as_alice: Client, composer: Composer, reply: Post, carol: User
) -> None:
    composer.save("Bricks")
    reply_to(reply, author=carol, source="It does in spring.")
    second_composer = Composer(as_alice, address_of(reply))
    second_composer.open()
    assert ONE_NEW_REPLY in second_composer.send(TEXT).content.decode()


def test_new_replies_are_shown_after_the_branch_was_moved(
    composer: Composer, new_reply: Post, reply: Post, carol: User
) -> None:
    split_branch(reply, title="Wet bricks", actor=carol, reason="another matter")
    html = composer.send(TEXT).content.decode()
    assert ONE_NEW_REPLY in html
    assert "was edited" not in html
    assert composer.send(TEXT).status_code == 302


def test_all_new_replies_are_counted_and_the_first_five_shown(
    composer: Composer, reply: Post, alice: User, carol: User
) -> None:
    for n in range(7):
        reply_to(reply, author=carol, source=f"Number {n}.")
    html = composer.send(TEXT).content.decode()
    assert "7 new replies since you started" in html
    assert len(re.findall("<details>", html)) == 5
    assert composer.send(TEXT).status_code == 302


def test_edit_of_the_parent_post_is_shown(
    composer: Composer, alice: User, bob: User, reply: Post
) -> None:
    Revision.objects.filter(post=reply).update(created_at=timezone.now() - timedelta(hours=1))
    edit_post(reply, actor=bob, source="Only where they stay wet all year.")
    response = composer.send(TEXT)
    html = response.content.decode()
    assert response.status_code == 409
    assert "The post you’re replying to was edited at" in html
    history_link = re.search(rf'href="(/p/{reply.pk}/history/\?since=\d+)"', html)
    assert history_link
    assert "winter" in composer.client.get(history_link[1]).content.decode()
    assert composer.send(TEXT).status_code == 302
    assert is_posted(alice, reply)
