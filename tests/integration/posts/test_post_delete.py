"""Authors deleting their own posts."""

from __future__ import annotations

import pytest
from django.test import Client

from forum.actions.posts import delete_post, reply_to
from forum.models import Post, Thread, User
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.thread_removal import remove_thread
from tests.html import Page


def delete(client: Client, post: Post) -> int:
    return client.post(f"/p/{post.pk}/delete/").status_code


def test_deleting_asks_for_confirmation(as_bob: Client, reply: Post) -> None:
    html = as_bob.get(f"/p/{reply.pk}/delete/").content.decode()
    assert "Delete your post?" in html
    reply.refresh_from_db()
    assert not reply.is_deleted


def test_post_with_replies_leaves_a_tombstone(
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


def test_reply_without_replies_disappears_from_the_page(
    as_bob: Client, visitor: Client, reply: Post
) -> None:
    delete(as_bob, reply)
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert f'id="p{reply.pk}"' not in html
    thread = Thread.objects.get()
    assert thread.post_count == 1
    assert thread.last_post == Post.objects.get(parent=None)


def test_own_reply_in_a_removed_thread_is_deleted_from_where_its_author_sees_it(
    as_bob: Client, as_alice: Client, opening: Post, reply: Post, alice: User, carol: User
) -> None:
    """Its address shows an author their own words, and nothing of the thread."""
    own = reply_to(reply, author=alice, source="They do.")
    below = reply_to(reply, author=carol, source="Not here.")
    remove_thread(opening.thread, actor=carol, reason="spam")
    page = as_bob.get(f"/p/{reply.pk}/")
    assert page.status_code == 410
    assert "Only where the bricks" in Page(page)
    asked = as_bob.get(Page(page).links["Delete your post"])
    assert "Only where the bricks" in Page(asked)
    deleted = as_bob.post(f"/p/{reply.pk}/delete/", follow=True)
    assert deleted.redirect_chain == [(f"/p/{reply.pk}/", 302)]
    assert "Only where the bricks" not in Page(deleted)
    for answer in (page, asked, deleted):
        for hidden in ("Moss on", "moss-on", "They do", "Not here", "Does moss"):
            assert hidden not in answer.content.decode()
    assert Post.objects.get(pk=reply.pk).is_deleted
    restored = as_bob.post(f"/p/{reply.pk}/undelete/")
    assert restored["Location"] == f"/p/{reply.pk}/"
    assert not Post.objects.get(pk=reply.pk).is_deleted
    assert delete(as_alice, own) == 302, "who started the thread still sees all of it"
    for post, client in ((below, as_bob), (own, as_bob)):
        assert client.get(f"/p/{post.pk}/delete/").status_code == 404
        assert delete(client, post) == 404


def test_address_of_a_deleted_post_returns_410(
    as_bob: Client, visitor: Client, reply: Post
) -> None:
    delete(as_bob, reply)
    response = visitor.get(f"/p/{reply.pk}/")
    html = response.content.decode()
    assert response.status_code == 410
    assert "deleted by its author" in html
    assert reply.thread.get_absolute_url() in html
    assert "stay wet all winter" not in html


def test_deleting_an_opening_post_without_replies_deletes_the_thread(
    as_alice: Client, visitor: Client, opening: Post
) -> None:
    delete(as_alice, opening)
    assert visitor.get(opening.thread.get_absolute_url()).status_code == 404
    assert opening.thread.title not in visitor.get("/b/gardens/").content.decode()
    assert opening.thread.title not in visitor.get("/").content.decode()


def test_deleting_an_opening_post_with_replies_keeps_title_and_replies(
    as_alice: Client, visitor: Client, opening: Post, reply: Post
) -> None:
    delete(as_alice, opening)
    html = visitor.get(opening.thread.get_absolute_url()).content.decode()
    assert "Moss on the north wall" in html
    assert "stay wet all winter" in html
    assert "Does moss harm the bricks?" not in html


def test_thread_is_kept_when_only_a_deeper_reply_is_left(
    as_alice: Client, visitor: Client, opening: Post, reply: Post, alice: User, bob: User
) -> None:
    reply_to(reply, author=alice, source="That explains it.")
    delete_post(reply, actor=bob)
    assert "The reply to it stays" in as_alice.get(f"/p/{opening.pk}/delete/").content.decode()
    delete(as_alice, opening)
    html = visitor.get(opening.thread.get_absolute_url()).content.decode()
    assert "That explains it." in html
    assert Page(html).find("#replies").text == "1 reply"
    assert "That explains it." in visitor.get("/b/gardens/").content.decode()


@pytest.mark.parametrize("who", ["as_alice", "as_carol", "as_erin"])
def test_members_cannot_delete_posts_of_others(
    request: pytest.FixtureRequest, reply: Post, who: str
) -> None:
    assert delete(request.getfixturevalue(who), reply) == 403
    reply.refresh_from_db()
    assert not reply.is_deleted


def test_visitor_is_redirected_to_the_login_page(visitor: Client, reply: Post) -> None:
    response = visitor.post(f"/p/{reply.pk}/delete/")
    assert response["Location"].startswith("/accounts/login/")
    reply.refresh_from_db()
    assert not reply.is_deleted


def test_deleting_twice_returns_410(as_bob: Client, reply: Post) -> None:
    assert delete(as_bob, reply) == 302
    assert delete(as_bob, reply) == 410
    assert Thread.objects.get().post_count == 1


def test_own_post_in_a_locked_thread_can_be_deleted(
    as_bob: Client, reply: Post, carol: User
) -> None:
    lock_thread(reply.thread, actor=carol, reason="enough")
    assert delete(as_bob, reply) == 302


def test_quotes_of_a_deleted_post_are_hidden(
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


def test_consecutive_deleted_posts_share_one_tombstone(
    visitor: Client, reply: Post, alice: User, bob: User
) -> None:
    second = reply_to(reply, author=bob, source="Second thought.")
    reply_to(second, author=alice, source="Third voice.")
    delete_post(second, actor=bob)
    delete_post(reply, actor=bob)
    html = visitor.get(reply.thread.get_absolute_url()).content.decode()
    assert "2 posts deleted by their authors" in html
    assert html.count('class="post tombstone"') == 1


def test_deleting_a_post_with_replies_redirects_to_its_tombstone(
    as_bob: Client, reply: Post, alice: User
) -> None:
    place = reply.thread.get_absolute_url()
    reply_to(reply, author=alice, source="That explains it.")
    response = as_bob.post(f"/p/{reply.pk}/delete/")
    assert response["Location"] == f"{place}#p{reply.pk}"


def test_deleting_a_post_without_replies_redirects_to_its_parent(
    as_bob: Client, reply: Post
) -> None:
    response = as_bob.post(f"/p/{reply.pk}/delete/")
    assert response["Location"] == f"{reply.thread.get_absolute_url()}#p{reply.parent_id}"
