"""Links and notes on a thread's page: editing, replying, and posts that are left out."""

from __future__ import annotations

from django.test import Client
from django.utils import timezone

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import reply_to
from forum.models import Board, Post, Thread, User
from forum.models.threads import POSTS_PER_PAGE
from forum.moderation.actions.locking import lock_thread
from forum.moderation.actions.post_hiding import hide_post
from forum.queries.thread_pages import MAX_POSTS_ABOVE
from tests.html import Page


def open_page(client: Client, thread: Thread, query: str = "", **headers: str) -> Page:
    response = client.get(thread.get_absolute_url() + query, **headers)  # type: ignore[arg-type]
    assert response.status_code == 200
    return Page(response)


def find_links(page: Page) -> set[str]:
    return set(page.addresses)


def import_chain(board: Board, author: User) -> list[Post]:
    """Import a thread longer than a page, each post a reply to the one before."""
    now = timezone.now()
    posts = [
        ImportedPost(n, n - 1 if n else None, author, f"Turn {n}.", now)
        for n in range(POSTS_PER_PAGE + 9)
    ]
    thread = import_thread(board, title="To and fro", posts=posts)
    return list(Post.objects.by_number(thread).select_related("thread"))


def test_author_can_edit_until_the_thread_is_locked(
    as_bob: Client, reply: Post, carol: User
) -> None:
    edit_url = f"/p/{reply.pk}/edit/"
    assert edit_url in find_links(open_page(as_bob, reply.thread))
    lock_thread(reply.thread, actor=carol, reason="settled")
    page = open_page(as_bob, reply.thread)
    assert edit_url not in find_links(page)
    assert "locked on " in page


def test_hidden_post_has_no_links_for_replying_or_editing(
    as_bob: Client, reply: Post, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="off topic")
    offered = find_links(open_page(as_bob, reply.thread))
    assert not {f"/p/{reply.pk}/edit/", f"/p/{reply.pk}/reply/"} & offered


def test_hidden_opening_post_has_no_link_for_replying(
    as_bob: Client, visitor: Client, opening: Post, reply: Post, carol: User
) -> None:
    reply_url = f"/p/{opening.pk}/reply/"
    assert reply_url in find_links(open_page(visitor, opening.thread))
    hide_post(opening, actor=carol, reason="off topic")
    for client in (as_bob, visitor):
        offered = find_links(open_page(client, opening.thread))
        assert reply_url not in offered
        assert f"/p/{reply.pk}/reply/" in offered


def test_excerpt_of_the_parent_ends_with_a_whole_word(
    visitor: Client, opening: Post, alice: User, bob: User
) -> None:
    first = reply_to(
        opening,
        author=bob,
        source="Bricks that stay wet all winter are another matter, extraordinarily so, I fear.",
    )
    reply_to(first, author=alice, source="Are they?")
    reply_to(first, author=alice, source="And in spring?")
    page = open_page(visitor, opening.thread)
    assert page.texts("q") == ["Bricks that stay wet all winter are another matter,…"]


def test_ancestors_that_are_not_on_the_page_are_counted_and_linked(
    visitor: Client, board: Board, bob: User
) -> None:
    posts = import_chain(board, bob)
    middle = posts[60]
    page = open_page(visitor, middle.thread, f"?at=p{middle.pk}")
    nearest = posts[60 - MAX_POSTS_ABOVE - 1]
    left_out = 60 - MAX_POSTS_ABOVE - 1
    assert f"{left_out} posts above aren’t on this page" in page
    assert page.links["Go to parent"] == f"/p/{nearest.pk}/"
    assert "above aren’t on" not in open_page(visitor, middle.thread)


def test_number_of_added_replies_is_announced(visitor: Client, board: Board, bob: User) -> None:
    posts = import_chain(board, bob)
    added = open_page(visitor, posts[0].thread, f"?after=p{posts[200].pk}", HTTP_HX_REQUEST="true")
    assert "8 more replies shown." in added
    assert "above aren’t on" not in added
    assert "more replies shown" not in open_page(visitor, posts[0].thread)
