"""Taking back one's own post."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, Thread, User
from forum.moderation.actions.locking import lock_thread


def delete(client: Client, post: Post) -> int:
    return client.post(f"/p/{post.pk}/delete/").status_code


def test_get_asks_first(as_bob: Client, reply: Post) -> None:
    html = as_bob.get(f"/p/{reply.pk}/delete/").content.decode()
    assert "Delete your post?" in html
    reply.refresh_from_db()
    assert not reply.is_deleted


def test_answered_post_leaves_a_tombstone(
    as_bob: Client, visitor: Client, reply: Post, alice: User
) -> None:
    reply_to(reply, author=alice, source="That explains it.")
    assert delete(as_bob, reply) == 302
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "Deleted by its author" in html
    assert "1 reply below" in html
    assert "stay wet all winter" not in html
    assert "That explains it." in html
    assert "to a removed post" in html


def test_unanswered_reply_is_gone_from_the_page(
    as_bob: Client, visitor: Client, reply: Post
) -> None:
    delete(as_bob, reply)
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert f'id="p{reply.pk}"' not in html
    thread = Thread.objects.get()
    assert thread.post_count == 1
    assert thread.last_post == Post.objects.get(parent=None)


def test_its_address_says_that_it_is_gone(as_bob: Client, visitor: Client, reply: Post) -> None:
    delete(as_bob, reply)
    response = visitor.get(f"/p/{reply.pk}/")
    html = response.content.decode()
    assert response.status_code == 410
    assert "deleted by its author" in html
    assert reply.thread.get_absolute_url() in html
    assert "stay wet all winter" not in html


def test_unanswered_opening_post_takes_its_thread_along(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    delete(as_alice, opening)
    assert visitor.get(opening.thread.get_absolute_url()).status_code == 404
    assert opening.thread.title not in visitor.get("/b/gardens/").content.decode()
    assert opening.thread.title not in visitor.get("/").content.decode()


def test_answered_opening_post_leaves_title_and_replies(
    as_alice: Client, visitor: Client, opening: Post, reply: Post
) -> None:
    delete(as_alice, opening)
    html = visitor.get(opening.thread.get_absolute_url()).content.decode()
    assert "Moss on the north wall" in html
    assert "stay wet all winter" in html
    assert "Does moss harm the bricks?" not in html


def test_opening_post_stays_over_what_stands_deeper_below(
    as_alice: Client, visitor: Client, opening: Post, reply: Post, alice: User, bob: User
) -> None:
    reply_to(reply, author=alice, source="That explains it.")
    delete_post(reply, actor=bob)
    assert "The reply to it stays" in as_alice.get(f"/p/{opening.pk}/delete/").content.decode()
    delete(as_alice, opening)
    html = visitor.get(opening.thread.get_absolute_url()).content.decode()
    assert "That explains it." in html
    assert '<h2 id="answers">1 reply</h2>' in html
    assert "That explains it." in visitor.get("/b/gardens/").content.decode()


@pytest.mark.parametrize("who", ["as_alice", "as_carol", "as_erin"])
def test_nobody_deletes_for_others(request: pytest.FixtureRequest, reply: Post, who: str) -> None:
    assert delete(request.getfixturevalue(who), reply) == 403
    reply.refresh_from_db()
    assert not reply.is_deleted


def test_visitor_is_led_to_sign_in(visitor: Client, reply: Post) -> None:
    response = visitor.post(f"/p/{reply.pk}/delete/")
    assert response["Location"].startswith("/accounts/login/")
    reply.refresh_from_db()
    assert not reply.is_deleted


def test_twice_is_told(as_bob: Client, reply: Post) -> None:
    assert delete(as_bob, reply) == 302
    assert delete(as_bob, reply) == 410
    assert Thread.objects.get().post_count == 1


def test_own_words_can_be_taken_back_from_a_locked_thread(
    as_bob: Client, reply: Post, carol: User
) -> None:
    lock_thread(reply.thread, actor=carol, reason="enough")
    assert delete(as_bob, reply) == 302


def test_quotes_of_a_deleted_post_are_blanked(
    visitor: Client, reply: Post, alice: User, bob: User
) -> None:
    quoting = reply_to(
        reply, author=alice, source="> Only where the bricks stay wet all winter.\n\nI see."
    )
    delete_post(reply, actor=bob)
    pages = [reply.thread.get_absolute_url(), f"/p/{quoting.pk}/history/", "/", "/b/gardens/"]
    for page in pages:
        assert "stay wet all winter" not in visitor.get(page).content.decode(), page
    html = visitor.get(pages[0]).content.decode()
    assert "wrote this in a removed post" in html


def test_run_of_deleted_posts_is_one_tombstone(
    visitor: Client, reply: Post, alice: User, bob: User
) -> None:
    second = reply_to(reply, author=bob, source="Second thought.")
    reply_to(second, author=alice, source="Third voice.")
    delete_post(second, actor=bob)
    delete_post(reply, actor=bob)
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "2 posts deleted by their authors" in html
    assert html.count('class="post gone"') == 1


def test_deleting_leads_back_to_the_place(as_bob: Client, reply: Post, alice: User) -> None:
    place = reply.thread.get_absolute_url()
    reply_to(reply, author=alice, source="That explains it.")
    answered = as_bob.post(f"/p/{reply.pk}/delete/")
    assert answered["Location"] == f"{place}#p{reply.pk}"


def test_deleting_what_nobody_answered_leads_back_to_what_it_answered(
    as_bob: Client, reply: Post
) -> None:
    gone = as_bob.post(f"/p/{reply.pk}/delete/")
    assert gone["Location"] == f"{reply.thread.get_absolute_url()}#p{reply.parent_id}"
