"""Links to nearby posts in the post menu, which work without scripts; and previews of posts."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from forum.actions.bulk_import import ImportedPost, import_thread
from forum.actions.posts import delete_post, reply_to
from forum.models import Board, Post, User
from forum.moderation.actions.post_hiding import hide_post
from forum.queries import siblings as sibling_queries
from forum.queries.siblings import adjacent_siblings

LINK = re.compile(r'<a href="([^"]*)" data-js-relation="(\w+)">([^<]*)</a>')


def menu_links(client: Client, post: Post) -> dict[str, tuple[str, str]]:
    """Return the text and the address of each link in the menu, by its name."""
    html = client.get(f"/p/{post.pk}/menu/").content.decode()
    return {link: (words, address) for address, link, words in LINK.findall(html)}


@pytest.fixture
def siblings(reply: Post, alice: User, bob: User) -> list[Post]:
    """Write four replies to bob's reply."""
    return [reply_to(reply, author=alice, source=f"Answer {n}.") for n in range(4)]


def test_menu_links_to_nearby_posts(visitor: Client, reply: Post, siblings: list[Post]) -> None:
    path = reply.thread.get_absolute_url()
    assert menu_links(visitor, siblings[1]) == {
        "parent": ("Go to parent", f"{path}#p{reply.pk}"),
        "next": ("Next reply to bob", f"{path}#p{siblings[2].pk}"),
        "previous": ("Previous reply to bob", f"{path}#p{siblings[0].pk}"),
        "opening": ("Go to opening post", f"{path}#p{reply.parent_id}"),
        "map": ("Show in outline", f"/t/{reply.thread_id}/map/?at=p{siblings[1].pk}"),
    }


def test_menu_has_only_links_with_a_target(
    visitor: Client, reply: Post, siblings: list[Post]
) -> None:
    assert set(menu_links(visitor, siblings[0])) == {"parent", "next", "opening", "map"}
    assert set(menu_links(visitor, siblings[3])) == {"parent", "previous", "opening", "map"}
    # The parent of a reply to the opening post is the opening post.
    assert set(menu_links(visitor, reply)) == {"opening", "map", "fold"}
    assert menu_links(visitor, reply.parent) == {}


def test_deleted_siblings_are_skipped_but_not_replies_below_them(
    visitor: Client, siblings: list[Post], alice: User, bob: User
) -> None:
    below = reply_to(siblings[2], author=bob, source="Below.")
    delete_post(siblings[1], actor=alice)
    delete_post(siblings[2], actor=alice)
    _before, after = adjacent_siblings(siblings[0])
    assert after == below
    before, _after = adjacent_siblings(siblings[3])
    assert before == below
    delete_post(below, actor=bob)
    assert adjacent_siblings(siblings[0])[1] == siblings[3]


def test_author_of_a_hidden_post_is_not_named(
    visitor: Client, reply: Post, siblings: list[Post], carol: User
) -> None:
    hide_post(reply, actor=carol, reason="Rude")
    found = menu_links(visitor, siblings[1])
    assert found["next"][0] == "Next reply to the same post"
    assert found["previous"][0] == "Previous reply to the same post"


def test_links_in_a_long_thread_lead_to_the_page_of_the_post(
    visitor: Client, board: Board, alice: User, opening: Post
) -> None:
    imported = [
        ImportedPost(n, 0 if n else None, alice, f"Number {n}.", opening.created_at)
        for n in range(300)
    ]
    thread = import_thread(board, title="A long one", posts=imported)
    posts = list(Post.objects.in_thread(thread))
    _words, address = menu_links(visitor, posts[250])["next"]
    assert address == f"{thread.get_absolute_url()}?at=p{posts[251].pk}#p{posts[251].pk}"
    assert f'id="p{posts[251].pk}"' in visitor.get(address).content.decode()


def test_number_of_queries_of_the_menu_is_constant(
    visitor: Client, siblings: list[Post], alice: User, reply: Post
) -> None:
    def count_queries(post: Post) -> int:
        with CaptureQueriesContext(connection) as captured:
            menu_links(visitor, post)
        return len(captured)

    expected = count_queries(siblings[1])
    for n in range(12):
        reply_to(siblings[1], author=alice, source=f"Below {n}.")
        reply_to(reply, author=alice, source=f"Beside {n}.")
    assert count_queries(siblings[1]) == expected


# -- Previews of posts ----------------------------------------------------------------------------

HTMX = {"hx-request": "true"}


def test_preview_of_a_post_is_a_fragment_with_the_post(visitor: Client, reply: Post) -> None:
    response = visitor.get(f"/p/{reply.pk}/", headers=HTMX)
    html = response.content.decode()
    assert response.status_code == 200
    assert html.strip().startswith('<article class="post">')
    assert "Only where the bricks stay wet all winter." in html
    assert "id=" not in html


def test_preview_of_a_hidden_post_shows_no_text_or_author(
    visitor: Client, as_carol: Client, reply: Post, carol: User
) -> None:
    hide_post(reply, actor=carol, reason="Rude")
    response = visitor.get(f"/p/{reply.pk}/", headers=HTMX)
    assert response.status_code == 410
    assert "A removed post" in response.content.decode()
    assert "bricks" not in response.content.decode()
    assert "bob" not in response.content.decode()
    assert "bricks" in as_carol.get(f"/p/{reply.pk}/", headers=HTMX).content.decode()


def test_search_for_siblings_stops_after_a_number_of_deleted_posts(
    siblings: list[Post], alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for post in siblings[1:3]:
        delete_post(post, actor=alice)
    assert adjacent_siblings(siblings[0]) == (None, siblings[3])
    monkeypatch.setattr(sibling_queries, "MAX_SIBLINGS_SCANNED", 2)
    assert adjacent_siblings(siblings[0]) == (None, None)
